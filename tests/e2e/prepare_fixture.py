# SPDX-License-Identifier: Apache-2.0
"""Run once by ctest before the end-to-end tests: the example's snapshots and
the values expected of them, in the directory FRESHET_E2E_DIR."""

import pickle
import sys

from freshet_daemon import DEC_30, DEC_31, flights_expected, shared_directory

import prepare


def main():
    directory = shared_directory()
    directory.mkdir(parents=True, exist_ok=True)
    prepare.prepare(directory / "flights", [DEC_30, DEC_31])
    for day in (DEC_30, DEC_31):
        with open(directory / f"expected-{day}.pickle", "wb") as file:
            pickle.dump(flights_expected.Expected(day), file)
    return 0


if __name__ == "__main__":
    sys.exit(main())
