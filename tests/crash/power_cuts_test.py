# SPDX-License-Identifier: Apache-2.0
"""Power cuts of an ext4 file system in the middle of loads, rollbacks and
deletions: what was acknowledged is there afterwards, and what serves is the
old or the new version whole.

Needs root and loop devices; skipped by name without. FRESHET_POWER_CUTS says
how many (50), FRESHET_SEED makes a run repeat another's choices.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import unittest

from crash_kit import (VIEW, Checker, CrashDaemon, check_nothing_is_left,
                       config, how_many, make_snapshots, program,
                       skip_under_a_sanitizer, wait_until)
from power import Disk, skip_unless_possible

ROWS = 20_000
DISK_BYTES = 192 << 20


class Cutter:
    """One daemon on one disk, whose power is cut again and again."""

    def __init__(self, seed, **environment):
        self.random = random.Random(seed)
        self.environment = environment
        self.snapshots = make_snapshots(ROWS, (1, 2, 3))
        self.disk = Disk(DISK_BYTES)
        self.disk.mount()
        self.daemon = CrashDaemon(config(self.snapshots),
                                  self.disk.mounted_at / "freshet")
        self.checker = Checker(self.daemon, ROWS)
        self.values = {}
        self.load_s = 0

    def close(self):
        self.daemon.close()
        self.disk.close()
        shutil.rmtree(self.snapshots)

    def begin(self):
        """The first version; synced for sure, also where nothing else is."""
        self.daemon.start_with(**self.environment)
        begin = time.monotonic()
        version = self.checker.load(self.snapshots / "1.csv")
        self.load_s = time.monotonic() - begin
        os.sync()
        self.values = {version: 1}
        return 1

    def load_and_cut(self, old):
        """Starts a load, cuts the power at some moment of it or just after;
        the values that may serve next."""
        new = old % 3 + 1
        process = self.checker.start("load", "--path",
                                     self.snapshots / f"{new}.csv")
        late = self.random.random() < 0.3
        if late:
            process.wait()
        else:
            threading.Event().wait(self.random.uniform(0, self.load_s))
        acknowledged, _ = self.cut(process)
        return {new} if acknowledged else {old, new}

    def roll_back_and_cut(self, old):
        """The same with a rollback, where there is a version to go to. A cut
        may have left more versions than are kept, so which one that is is for
        the daemon to say."""
        kept = {number: self.values[number]
                for number in self.daemon.versions(VIEW)
                if number in self.values}
        if set(kept.values()) == {old}:
            return self.load_and_cut(old)
        process = subprocess.Popen(
            self.daemon.command("rollback", "--json", VIEW),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        if self.random.random() < 0.5:
            process.wait()
        else:
            threading.Event().wait(self.random.uniform(0, 0.1))
        acknowledged, out = self.cut(process)
        if acknowledged:
            return {kept[int(json.loads(out)["version"])]}
        return {old, *kept.values()}

    def cut(self, process):
        """Cuts the power; whether the process had ended well before, and what
        it printed. Only what was said before the cut counts as said."""
        acknowledged = process.poll() == 0
        self.disk.cut()
        self.daemon.kill()
        wait_until("the loader has gone", lambda: not self.daemon.loaders())
        out, _ = process.communicate()
        return acknowledged, out

    def come_back(self):
        """The disk as it is after the cut."""
        self.disk.unmount()
        self.disk.mount()

    def check(self, allowed):
        """The value that serves; fails if it is none of `allowed`."""
        self.daemon.start_with(**self.environment)
        found = self.checker.scan()
        if found["value"] not in allowed:
            raise AssertionError(f"serves {found}, allowed are {allowed}\n"
                                 + self.daemon.log()[-3000:])
        known = self.values.setdefault(found["version"], found["value"])
        if known != found["value"]:
            raise AssertionError(f"version {found['version']} held {known}, "
                                 f"now {found['value']}")
        check_nothing_is_left(self.daemon)
        return found["value"]


class PowerCutsLoseNothingCommitted(unittest.TestCase):
    def test_cuts(self):
        skip_unless_possible()
        seed = int(os.environ.get("FRESHET_SEED", time.time_ns() % 2**32))
        count = how_many("FRESHET_POWER_CUTS", 50)
        print(f"seed {seed}, {count} cuts", flush=True)
        cutter = Cutter(seed)
        self.addCleanup(cutter.close)
        value = cutter.begin()
        outcomes = {"old": 0, "new": 0, "acknowledged": 0}
        for turn in range(count):
            act = (cutter.roll_back_and_cut if turn % 4 == 3
                   else cutter.load_and_cut)
            allowed = act(value)
            print(f"{turn + 1:4} {act.__name__}: served {value}, allowed "
                  f"{sorted(allowed)}", flush=True)
            cutter.come_back()
            after = cutter.check(allowed)
            outcomes["acknowledged"] += len(allowed) == 1
            outcomes["old" if after == value else "new"] += 1
            value = after
        print("outcomes:", outcomes, flush=True)
        # Both happened, or the cuts were all too early or too late.
        self.assertGreater(outcomes["old"], 0)
        self.assertGreater(outcomes["acknowledged"], 0)


class MissingFsyncIsNoticed(unittest.TestCase):
    def test_without_fsync_the_check_fails(self):
        skip_unless_possible()
        skip_under_a_sanitizer("nothing else can be preloaded")
        cutter = Cutter(7, LD_PRELOAD=program("FRESHET_NO_FSYNC"))
        self.addCleanup(cutter.close)
        value = cutter.begin()

        for _ in range(20):
            allowed = cutter.load_and_cut(value)
            cutter.come_back()
            try:
                value = cutter.check(allowed)
            except AssertionError as noticed:
                print("noticed:", str(noticed).splitlines()[0], flush=True)
                return
        self.fail("20 cuts without fsync, and nothing was noticed")


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
