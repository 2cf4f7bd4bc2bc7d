# SPDX-License-Identifier: Apache-2.0
"""Rows of a view that come one by one, over snapshots and without any: pushed,
loaded, rolled back, forgotten and killed at random, and read beside a model that keeps
everything and looks for the newest (docs/semantics.md, rules 7, 8, 10 and 17)."""

import datetime
import decimal
import os
import random
import signal
import unittest

import freshet
import object_store
import pyarrow
import pyarrow.parquet
from freshet_daemon import PATIENCE_S, Daemon
from live_rows_model import NAMES, Model, PatchedModel, Row

CONFIG = """
project: shop
settings:
  listen: {data: "127.0.0.1:DATA", admin: "127.0.0.1:0", http: "127.0.0.1:0"}
  storage: {directory: "{store}"}
  load: {roots: [.], sort_buffer: 32MiB}
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
stream_sources:
  - name: changes
    fields:
      - {name: id, type: int64}
      - {name: visits, type: int32}
      - {name: rate, type: double}
      - {name: balance, type: "decimal(12,2)"}
      - {name: tier, type: string}
      - {name: vip, type: bool}
      - {name: is_gone, type: bool}
      - {name: at, type: timestamp}
    timestamp_field: at
    single_node: true
batch_feature_views:
  - name: whole
    entities: [user]
    source: {path: whole, timestamp_field: at}
    live: {source: changes, deleted: is_gone}
    guards: {rows_ratio_min: 0, bytes_ratio_min: 0, values_ratio_min: 0}
    features: &features
      - {name: visits, type: int32}
      - {name: rate, type: double}
      - {name: balance, type: "decimal(12,2)", default: 0}
      - {name: tier, type: string}
      - {name: vip, type: bool}
  - name: upserted
    entities: [user]
    source:
      {path: upserted, mode: upsert, timestamp_field: at, deleted_field: is_gone}
    live: {source: changes, deleted: "coalesce(is_gone, false)"}
    features: *features
  - name: patched
    entities: [user]
    source: {path: patched, timestamp_field: at}
    live: {source: changes, deleted: is_gone, partial: true}
    guards: {rows_ratio_min: 0, bytes_ratio_min: 0, values_ratio_min: 0}
    features: *features
  - name: alone
    entities: [user]
    live:
      source: changes
      filter: id <> 7
      columns: {tier: upper(tier), visits: visits}
      deleted: is_gone
    features: *features
"""
UTC = datetime.timezone.utc
USERS = range(12)
STEPS = int(os.environ.get("FRESHET_LIVE_ROWS_STEPS", "150"))
SEED = int(os.environ.get("FRESHET_LIVE_ROWS_SEED", "20130310"))


