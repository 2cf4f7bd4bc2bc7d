# SPDX-License-Identifier: Apache-2.0
"""What changed since, day by day, as a batch job hands it over: each day's
directory is laid over what serves, in their order, and none is left out."""

import unittest

import pyarrow
import pyarrow.parquet

from freshet_daemon import Daemon
from watch_test import eventually

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load: {roots: [.], sort_buffer: 32MiB}
project: shop
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
batch_feature_views:
  - name: users
    entities: [user]
    source:
      path: changes
      mode: upsert
      timestamp_field: changed_at
      deleted_field: is_gone
      watch: {every: 1s, each: directory}
    features:
      - {name: score, type: int64, guard: {max: 100}}
"""


def parquet(rows):
    """`rows`: (id, score, day, gone)."""
    ids, scores, days, gone = zip(*rows)
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table({
        "id": pyarrow.array(ids, pyarrow.int64()),
        "score": pyarrow.array(scores, pyarrow.int64()),
        "changed_at": pyarrow.array(
            [day * 86_400_000_000 for day in days],
            pyarrow.timestamp("us", "UTC")),
        "is_gone": pyarrow.array(gone, pyarrow.bool_())}), sink)
    return sink.getvalue().to_pybytes()


class UpsertsTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(CONFIG)
        self.addCleanup(self.daemon.close)
        self.addCleanup(self.daemon.stop)
        self.source = self.daemon.directory / "changes"
        self.source.mkdir()

    def write(self, day, rows, complete=True):
        directory = self.source / f"ds={day}"
        directory.mkdir(exist_ok=True)
        (directory / "part-0.parquet").write_bytes(parquet(rows))
        if complete:
            (directory / "_SUCCESS").touch()

    def table(self, day=1):
        """Users 1 to 1000, score 1."""
        return [(user, 1, day, False) for user in range(1, 1001)]

    def scores(self, *users):
        reply = self.daemon.get(
            "users.score", "--key",
            "id=" + ",".join(str(user) for user in users))
        return [row["features"]["users.score"].get("value")
                for row in reply["rows"]]

    def expect(self, wanted):
        """`wanted`: scores by user."""
        eventually(self, lambda: self.scores(*wanted) == list(wanted.values()),
                   lambda: f"{wanted}; {self.scores(*wanted)} "
                           f"{self.daemon.log()}")

    def current(self):
        return next(version for version in
                    self.daemon.versions("users").values()
                    if version["phase"] == "VERSION_PHASE_CURRENT")

    def test_each_day_is_laid_over_the_one_before(self):
        self.write("2", [(2, 20, 3, False), (3, None, 3, True)])
        self.write("1", self.table())
        self.write("3", [(2, 30, 2, False), (4, 40, 2, False)],
                   complete=False)
        self.write("4", [(5, 50, 4, False)])
        self.daemon.start()
        self.expect({1: 1, 2: 20, 3: None, 4: 1, 5: 1})
        self.assertEqual(self.current()["rows"], 999)
        # Day 4 waits for day 3, of which one row is older than what serves.
        (self.source / "ds=3" / "_SUCCESS").touch()
        self.expect({1: 1, 2: 20, 3: None, 4: 40, 5: 50})

        self.daemon.stop()
        self.write("5", [(1, 60, 5, False)])
        self.write("6", [(2, 70, 6, False), (3, 71, 6, False)])
        self.daemon.start()
        self.expect({1: 60, 2: 70, 3: 71, 4: 40, 5: 50})
        self.assertEqual(self.current()["rows"], 1000)
        self.assertEqual(
            sorted(load["path"][-1] for load in self.daemon.must(
                "loads", "--json", "users").json()["loads"]), list("123456"))

    def test_what_is_held_holds_what_comes_after(self):
        self.write("1", self.table())
        self.write("2", [(2, 1000, 2, False)])
        self.write("3", [(3, 30, 3, False)])
        self.daemon.start()
        eventually(self, lambda: len(self.daemon.versions("users")) == 3,
                   self.daemon.log)
        self.assertEqual(self.scores(2, 3), [1, 1])
        refused = self.daemon.run("approve", "users", "3")
        self.assertIn("freshet approve users 2", str(refused))

        self.daemon.must("approve", "users", "2")

        self.assertEqual(self.scores(2, 3), [1000, 30])
        self.daemon.must("rollback", "users")
        self.assertEqual(self.scores(2, 3), [1000, 1])

    def test_what_goes_with_a_decision_is_named(self):
        self.write("1", self.table())
        self.write("2", [(2, 1000, 2, False)])
        self.write("3", [(3, 30, 3, False)])
        self.daemon.start()
        eventually(self, lambda: len(self.daemon.versions("users")) == 3,
                   self.daemon.log)
        said = self.daemon.must("reject", "users", "2").out
        self.assertIn("with it went what was laid over it, version 3; load "
                      f"again: '{self.source.resolve() / 'ds=3'}'", said)

        table = self.daemon.directory / "table.parquet"
        table.write_bytes(parquet([(user, 1000, 9, False)
                                   for user in range(1, 1001)]))
        held = self.daemon.run("load", "users", table, "--full")
        self.assertIn("is held", held.err)
        self.daemon.must("load", "users", self.source / "ds=3")
        said = self.daemon.must("approve", "users", "4").out
        self.assertIn("has nothing of version 5, which went live after it was "
                      "built", said)
        self.assertEqual(self.scores(3), [1000])

    def test_statistics_of_an_upsert_are_of_its_own_rows(self):
        self.write("1", self.table())
        self.daemon.start()
        self.expect({1: 1})
        self.write("2", [(2, 20, 2, False), (3, None, 2, False),
                         (4, None, 2, True)])
        self.expect({2: 20, 4: None})
        whose = ("Of the 2 rows that version 2 brought; it is laid over "
                 "version 1.")
        for words in (["users"], ["users", "2"]):
            said = self.daemon.must("describe", *words).out
            self.assertIn(whose, said)
            self.assertRegex(said, r"(?m)^score +value +50% ")
        self.assertRegex(self.daemon.must("diff", "users", "1", "2").out,
                         r"(?m)^its own +1,000 +3$")

    def test_a_day_that_cannot_be_loaded_is_passed_by_hand(self):
        self.write("1", self.table())
        self.daemon.start()
        self.expect({1: 1})
        directory = self.source / "ds=2"
        directory.mkdir()
        (directory / "part-0.parquet").write_bytes(b"no Parquet")
        (directory / "_SUCCESS").touch()
        self.daemon.wait_for_log("is left alone until it changes")
        eventually(self, lambda: "ds=2' CANNOT BE LOADED: " in str(
            self.daemon.must("describe", "users")),
            lambda: str(self.daemon.must("describe", "users")))
        stuck = 'freshet_source_load_ok{view="users"} '
        self.assertIn(stuck + "0", self.daemon.http("/metrics")[1])
        self.assertIn("ds=2' is complete and cannot be loaded: ",
                      self.daemon.http("/")[1])
        self.write("3", [(1, 30, 3, False)])
        self.write("4", [(2, 40, 4, False)])

        self.daemon.must("load", "users", self.source / "ds=3")

        self.expect({1: 30, 2: 40})
        self.assertIn(stuck + "1", self.daemon.http("/metrics")[1])
        self.write("25", [(3, 50, 5, False)])  # Its name comes before ds=3.
        self.daemon.wait_for_log("'ds=25' came after 'ds=4' was loaded")

    def test_the_whole_table_begins_anew(self):
        self.write("1", self.table())
        self.write("2", [(2, 20, 2, False)])
        self.daemon.start()
        self.expect({1: 1, 2: 20})
        self.write("all", [(7, 70, 9, False)], complete=False)
        table = self.daemon.directory / "table.parquet"
        table.write_bytes(parquet([(user, 7, 9, False)
                                   for user in range(1, 900)]))

        self.daemon.must("load", "users", table, "--full")

        self.assertEqual(self.scores(1, 2, 950), [7, 7, None])
        self.assertEqual(self.current()["base"], 0)
        # The watch goes on where it was, also by a catalog that was rebuilt.
        self.write("3", [(950, 30, 10, False)])
        self.expect({1: 7, 950: 30})
        self.daemon.stop()
        for catalog in self.daemon.store.glob("catalog.?"):
            catalog.unlink()
        self.daemon.start()
        self.write("4", [(951, 40, 10, False)])
        self.expect({1: 7, 2: 7, 950: 30, 951: 40})


if __name__ == "__main__":
    unittest.main()
