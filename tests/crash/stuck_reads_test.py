# SPDX-License-Identifier: Apache-2.0
"""Eight reads stuck on a slow disk: what does not need the disk answers
first. Order is checked here; times are measured by the benchmark."""

import re
import shutil
import sys
import unittest

from crash_kit import Checker, CrashDaemon, config, make_snapshots, wait_until

ROWS = 200_000
THREADS = 8  # settings.storage.read_threads


class StuckReadsHoldNothingElseUp(unittest.TestCase):
    def test_order(self):
        snapshots = make_snapshots(ROWS, (1,))
        self.addCleanup(shutil.rmtree, snapshots)
        daemon = CrashDaemon(
            config(snapshots, extra_storage=f"read_threads: {THREADS}"))
        self.addCleanup(daemon.close)
        daemon.start()
        checker = Checker(daemon, ROWS)
        for _ in range(2):
            checker.load(snapshots / "1.csv")
        daemon.stop()
        # One sleep more than threads: reading the key that shall be in memory
        # may take one.
        daemon.start_with(
            FRESHET_FAILPOINTS=f"read.disk={THREADS + 1}*sleep:3000")
        daemon.get("t.a", "--key", "id=0")

        words = ["--cached", 0]
        for number in range(THREADS + 1):
            words += ["--cold", 10_000 + 20_000 * number]
        process = checker.start("stuck", *words)
        # One waits, so all threads are in a read that is stuck.
        wait_until("a read waits for a thread", lambda: re.search(
            r"^freshet_read_queue_depth 1$", daemon.http("/metrics")[1],
            re.MULTILINE))
        process.stdin.write("go\n")
        counted = checker.finish(process)

        print(counted, flush=True)
        self.assertEqual(counted["order"][:3],
                         ["health", "cached", "rollback"])
        self.assertEqual(counted["order"][3:], ["stuck"] * (THREADS + 1))


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
