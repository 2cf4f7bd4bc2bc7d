# SPDX-License-Identifier: Apache-2.0
"""Loads on file systems of 12 to 64 MiB: what does not fit fails with the
reason, the version before goes on serving, nothing is left behind, and the
next load that fits works.

The snapshot is small and its sorted runs are large, so that the loader meets
the full disk and not only the check before it. Needs root for tmpfs; skipped
by name without.
"""

import errno
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from crash_kit import (FEATURES, VIEW, Checker, CrashDaemon,
                       check_nothing_is_left, config, make_snapshots)

SMALL_ROWS, LARGE_ROWS = 5_000, 700_000
SIZES_MIB = (12, 16, 24, 32, 64)


def write_large(path):
    cells = ",3" * len(FEATURES) + "\n"
    with gzip.open(path, "wt", encoding="ascii", compresslevel=1) as file:
        file.write("id," + ",".join(FEATURES) + "\n")
        file.writelines(f"{key}{cells}" for key in range(LARGE_ROWS))


def fill(path):
    """Writes until not a byte more fits."""
    with open(path, "wb", buffering=0) as file:
        for size in (1 << 16, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


class LoadsOnSmallDisksFailWhole(unittest.TestCase):
    def setUp(self):
        if os.geteuid() != 0:
            raise unittest.SkipTest("mounting a tmpfs needs root")
        self.snapshots = make_snapshots(SMALL_ROWS, (1, 2))
        self.addCleanup(shutil.rmtree, self.snapshots)
        write_large(self.snapshots / "3.csv.gz")

    def mount(self, mib):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="freshet-small-"))
        self.addCleanup(folder.rmdir)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m",
                        "tmpfs", folder], check=True)
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        return folder

    def test_a_full_disk_is_no_reason_not_to_start(self):
        disk = self.mount(SIZES_MIB[0])
        daemon = CrashDaemon(config(self.snapshots), disk / "freshet")
        self.addCleanup(daemon.close)
        self.addCleanup(daemon.config.unlink)
        daemon.start()
        checker = Checker(daemon, SMALL_ROWS)
        checker.load(self.snapshots / "1.csv")
        daemon.stop()
        building = daemon.store / "views" / VIEW / "v900.building"
        building.mkdir()
        fill(disk / "fill")

        daemon.launch()
        line = daemon.wait_for_log("serving: data on port")
        daemon.ports = {
            name: f"127.0.0.1:{port}" for name, port in
            zip(("data", "admin", "http"), re.findall(r"\d+", line)[-3:])}

        self.assertEqual(checker.scan()["value"], 1)
        self.assertEqual(daemon.http("/readyz")[0], 200)
        self.assertFalse(building.exists())
        self.assertFalse((daemon.store / "ports.json").exists())
        self.assertNotEqual(
            daemon.run("load", VIEW, self.snapshots / "2.csv").code, 0)
        (disk / "fill").unlink()
        checker.load(self.snapshots / "2.csv")
        self.assertEqual(checker.scan()["value"], 2)

    def load_on(self, mib):
        """Whether the large snapshot was loaded."""
        text = config(self.snapshots).replace("sort_buffer: 64MiB",
                                              "sort_buffer: 1MiB")
        daemon = CrashDaemon(text, self.mount(mib) / "freshet")
        self.addCleanup(daemon.close)
        self.addCleanup(daemon.config.unlink)
        daemon.start()
        small = Checker(daemon, SMALL_ROWS)
        small.load(self.snapshots / "1.csv")

        result = daemon.run("load", VIEW, self.snapshots / "3.csv.gz")

        check_nothing_is_left(daemon)
        if result.code == 0:
            self.assertEqual(Checker(daemon, LARGE_ROWS).scan()["value"], 3)
            return True
        print(f"{mib} MiB: {result.err.splitlines()[-1]}", flush=True)
        self.assertRegex(result.err, "(?i)bytes (are )?free|disk")
        self.assertEqual(small.scan()["value"], 1)
        small.load(self.snapshots / "2.csv")
        self.assertEqual(small.scan()["value"], 2)
        self.assertEqual(daemon.http("/healthz")[0], 200)
        return False

    def test_sizes(self):
        loaded = {mib: self.load_on(mib) for mib in SIZES_MIB}
        print(loaded, flush=True)
        self.assertFalse(loaded[SIZES_MIB[0]])
        self.assertTrue(loaded[SIZES_MIB[-1]])


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
