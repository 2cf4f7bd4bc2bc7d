# SPDX-License-Identifier: Apache-2.0
"""Views of one snapshot group: what one run of a batch job writes for them
serves in all of them at once, or in none."""

import threading
import unittest

from freshet_daemon import Daemon
from watch_test import eventually

VIEWS = ("clicks", "orders", "returns")
USERS = 1000


def config(views=VIEWS):
    return """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load: {roots: [.], sort_buffer: 32MiB, concurrent_max: 2}
project: shop
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
batch_feature_views:
""" + "".join(f"""
  - name: {view}
    entities: [user]
    snapshot_group: daily
    source:
      path: snapshots/{view}
      format: csv
      timestamp_field: day
      zone: UTC
      at: start_of_day
      watch: {{every: 1s, each: directory}}
    features: [{{name: n, type: int64, guard: {{max: 100}}}}]
""" for view in views) + f"""
feature_services:
  - name: all
    features: [{", ".join(view + ".n" for view in views)}]
"""


class GroupsTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(config())
        self.addCleanup(self.daemon.close)
        self.addCleanup(self.daemon.stop)

    def write(self, view, day, value=None):
        directory = self.daemon.directory / "snapshots" / view / f"ds={day:02}"
        directory.mkdir(parents=True)
        rows = "".join(f"{user},{value or day},2013-03-{day:02}\n"
                       for user in range(USERS))
        (directory / "part.csv").write_text("id,n,day\n" + rows)
        (directory / "_SUCCESS").touch()

    def served(self, user=1):
        reply = self.daemon.get("--service", "all", "--key", f"id={user}")
        return tuple(feature.get("value") for feature in
                     reply["rows"][0]["features"].values())

    def expect(self, *values):
        eventually(self, lambda: self.served() == values,
                   lambda: f"{values}; {self.served()} {self.daemon.log()}")

    def newest(self, view):
        versions = self.daemon.versions(view)
        return versions[max(versions)]

    def wait_for(self, view, count):
        eventually(self, lambda: len(self.daemon.versions(view)) == count,
                   self.daemon.log)

    def test_what_one_run_writes_serves_in_all_views_or_in_none(self):
        seen = set()
        stop = threading.Event()
        failures = []

        def ask(user):
            while not stop.is_set():
                try:
                    seen.add(self.served(user))
                except Exception as error:  # pylint: disable=broad-except
                    failures.append(error)
                    return

        for view in VIEWS:
            (self.daemon.directory / "snapshots" / view).mkdir(parents=True)
        self.daemon.start()
        askers = [threading.Thread(target=ask, args=(user,))
                  for user in (1, 2)]
        for asker in askers:
            asker.start()
        for day in range(1, 7):
            for view in VIEWS[day % 3:] + VIEWS[:day % 3]:
                self.write(view, day)
            self.expect(day, day, day)
        eventually(self, lambda: (6, 6, 6) in seen or failures,
                   self.daemon.log)
        stop.set()
        for asker in askers:
            asker.join()
        self.assertEqual(failures, [])
        # None of all before the first run, then each day by itself.
        self.assertEqual({len(set(values)) for values in seen}, {1}, seen)
        self.assertIn((6, 6, 6), seen)

    def test_a_run_waits_for_the_view_that_is_late_and_says_so(self):
        for view in VIEWS:
            self.write(view, 1)
        self.daemon.start()
        self.expect(1, 1, 1)
        self.write("clicks", 2)
        self.write("orders", 2)
        self.wait_for("clicks", 2)
        self.wait_for("orders", 2)
        self.assertEqual(self.served(), (1, 1, 1))
        waits = self.newest("clicks")
        self.assertTrue(waits["waits_for_group"])
        self.assertEqual(waits["message"],
                         "waits for run 'ds=02' of snapshot group 'daily': "
                         "view 'returns' has none of it")
        table = self.daemon.must("versions", "clicks").out
        self.assertRegex(table, r"(?m)^ *2 +ds=02 +waiting ")
        self.assertRegex(self.daemon.http("/metrics")[1],
                         r'freshet_view_waiting_versions\{view="clicks"\} 1')

        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.served(), (1, 1, 1))
        self.write("returns", 2)
        self.expect(2, 2, 2)
        self.assertRegex(self.daemon.http("/metrics")[1],
                         r'freshet_view_waiting_versions\{view="clicks"\} 0')

    def test_what_a_guard_holds_holds_its_run(self):
        for day in (1, 2):
            for view in VIEWS:
                self.write(view, day, 1000 if (view, day) == ("orders", 2)
                           else None)
            if day == 1:
                self.daemon.start()
                self.expect(1, 1, 1)
        for view in VIEWS:
            self.wait_for(view, 2)
        self.assertEqual(self.served(), (1, 1, 1))
        self.assertIn("view 'orders': version 2 waits for approval",
                      self.newest("clicks")["message"])
        self.daemon.must("approve", "orders", "2")
        self.expect(2, 1000, 2)

    def test_a_bad_run_is_rolled_back_as_a_whole(self):
        for view in VIEWS:
            self.write(view, 1)
        self.daemon.start()
        self.expect(1, 1, 1)
        for view in VIEWS:
            self.write(view, 2)
        self.expect(2, 2, 2)
        said = self.daemon.must("rollback-group", "daily").out
        self.assertEqual(said.splitlines()[0], "daily: run ds=01 is current")
        self.assertEqual(self.served(), (1, 1, 1))
        self.daemon.must("activate-group", "daily", "ds=02")
        self.assertEqual(self.served(), (2, 2, 2))
        refused = self.daemon.run("activate-group", "daily", "ds=03")
        self.assertIn("snapshot group 'daily' has no run 'ds=03'",
                      refused.err)
        self.assertRegex(self.daemon.must("describe", "orders").out,
                         r"rollback, run ds=01")

    def test_upserts_of_a_late_view_go_live_run_by_run(self):
        self.daemon.write_config(config().replace(
            "      format: csv", "      format: csv\n      mode: upsert"))
        for day in range(1, 5):
            self.write("clicks", day)
            self.write("orders", day)
        (self.daemon.directory / "snapshots" / "returns").mkdir()
        self.daemon.start()
        self.wait_for("clicks", 4)
        self.wait_for("orders", 4)
        self.assertEqual(self.served(), (None, None, None))
        for day in range(1, 5):
            self.write("returns", day)
            self.expect(day, day, day)
        # Those that waited were laid over one another.
        self.assertEqual(self.newest("clicks")["rows"], USERS)
        self.daemon.must("rollback-group", "daily")
        self.assertEqual(self.served(), (3, 3, 3))

    def test_a_load_by_hand_says_which_run_it_is_of(self):
        self.daemon.start()
        other = self.daemon.directory / "other.csv"
        other.write_text("id,n,day\n1,7,2013-03-07\n")
        refused = self.daemon.run("load", "clicks", other)
        self.assertIn("--run NAME", refused.err)
        for view in VIEWS[:2]:
            waits = self.daemon.must("load", view, other, "--run", "manual")
            self.assertIn("waits for run 'manual'", waits.out)
        self.assertEqual(self.served(), (None, None, None))
        self.daemon.must("load", VIEWS[2], other, "--run", "manual")
        self.assertEqual(self.served(), (7, 7, 7))

    def test_a_group_needs_directories_to_tell_its_runs_apart(self):
        self.daemon.write_config(config().replace("each: directory",
                                                  "each: path"))
        self.daemon.launch()
        self.daemon.wait_for_log(
            "'snapshot_group' needs 'watch: {each: directory}'")
        self.assertEqual(self.daemon.wait(), 78)  # EX_CONFIG.


if __name__ == "__main__":
    unittest.main()
