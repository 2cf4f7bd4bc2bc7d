# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the daemon, of the loader, of both, at a random moment after the
progress record of a chosen phase, while readers run: whatever serves next is
the old or the new version whole, and nothing is left behind.

FRESHET_KILLS says how many (100), FRESHET_SEED makes a run repeat another's
choices. Phases that pass in less than a millisecond are hit by failpoints.
"""

import collections
import json
import os
import random
import shutil
import sys
import threading
import time
import unittest

from crash_kit import (VIEW, Checker, CrashDaemon, check_nothing_is_left,
                       config, how_many, kill_processes, make_snapshots,
                       wait_until)

ROWS = 1_000_000
FILES_MIN = 4
EACH_MIN = 5

LOADING = ("starting", "reading", "writing", "ingesting", "verifying")
FINISHING = ("committing", "activating")  # The loader has ended.
PHASES = (*LOADING, *FINISHING, "rollback", "deletion")
VICTIMS = ("daemon", "loader", "both")
# Every other time the phases that are the daemon's own are hit at one of these.
FAILPOINTS = {
    "committing": ("load.committing", "version.before_rename",
                   "version.after_rename"),
    "activating": ("load.activating",),
    "rollback": ("catalog.before_write", "catalog.before_sync",
                 "catalog.after_sync"),
    "deletion": ("catalog.after_sync", "delete.before_rename",
                 "delete.before_unlink"),
}
# The same in the loader, for its phases that are short.
LOADER_FAILPOINTS = {"ingesting": "build.ingest", "verifying": "build.sync"}
SHORT_S = 0.001
TRIES_PER_KILL = 3


class Table:
    """A daemon with a table of a million rows in at least two versions, and
    readers that never stop."""

    def __init__(self, rows, seed):
        self.rows = rows
        self.snapshots = make_snapshots(rows, (1, 2, 3))
        self.daemon = CrashDaemon(config(self.snapshots))
        self.checker = Checker(self.daemon, rows)
        self.random = random.Random(seed)
        self.values = {}  # Of each version ever seen.
        self.serving = None
        self.durations = {}
        self.daemon.start()
        self.load_timed(1)
        self.readers = self.checker.start("read", "--threads", 2)

    def close(self):
        self.readers.kill()
        self.readers.communicate()
        self.daemon.close()
        shutil.rmtree(self.snapshots)

    def stop_readers(self):
        """What they counted; fails if a reply was wrong."""
        return self.checker.finish(self.readers)

    def other_value(self):
        return self.serving["value"] % 3 + 1

    def path(self, value):
        return self.snapshots / f"{value}.csv"

    def load_timed(self, value):
        """Loads to the end and keeps how long each phase took."""
        process = self.checker.start("load", "--path", self.path(value))
        times = {}
        for line in process.stdout:
            times[line.split()[1]] = time.monotonic()
        if process.wait() != 0:
            raise AssertionError(f"load failed: {process.stderr.read()}\n"
                                 + self.daemon.log()[-3000:])
        names = list(times)
        self.durations = {
            name: times[after] - times[name]
            for name, after in zip(names, names[1:])}
        process.communicate()
        self.serving = self.check({value})

    def check(self, allowed):
        """What serves, checked cell by cell; its value is one of `allowed`."""
        found = self.checker.scan()
        if found["value"] not in allowed:
            raise AssertionError(f"serves {found}, allowed are {allowed}\n"
                                 + self.daemon.log()[-3000:])
        known = self.values.setdefault(found["version"], found["value"])
        if known != found["value"]:
            raise AssertionError(f"version {found['version']} held {known}, "
                                 f"and now {found['value']}")
        check_nothing_is_left(self.daemon)
        return found

    def files(self):
        folder = self.daemon.store / "views" / VIEW
        return [len(list(version.glob("*.sst")))
                for version in folder.iterdir()]

    def restart(self, **environment):
        if self.daemon.process.poll() is None:
            self.daemon.stop()
        self.daemon.start_with(**environment)


class Killer:
    """One kill after the other, each followed by a check."""

    def __init__(self, table):
        self.table = table
        self.done = collections.Counter()

    def run(self, count):
        for _ in range(TRIES_PER_KILL * count):
            if sum(self.done.values()) == count:
                return
            # The rarest first, so that each has its share.
            self.kill_once(min(PHASES, key=lambda name: self.done[name]))
        raise AssertionError(f"only {self.done} of {count} kills")

    def kill_once(self, phase):
        """One kill that is meant for a phase; counted if it hit it."""
        table = self.table
        victim = VICTIMS[self.done[phase] % 3] if phase in LOADING else "daemon"
        old = table.serving["value"]
        if phase == "rollback":
            hit, allowed = self.kill_in_rollback()
        elif phase == "deletion":
            hit, allowed = self.kill_in_deletion()
        elif phase in LOADING or self.done[phase] % 2 == 0:
            hit, allowed = self.kill_in_load(phase, victim)
        else:
            hit, allowed = self.kill_by_failpoint_in_load(phase)
        if table.daemon.process.poll() is not None:
            table.restart()
        wait_until("the loader has gone", lambda: not table.daemon.loaders())
        table.serving = table.check(allowed)
        outcome = "old" if table.serving["value"] == old else "new"
        self.done[phase] += hit is not None
        print(f"{sum(self.done.values()):4} {phase:10} {victim:6} "
              f"{outcome} {hit or 'missed'}", flush=True)

    def kill_in_load(self, phase, victim):
        table = self.table
        new = table.other_value()
        allowed = {table.serving["value"], new}
        span = table.durations.get(phase, 0)
        if span < SHORT_S:
            return self.kill_in_short_phase(phase, victim, new), allowed
        process = table.checker.start("load", "--path", table.path(new))
        seen = any(line.split()[1] == phase for line in process.stdout)
        loaders = table.daemon.children()
        delay = table.random.uniform(0, span)
        threading.Event().wait(delay)
        hit = seen and process.poll() is None
        if victim != "daemon":
            # At `starting` it may not have been there yet.
            hit = kill_processes(loaders or table.daemon.children()) and hit
        if victim != "loader":
            table.daemon.kill()
        out = process.stdout.read()
        process.communicate()
        if process.returncode == 0 or (seen and phase == "activating"):
            allowed = {new}  # It was said to be committed: it holds.
        elif victim == "loader" and hit and "killed" not in out:
            raise AssertionError(f"the loader was killed, and it says: {out}")
        if hit:
            return f"after {delay * 1000:.1f} ms", allowed
        table.durations[phase] = span * 0.7  # The machine is quicker now.
        return None, allowed

    def kill_in_short_phase(self, phase, victim, new):
        table = self.table
        of_loader = victim == "loader" and phase in LOADER_FAILPOINTS
        point = LOADER_FAILPOINTS[phase] if of_loader else f"load.{phase}"
        table.restart(FRESHET_FAILPOINTS=f"{point}=kill")
        process = table.checker.start("load", "--path", table.path(new))
        out, _ = process.communicate()
        if not of_loader:
            table.daemon.wait()
        elif "killed" not in out:
            raise AssertionError(f"{point} did not kill: {out}")
        else:
            table.restart()
        return f"by {point}"

    def kill_by_failpoint_in_load(self, phase):
        table = self.table
        points = FAILPOINTS[phase]
        point = points[self.done[phase] // 2 % len(points)]
        new = table.other_value()
        table.restart(FRESHET_FAILPOINTS=f"{point}=kill")
        process = table.checker.start("load", "--path", table.path(new))
        process.communicate()
        table.daemon.wait()
        committed = phase == "activating"
        return f"by {point}", ({new} if committed
                               else {table.serving["value"], new})

    def kill_in_rollback(self):
        table = self.table
        self.two_versions()
        # A kill while activating leaves more versions than are kept, so which
        # one is the previous is for the daemon to say.
        allowed = {table.values[number]
                   for number in table.daemon.versions(VIEW)
                   if number in table.values}
        turn = self.done["rollback"]
        if turn % 2 == 0:
            return self.kill_during(["rollback", VIEW], 0.2), allowed
        points = FAILPOINTS["rollback"]
        point = points[turn // 2 % len(points)]
        table.restart(FRESHET_FAILPOINTS=f"{point}=kill")
        table.daemon.run("rollback", VIEW)
        table.daemon.wait()
        return f"by {point}", allowed

    def kill_in_deletion(self):
        table = self.table
        before = self.two_versions()
        allowed = {table.serving["value"]}
        turn = self.done["deletion"]
        words = ["delete", VIEW, before]
        if turn % 2 == 0:
            return self.kill_during(words, 0.1), allowed
        points = FAILPOINTS["deletion"]
        point = points[turn // 2 % len(points)]
        table.restart(FRESHET_FAILPOINTS=f"{point}=kill")
        table.daemon.run(*words)
        table.daemon.wait()
        return f"by {point}", allowed

    def kill_during(self, words, span):
        """Kills the daemon at a random moment after a command was sent."""
        thread = threading.Thread(target=self.table.daemon.run, args=words)
        thread.start()
        delay = self.table.random.uniform(0, span)
        threading.Event().wait(delay)
        self.table.daemon.kill()
        thread.join()
        return f"after {delay * 1000:.1f} ms"

    def two_versions(self):
        """A version besides the one that serves; loads it where none is."""
        table = self.table
        current = table.serving["version"]
        others = [number for number in table.daemon.versions(VIEW)
                  if number in table.values and number != current]
        if others:
            return others[0]
        table.load_timed(table.other_value())
        return current

    def histogram(self):
        return "\n".join(f"  {phase:10} {'#' * count} {count}"
                         for phase, count in self.done.items())


class KillsLeaveOldOrNewWhole(unittest.TestCase):
    def test_kills(self):
        seed = int(os.environ.get("FRESHET_SEED", time.time_ns() % 2**32))
        count = how_many("FRESHET_KILLS", 100)
        print(f"seed {seed}, {count} kills", flush=True)
        table = Table(ROWS, seed)
        self.addCleanup(table.close)
        table.load_timed(2)
        self.assertGreaterEqual(min(table.files()), FILES_MIN)
        print("phases take", json.dumps(
            {name: f"{seconds * 1000:.1f} ms"
             for name, seconds in table.durations.items()}), flush=True)
        killer = Killer(table)

        killer.run(count)

        print(killer.histogram())
        read = table.stop_readers()
        print("readers:", read, flush=True)
        self.assertEqual(read["wrong"], 0)
        self.assertGreater(read["replies"], count)
        for version, value in read["values"].items():
            self.assertEqual(table.values.get(int(version), value), value)
        if count >= EACH_MIN * len(killer.done):
            self.assertGreaterEqual(min(killer.done.values()), EACH_MIN)


class CatalogFirstIsNoticed(unittest.TestCase):
    def test_the_check_fails(self):
        table = Table(20_000, 1)
        self.addCleanup(table.close)
        table.restart(FRESHET_FAILPOINTS="commit.catalog_first=error;"
                                         "version.before_rename=kill")
        table.checker.start("load", "--path", table.path(2)).communicate()
        table.daemon.wait()

        table.restart()

        with self.assertRaises(AssertionError) as noticed:
            table.check({1, 2})
        print("noticed:", str(noticed.exception).splitlines()[0], flush=True)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