class LiveRowsTest(unittest.TestCase):
    def setUp(self):
        # The same after a restart.
        self.port = object_store.free_ports(1)[0]
        self.daemon = Daemon(CONFIG.replace("DATA", str(self.port)))
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        self.client = freshet.Client(self.daemon.ports["data"])
        self.addCleanup(self.client.close)
        self.draw = random.Random(SEED)
        self.begin = datetime.datetime.now(UTC).replace(
            microsecond=0) - datetime.timedelta(hours=2)
        self.files = 0

    def at(self, second):
        return self.begin + datetime.timedelta(seconds=second)

    def values(self):
        draw = self.draw
        values = {"visits": draw.randrange(-2**31, 2**31),
                  "rate": draw.choice((draw.uniform(-9, 9), 0.0, 1e300)),
                  "balance": decimal.Decimal(draw.randrange(10**12)) / 100,
                  "tier": draw.choice(("", "gold", "sil\0ver", "Ж" * 30)),
                  "vip": draw.random() < 0.5}
        return {name: None if draw.random() < 0.15 else value
                for name, value in values.items()}

    def push(self, rows):
        """`rows`: (user, Row)."""
        records = [dict(row.values or {}, id=user, at=row.at,
                        is_gone=row.values is None) for user, row in rows]
        result = self.client.push("changes", records, timeout=PATIENCE_S)
        self.assertEqual(result.accepted, len(rows))

    def write(self, rows):
        self.files += 1
        path = self.daemon.directory / f"rows-{self.files}.parquet"
        columns = {name: [None if row.values is None else row.values[name]
                          for row in rows.values()] for name in NAMES}
        pyarrow.parquet.write_table(pyarrow.table({
            "id": pyarrow.array(list(rows), pyarrow.int64()),
            "visits": pyarrow.array(columns["visits"], pyarrow.int32()),
            "rate": pyarrow.array(columns["rate"], pyarrow.float64()),
            "balance": pyarrow.array(columns["balance"],
                                     pyarrow.decimal128(12, 2)),
            "tier": pyarrow.array(columns["tier"], pyarrow.string()),
            "vip": pyarrow.array(columns["vip"], pyarrow.bool_()),
            "is_gone": pyarrow.array([row.values is None
                                      for row in rows.values()]),
            "at": pyarrow.array([row.at for row in rows.values()],
                                pyarrow.timestamp("us", "UTC"))}), path)
        return path

    def load(self, view, rows, *options):
        self.daemon.must("load", view, self.write(rows), *options)

    def answers(self, view):
        vectors = self.client.get_features(
            [f"{view}.*"], {"id": list(USERS)}, timeout=PATIENCE_S)
        names = [f"{view}.{name}" for name in NAMES]
        return [dict(zip(NAMES, values)) for values in zip(
            *(vectors[name].values for name in names))]

    def equals(self, models):
        for view, model in models.items():
            got = self.answers(view)
            for user in USERS:
                self.assertEqual(got[user], model.answer(user),
                                 f"{view}, user {user}; seed {SEED}")

    def crash(self):
        self.daemon.signal(signal.SIGKILL)
        self.daemon.wait()
        self.daemon.start()
        # gRPC does not try a connection again at once that was refused.
        self.client.push("changes", [], idempotent=True, timeout=PATIENCE_S)

    def push_some(self, models):
        rows = []
        for _ in range(self.draw.randrange(1, 9)):
            # Times collide, and come in any order.
            values = None if self.draw.random() < 0.2 else {
                name: value for name, value in self.values().items()
                if self.draw.random() < 0.8}
            rows.append((self.draw.choice(USERS),
                         Row(self.at(self.draw.randrange(600)), values)))
        self.push(rows)
        for user, row in rows:
            for view in ("whole", "upserted", "patched"):
                models[view].push(user, row)
            if user == 7:
                continue
            values = None if row.values is None else dict(row.values)
            if values and values.get("tier") is not None:
                values["tier"] = values["tier"].upper()
            models["alone"].push(user, Row(row.at, values))

    def load_whole(self, models, view, *options):
        # One that is older than what serves would not be activated.
        as_of = models[view].newest or self.at(0)
        as_of = as_of.replace(microsecond=0) + datetime.timedelta(
            seconds=self.draw.randrange(1, 60))
        users = [user for user in USERS if self.draw.random() < 0.7] or [0]
        rows = {user: Row(as_of - datetime.timedelta(
            seconds=self.draw.randrange(100)), self.values()) for user in users}
        self.load(view, rows, "--as-of", as_of.isoformat(), *options)
        models[view].load(as_of, rows)

    def upsert(self, models):
        as_of = models["upserted"].versions[models["upserted"].current][0]
        rows = {}
        for user in self.draw.sample(USERS, 3):
            values = None if self.draw.random() < 0.3 else self.values()
            rows[user] = Row(as_of + datetime.timedelta(
                seconds=self.draw.randrange(-50, 400),
                microseconds=self.draw.randrange(10**6)), values)
        self.load("upserted", rows)
        models["upserted"].upsert(rows)

    def test_rules_7_8_and_10_the_newest_wins_whatever_happens(self):
        models = {"whole": Model(), "upserted": Model(), "alone": Model(),
                  "patched": PatchedModel()}
        self.push_some(models)
        self.equals(models)  # Before there is any snapshot.
        self.load_whole(models, "upserted")
        for _ in range(STEPS):
            what = self.draw.random()
            if what < 0.72:
                self.push_some(models)
            elif what < 0.80:
                self.load_whole(models, self.draw.choice(("whole", "patched")))
            elif what < 0.83:
                self.load_whole(models, "upserted", "--full")
            elif what < 0.92:
                self.upsert(models)
            elif what < 0.95:
                user = self.draw.choice(USERS)
                self.daemon.must("forget", "user", user)
                for model in models.values():
                    model.forget(user)
            else:
                self.crash()
            self.equals(models)

    def test_rule_8_rollback_keeps_live_rows(self):
        values = [dict(self.values(), tier=f"row {i}") for i in range(5)]
        first = {1: Row(self.at(0), values[0])}
        self.load("whole", first, "--as-of", self.at(10).isoformat())
        self.push([(1, Row(self.at(20), values[1])),
                   (2, Row(self.at(20), values[2])),
                   (3, Row(self.at(40), values[3]))])
        self.assertEqual([row["tier"] for row in self.answers("whole")[1:4]],
                         ["row 1", "row 2", "row 3"])
        # It is of later than two of them, and does not have user 2.
        self.load("whole", {1: Row(self.at(5), values[4])}, "--as-of",
                  self.at(30).isoformat())
        self.assertEqual([row["tier"] for row in self.answers("whole")[1:4]],
                         ["row 4", None, "row 3"])
        self.daemon.must("rollback", "whole")
        self.assertEqual([row["tier"] for row in self.answers("whole")[1:4]],
                         ["row 1", "row 2", "row 3"])

    def test_rule_10_each_feature_has_a_time_of_its_own(self):
        self.load("patched", {1: Row(self.at(0), dict(
            self.values(), tier="gold", visits=1))},
            "--as-of", self.at(0).isoformat())
        self.push([(1, Row(self.at(50), {"visits": 2}))])
        vectors = self.client.get_features(
            ["patched.tier", "patched.visits"], {"id": [1]},
            timeout=PATIENCE_S, event_times=True)
        self.assertEqual(vectors["patched.tier"].values, ["gold"])
        self.assertEqual(vectors["patched.visits"].values, [2])
        self.assertEqual(vectors["patched.tier"].event_times, [self.at(0)])
        self.assertEqual(vectors["patched.visits"].event_times, [self.at(50)])
        # The view has a ttl now, which only the tier is older than.
        text = self.daemon.config.read_text(encoding="utf-8")
        age = int((datetime.datetime.now(UTC) - self.at(25)).total_seconds())
        place = "source: {path: patched, timestamp_field: at}"
        path = self.daemon.directory / "ttl.yaml"
        path.write_text(text.replace(place, f"ttl: {age}s\n    {place}"),
                        encoding="utf-8")
        self.daemon.must("apply", path, "--yes")
        row, = self.daemon.get("patched.tier", "patched.visits", "--key",
                               "id=1")["rows"]
        self.assertEqual(row["features"]["patched.tier"]["status"], "EXPIRED")
        self.assertEqual(row["features"]["patched.visits"]["status"],
                         "PRESENT")

    def test_rule_10_nothing_said_leaves_a_key_as_it_was(self):
        said = dict(self.values(), tier="gold")
        self.push([(1, Row(self.at(0), said)), (2, Row(self.at(0), said)),
                   (2, Row(self.at(10), None))])
        self.push([(user, Row(self.at(20), {})) for user in (1, 2, 3)])
        reply = self.daemon.get("patched.tier", "whole.tier", "--key",
                                "id=1,2,3")
        self.assertEqual(
            [[row["features"][f"{view}.tier"]["status"]
              for row in reply["rows"]] for view in ("patched", "whole")],
            [["PRESENT", "NOT_FOUND", "NOT_FOUND"], ["NULL"] * 3])
        self.push([(2, Row(self.at(15), {"visits": 2}))])
        row, = self.daemon.get("patched.tier", "patched.visits", "--key",
                               "id=2")["rows"]
        self.assertEqual([one["status"] for one in row["features"].values()],
                         ["NULL", "PRESENT"])

    def test_a_snapshot_that_is_lost_is_not_passed_over(self):
        self.load("whole", {1: Row(self.at(0), self.values()),
                            2: Row(self.at(0), self.values())},
                  "--as-of", self.at(0).isoformat())
        self.push([(1, Row(self.at(20), self.values())),
                   (3, Row(self.at(-20), self.values()))])
        self.daemon.stop()
        table, = self.daemon.store.glob("**/whole/v1/*.sst")
        table.write_bytes(table.read_bytes()[:-100])
        self.daemon.start()
        reply = self.daemon.get("whole.tier", "alone.tier", "--key",
                                "id=1,2,3")
        for row in reply["rows"]:
            cell = row["features"]["whole.tier"]
            self.assertEqual((cell["status"], cell["cause"]),
                             ("ERROR", "NOT_IN_VERSION"))
        self.assertNotEqual(
            reply["rows"][0]["features"]["alone.tier"]["status"], "ERROR")
        self.load("whole", {2: Row(self.at(0), self.values())},
                  "--as-of", self.at(0).isoformat())
        statuses = [row["features"]["whole.tier"]["status"] for row in
                    self.daemon.get("whole.tier", "--key", "id=1,3")["rows"]]
        self.assertNotIn("ERROR", statuses)
        self.assertEqual(statuses[1], "NOT_FOUND")

    def test_what_is_said_of_them(self):
        refused = self.daemon.run("load", "alone", self.write(
            {1: Row(self.at(0), self.values())}))
        self.assertEqual(refused.code, 1, refused)
        self.assertIn("its rows come from stream source 'changes'", refused.err)
        self.assertIn("no versions: its rows come from stream source 'changes'",
                      self.daemon.must("versions", "alone").out)
        self.assertNotIn("stream source", self.daemon.must(
            "versions", "whole").out)
        self.push([(1, Row(self.at(0), self.values())),
                   (7, Row(self.at(0), self.values()))])
        described = self.daemon.must("describe", "alone").out
        self.assertIn("from stream source 'changes'", described)
        self.assertRegex(described, r"events +added 1, filtered 1\n")
        status, page = self.daemon.http("/metrics")
        self.assertEqual(status, 200)
        self.assertIn('freshet_stream_events_total{view="alone",'
                      'outcome="added"} 1', page)
        self.assertNotIn('freshet_view_active_version{view="alone"}', page)
        self.assertIn('freshet_view_active_version{view="whole"} 0', page)

    def test_how_old_is_what_was_served(self):
        self.load("whole", {1: Row(self.at(0), self.values())},
                  "--as-of", self.at(60).isoformat())
        self.push([(2, Row(self.at(3600), self.values()))])
        for view, user in (("whole", 1), ("whole", 2), ("whole", 2),
                           ("whole", 9), ("alone", 2), ("alone", 1)):
            self.client.get_features([f"{view}.tier"], {"id": [user, 2]},
                                     timeout=PATIENCE_S)
        age = (datetime.datetime.now(UTC) - self.begin).total_seconds()
        counts, sums = (
            self.daemon.metric(f"freshet_served_age_seconds_{what}")
            for what in ("count", "sum"))
        # Of each request one: the snapshot, and the row of the first key. What
        # was pushed to one machine is behind nothing.
        wanted = {("whole", "snapshot"): (4, 4 * (age - 60)),
                  ("whole", "row"): (3, age + 2 * (age - 3600)),
                  ("alone", "row"): (1, age - 3600)}
        self.assertEqual(counts, {key: count
                                  for key, (count, _) in wanted.items()})
        for key, (count, total) in wanted.items():
            # Less by how long ago the requests were.
            self.assertLessEqual(sums[key], total, key)
            self.assertGreater(sums[key], total - count * PATIENCE_S, key)

    def test_rows_that_are_not_to_be_lost_need_a_flag(self):
        self.push([(1, Row(self.at(0), self.values()))])
        text = self.daemon.config.read_text(encoding="utf-8")
        without = text.replace(
            "    live: {source: changes, deleted: is_gone}\n", "")
        path = self.daemon.directory / "without.yaml"
        path.write_text(without, encoding="utf-8")
        refused = self.daemon.run("apply", path, "--yes")
        self.assertEqual(refused.code, 1, refused)
        self.assertIn("live rows of view 'whole'", refused.out + refused.err)
        # What is only read otherwise keeps them.
        renamed = text.replace(
            "columns: {tier: upper(tier), visits: visits}",
            "columns: {tier: lower(tier)}")
        self.assertNotEqual(renamed, text)
        path.write_text(renamed, encoding="utf-8")
        before = self.answers("alone")
        self.daemon.must("apply", path, "--yes")
        self.assertEqual(self.answers("alone"), before)
        self.assertIsNotNone(before[1])


if __name__ == "__main__":
    unittest.main()
