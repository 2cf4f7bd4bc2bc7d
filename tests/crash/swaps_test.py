# SPDX-License-Identifier: Apache-2.0
"""Swaps and rollbacks while readers check every cell of every reply."""

import shutil
import sys
import unittest

from crash_kit import VIEW, Checker, CrashDaemon, config, make_snapshots

ROWS = 50_000
VERSIONS = 5
SWAPS = 50
STRADDLING = 10_000


class SwapsUnderLoadNeverMix(unittest.TestCase):
    def test_swaps(self):
        # Version n holds n: the loads come in order and none fails.
        snapshots = make_snapshots(ROWS, range(1, VERSIONS + 1))
        self.addCleanup(shutil.rmtree, snapshots)
        daemon = CrashDaemon(config(snapshots, versions=VERSIONS))
        self.addCleanup(daemon.close)
        daemon.start()
        checker = Checker(daemon, ROWS)
        for value in range(1, VERSIONS + 1):
            self.assertEqual(checker.load(snapshots / f"{value}.csv"), value)

        words = ["--swaps", SWAPS, "--straddling", STRADDLING]
        for version in range(1, VERSIONS + 1):
            words += ["--version", version]
        counted = checker.finish(checker.start("swaps", *words))

        print(counted, flush=True)
        self.assertGreaterEqual(counted["swaps"], SWAPS)
        self.assertGreaterEqual(counted["rollbacks"], SWAPS // 2)
        self.assertGreaterEqual(counted["straddling"], STRADDLING)
        self.assertEqual(counted["versions"], VERSIONS)
        self.assertIn(VIEW, daemon.http("/metrics")[1])


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
