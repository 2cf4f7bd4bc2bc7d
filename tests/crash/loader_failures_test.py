# SPDX-License-Identifier: Apache-2.0
"""The real loader is killed, hangs, runs out of memory: the daemon answers,
the version before serves, nothing is left, and the reason stands in the log,
the metrics and `freshet versions`. (Out of disk: small_disks_test.py.)"""

import os
import re
import shutil
import signal
import sys
import unittest

from crash_kit import (VIEW, Checker, CrashDaemon, check_nothing_is_left,
                       config, make_snapshots, program,
                       skip_under_a_sanitizer, wait_until)

ROWS = 400_000


class LoaderFailuresAreSaidEverywhere(unittest.TestCase):
    def setUp(self):
        self.snapshots = make_snapshots(ROWS, (1, 2))
        self.addCleanup(shutil.rmtree, self.snapshots)
        self.daemon = CrashDaemon(config(self.snapshots))
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        self.checker = Checker(self.daemon, ROWS)
        self.checker.load(self.snapshots / "1.csv")

    def restart_with(self, before, after):
        text = self.daemon.config.read_text()
        self.assertIn(before, text)
        self.daemon.stop()
        self.daemon.config.write_text(text.replace(before, after))
        self.daemon.start()

    def load_and(self, signal_number):
        """Starts a load and sends the loader a signal while it reads."""
        process = self.checker.start("load", "--path",
                                     self.snapshots / "2.csv")
        self.assertTrue(any(line == "phase reading\n"
                            for line in process.stdout))
        for pid in self.daemon.children():
            os.kill(pid, signal_number)
        return process

    def check_failed(self, process, reason, code):
        out = process.stdout.read()
        process.communicate()
        self.assertNotEqual(process.returncode, 0)
        self.assertIn(reason, out)
        # Log and metrics follow the job, which the checker watched.
        self.daemon.wait_for_log(reason)
        listed = self.daemon.must("versions", "--json", VIEW).json()
        failed = [version for version in listed["versions"]
                  if version["phase"] == "VERSION_PHASE_FAILED"]
        self.assertIn(reason, failed[-1]["message"])
        counted = (r"freshet_load_errors_total\{[^}]*"
                   rf'reason="{code}"[^}}]*\}} 1\b')
        wait_until(f"a failed load of reason {code} is counted",
                   lambda: re.search(counted, self.daemon.http("/metrics")[1]))
        self.assertEqual(self.checker.scan()["value"], 1)
        check_nothing_is_left(self.daemon)

    def test_killed(self):
        process = self.load_and(signal.SIGKILL)
        self.check_failed(process, "killed from outside by SIGKILL", "aborted")

    def test_hung(self):
        self.restart_with("sort_buffer:", "idle_timeout: 1s\n    sort_buffer:")
        process = self.load_and(signal.SIGSTOP)
        self.check_failed(process, "made no progress for 1 s",
                          "deadline_exceeded")

    def test_reads_that_never_return(self):
        skip_under_a_sanitizer("nothing else can be preloaded")
        # The loader's heartbeat goes on: only its records stand still.
        loader = self.daemon.directory / "loader-of-blocked-reads"
        loader.write_text(f"#!/bin/sh\n"
                          f"export LD_PRELOAD={program('FRESHET_BLOCKED_READ')}"
                          f"\nexec {program('FRESHET_LOAD')}\n")
        loader.chmod(0o755)
        self.restart_with(
            f"loader: {program('FRESHET_LOAD')}",
            f"idle_timeout: 2s\n    loader: {loader}")
        process = self.checker.start("load", "--path",
                                     self.snapshots / "2.csv")
        self.check_failed(process, "made no progress for 2 s",
                          "deadline_exceeded")

    def test_out_of_memory(self):
        skip_under_a_sanitizer("a loader's memory has no limit")
        # Enough to begin, too little for the rows.
        self.restart_with("sort_buffer: 64MiB",
                          "sort_buffer: 4GiB\n    memory_max: 600MiB")
        process = self.checker.start("load", "--path",
                                     self.snapshots / "2.csv")
        self.check_failed(process, "memory", "resource_exhausted")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
