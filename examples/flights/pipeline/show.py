# SPDX-License-Identifier: Apache-2.0
"""Shows the pipeline of the flights example, a line for each day.

    show.py [--once] [--days N] DIRECTORY

DIRECTORY is made anew. Stays up after the last day, unless --once.
"""

import argparse
import datetime
import pathlib
import shutil
import signal
import sys
import time

import pipeline

FIRST = datetime.date(2013, 3, 4)  # The clocks change on the 10th.
FURTHER = """
==> freshetd is up, on {last} in New York by its simulated clock. In another
    terminal, with build/dev/bin in PATH:
      freshet views
      freshet loads route_history         # Each was noticed by the watch.
      freshet describe plane_history      # What the watch sees, statistics.
      freshet diff plane_history {before} {newest}
      freshet get --service carrier_card --key carrier=UA,B6 --explain
      freshet rollback plane_history      # Yesterday's, at once.
    The DAG is examples/flights/pipeline/flights_dag.py, the models are
    examples/flights/warehouse/models, definitions and logs {directory}.
    Ctrl-C stops it.
"""


def show(running, days):
    """True if all of it was as it has to be."""
    print(f"\n{'day in New York':17}{'hours':>5}{'rows of 4 views':>17}"
          f"{'_SUCCESS to live':>18}{'values equal':>14}{'took':>8}")
    for number in range(days):
        day = FIRST + datetime.timedelta(days=number)
        start = time.monotonic()
        if sys.stdout.isatty():
            print(f"{day:%a %Y-%m-%d}   running ...", end="\r", flush=True)
        done = running.run(day)
        if done.problems:
            print(f"{day:%a %Y-%m-%d}   {len(done.problems)} problems:")
            print("\n".join(done.problems[:10]))
            return False
        print(f"{day:%a %Y-%m-%d}   {done.run['hours']:5.0f}"
              f"{sum(done.rows.values()):17,}"
              f"{max(done.seconds.values()):16.2f} s{done.values:14,}"
              f"{time.monotonic() - start:6.1f} s", flush=True)
    return True


def main():
    parser = argparse.ArgumentParser(
        description="Shows the pipeline of the flights example.")
    parser.add_argument("--once", action="store_true",
                        help="stop after the last day")
    parser.add_argument("--days", type=int, default=14, metavar="N")
    parser.add_argument("directory", type=pathlib.Path)
    arguments = parser.parse_args()
    if not 1 <= arguments.days <= 302:
        parser.error("--days: 1 to 302, the days from 4 March on")
    shutil.rmtree(arguments.directory, ignore_errors=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with pipeline.Pipeline(
                arguments.directory.resolve(), FIRST, own_ports=False,
                say=lambda what: print(f"==> {what}", flush=True)) as running:
            if not show(running, arguments.days):
                return 1
            if arguments.once:
                return 0
            last = FIRST + datetime.timedelta(days=arguments.days)
            print(FURTHER.format(last=last, newest=arguments.days,
                                 before=max(arguments.days - 1, 1),
                                 directory=arguments.directory), flush=True)
            signal.pause()
    except KeyboardInterrupt:
        return 130
    except (AssertionError, OSError, RuntimeError) as error:
        print(f"freshet: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
