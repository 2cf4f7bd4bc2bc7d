# SPDX-License-Identifier: Apache-2.0
"""Events as Parquet files: what was pushed and what a real broker had, each
once, whatever is killed when. DuckDB and pyarrow read the files."""

import datetime
import json
import os
import random
import shutil
import signal
import threading
import unittest
import unittest.mock

import duckdb
import freshet
import pyarrow.dataset

from freshet_daemon import PATIENCE_S, Daemon
from kafka_broker import KafkaCluster
from watch_test import eventually

CONFIG = """
project: shop
settings:
  listen: {data: "127.0.0.1:0", admin: "127.0.0.1:0", http: "127.0.0.1:0"}
  storage: {directory: "{store}", erase_after: 0s}
  EXPORT
entities:
  - name: user
    join_keys: [{name: user, type: string}]
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: amount, type: "decimal(12,2)"}
      - {name: at, type: timestamp}
      - {name: id, type: string}
      - {name: note, type: string}
    timestamp_field: at
    id_field: id
    single_node: true
CLICKS
stream_feature_views:
  - name: paid
    entities: [user]
    source: payments
    aggregations:
      - {functions: [count], windows: [1h]}
    on_incomplete: value
CLICKED
"""
CLICKS = """
  - name: clicks
    fields:
      - {name: user, type: string}
      - {name: at, type: timestamp}
    timestamp_field: at
    kafka:
      brokers: ["BROKERS"]
      topics: [web, app]
      start: earliest
      format: json
"""
CLICKED = """
  - name: clicked
    entities: [user]
    source: clicks
    aggregations:
      - {functions: [count], windows: [1h]}
    duplicates: counted
    on_incomplete: value
"""
UTC = datetime.timezone.utc


class EventExportTest(unittest.TestCase):
    def setUp(self):
        self.random = random.Random(20131231)
        self.pushed = {}  # By id.
        self.daemon = None

    @staticmethod
    def configured(every="1h", export=True, brokers="", ids=True):
        text = CONFIG.replace("EXPORT", (
            f'event_export: {{directory: "{{store}}/../events", every: {every}}}')
            if export else "")
        if not ids:  # The change log keeps them for a while.
            text = text.replace("    id_field: id\n", "").replace(
                "    on_incomplete:", "    duplicates: counted\n"
                "    on_incomplete:", 1)
        text = text.replace("CLICKS", CLICKS.replace("BROKERS", brokers)
                            if brokers else "")
        return text.replace("CLICKED", CLICKED if brokers else "")

    def begin(self, text):
        self.daemon = Daemon(text)
        self.addCleanup(self.daemon.close)
        self.directory = self.daemon.directory / "events"
        self.directory.mkdir()
        self.start()

    def start(self, **environment):
        with unittest.mock.patch.dict(os.environ, environment):
            self.daemon.start()
        self.client = freshet.Client(self.daemon.ports["data"])
        self.addCleanup(self.client.close)

    def kill(self):
        self.daemon.signal(signal.SIGKILL)
        self.daemon.wait()

    def payments(self, count):
        made = []
        for _ in range(count):
            event = {
                "user": f"user{self.random.randrange(20)}",
                "amount": f"{self.random.randrange(10**6) / 100:.2f}",
                "at": datetime.datetime.now(UTC)
                - datetime.timedelta(seconds=self.random.randrange(1800)),
                "id": f"p{len(self.pushed)}",
                "note": self.random.choice([None, "", "größer"])}
            self.pushed[event["id"]] = event
            made.append(event)
        return made

    def push(self, count):
        result = self.client.push("payments", self.payments(count),
                                  idempotent=True, timeout=PATIENCE_S)
        self.assertEqual(result.accepted, count)

    def query(self, columns, source="payments"):
        return duckdb.sql(
            f"SET TimeZone = 'UTC'; SELECT {columns} FROM read_parquet("
            f"'{self.directory}/{source}/**/*.parquet', "
            "hive_partitioning = true, union_by_name = true)").fetchall()

    def expect_pushed(self, again=False):
        """Each event once; `again`: some were pushed more than once."""
        rows = self.query("id, user, amount::VARCHAR, note, freshet_record, "
                          "freshet_row, \"at\", freshet_event_time, "
                          "freshet_arrival_time, arrival_date::VARCHAR")
        self.assertEqual(len({(row[4], row[5]) for row in rows}), len(rows))
        if not again:
            self.assertEqual(len(rows), len(self.pushed))
        self.assertEqual({row[0] for row in rows}, set(self.pushed))
        for row in rows:
            event = self.pushed[row[0]]
            self.assertEqual(row[1:4], (event["user"], event["amount"],
                                        event["note"]))
            self.assertEqual(row[6], event["at"])
            self.assertEqual(row[7], event["at"])
            self.assertLess(row[6], row[8])
            self.assertEqual(row[9], str(row[8].date()))

    def state(self):
        return self.daemon.must("status", "--json").json()["event_export"]

    def test_rule23_kills_at_failpoints_lose_and_double_nothing(self):
        self.begin(self.configured())
        self.push(500)
        self.daemon.must("export-events")
        self.expect_pushed()
        for point in ("export.before_sync", "export.before_rename",
                      "export.after_rename"):
            self.daemon.stop()
            self.start(FRESHET_FAILPOINTS=f"{point}=kill")
            self.push(300)
            failed = self.daemon.run("export-events")
            self.assertNotEqual(failed.code, 0)
            self.assertIn("ended by signal 9", failed.err)
            self.assertIn("NOT WRITTEN", self.daemon.must("status").out)
            self.assertEqual(self.daemon.metric("freshet_event_export_ok"),
                             {(): 0.0})
            self.kill()
            self.start()
            # Further records, which are not of what was begun.
            self.push(100)
            self.daemon.must("export-events")
            self.expect_pushed()
        self.assertEqual(int(self.state()["records_left"]), 0)
        self.assertIn("event_export", self.daemon.must("status", "--json").out)
        self.assertFalse([name for name in os.listdir(self.directory)
                          if name.startswith(".")])
        table = pyarrow.dataset.dataset(
            self.directory / "payments", partitioning="hive").to_table()
        self.assertEqual(sorted(table["id"].to_pylist()), sorted(self.pushed))

    def test_rule23_kills_at_any_time_lose_and_double_nothing(self):
        self.begin(self.configured(every="1s"))
        for _ in range(6):
            stop = threading.Event()

            def export(daemon=self.daemon, stop=stop):
                while not stop.is_set():
                    daemon.run("export-events")

            exporting = threading.Thread(target=export)
            exporting.start()
            kill_at = self.random.randrange(1, 15)
            for number in range(20):
                if number == kill_at:
                    self.kill()
                    stop.set()
                    exporting.join()
                    self.start()
                self.push(200)
        self.daemon.must("export-events")
        self.expect_pushed()

    def test_what_comes_is_written_by_itself(self):
        self.begin(self.configured(every="1s"))
        self.push(50)
        eventually(self, lambda: list(self.directory.glob("**/*.parquet")),
                   self.daemon.log)
        eventually(self, lambda: int(self.state()["records_left"]) == 0,
                   self.daemon.log)
        self.expect_pushed()

    def test_records_of_topics_stand_where_the_broker_has_them(self):
        cluster = KafkaCluster(1)
        self.addCleanup(cluster.close)
        for topic in ("web", "app"):
            cluster.create_topic(topic, 2)
            for partition in range(2):
                cluster.produce(topic, [json.dumps({
                    "user": f"{topic}{partition}.{i}",
                    "at": datetime.datetime.now(UTC).isoformat()}).encode()
                    for i in range(100)], partition)
        self.begin(self.configured(brokers=cluster.bootstrap))
        self.push(10)
        eventually(self, lambda: sum(
            self.daemon.metric("freshet_stream_source_events_total")
            .values()) == 400, self.daemon.log)
        self.daemon.must("export-events")
        self.expect_pushed()
        read = {(topic, partition, offset): json.loads(value)["user"]
                for topic in ("web", "app") for partition in range(2)
                for offset, value in enumerate(
                    cluster.consume(topic, partition))}
        self.assertEqual(len(read), 400)
        rows = self.query("freshet_topic, freshet_partition, freshet_offset, "
                          "user", "clicks")
        self.assertEqual(len(rows), 400)
        self.assertEqual({row[:3]: row[3] for row in rows}, read)

    def test_fields_that_come_are_columns_from_then_on(self):
        self.begin(self.configured())
        self.push(5)
        text = self.configured().replace(
            "      - {name: note, type: string}\n",
            "      - {name: note, type: string}\n"
            "      - {name: shop, type: int64}\n", 1)
        self.daemon.write_config(text)
        self.daemon.must("apply", "--yes", self.daemon.config)
        self.client.push("payments", [
            dict(self.payments(1)[0], shop=7)])
        self.daemon.must("export-events")
        self.expect_pushed()
        self.assertEqual(self.query("count(*), count(shop), max(shop)"),
                         [(6, 1, 7)])

    def test_what_the_log_let_go_of_is_counted_and_said(self):
        self.begin(self.configured(ids=False))
        self.push(5)
        self.daemon.must("export-events")
        self.daemon.stop()
        self.daemon.write_config(self.configured(export=False, ids=False))
        self.start()
        refused = self.daemon.run("export-events")
        self.assertIn("settings.event_export.directory", refused.err)
        self.assertNotIn("event_export",
                         self.daemon.must("status", "--json").json())
        self.push(5)
        self.daemon.must("forget", "user", "nobody")
        eventually(self, lambda: "change log" not in
                   self.daemon.must("forget", "--list").out, self.daemon.log)
        lost = list(self.pushed)[5:]
        self.daemon.stop()
        self.daemon.write_config(self.configured(ids=False))
        self.start()
        self.push(5)
        self.daemon.must("export-events")
        self.assertGreater(int(self.state()["lost_records"]), 0)
        self.assertIn("WERE LOST BEFORE", self.daemon.must("status").out)
        self.assertGreater(
            self.daemon.metric("freshet_event_export_lost_records_total")[()],
            0)
        self.daemon.wait_for_log("records of the change log are in no file")
        for event in lost:
            del self.pushed[event]
        self.expect_pushed()

    def test_a_log_that_was_begun_anew_goes_to_files_from_its_beginning(self):
        self.begin(self.configured())
        for _ in range(3):
            self.push(2)
        self.daemon.must("export-events")
        self.daemon.stop()
        self.daemon.write_config(self.configured(export=False))
        for name in ("change_log", "live"):
            shutil.rmtree(self.daemon.directory / "store" / name)
        self.start()
        for _ in range(8):  # So that it has records of the same numbers.
            self.push(2)
        self.daemon.stop()
        self.daemon.write_config(self.configured())
        for known in (False, True):
            self.start()
            self.daemon.must("export-events")
            rows = self.query("id")
            self.assertEqual(sorted(row[0] for row in rows),
                             sorted(self.pushed))
            if not known:
                self.daemon.wait_for_log("all that it has goes to files")
            self.daemon.stop()

    def test_forget_says_what_it_does_not_reach_and_waits_for_files(self):
        self.begin(self.configured(ids=False))
        self.push(20)
        said = self.daemon.must("forget", "user", "user3").out
        self.assertIn(f"Parquet files under '{self.directory}'", said)
        # The change log keeps its events until they are in files.
        self.assertIn("change log", self.daemon.must("forget", "--list").out)
        self.daemon.must("export-events")
        self.expect_pushed()
        # Looks at once at all that is due.
        self.daemon.must("forget", "user", "nobody")
        eventually(self, lambda: "change log" not in
                   self.daemon.must("forget", "--list").out, self.daemon.log)

    def test_a_directory_that_is_missing_is_said_and_made_later(self):
        self.begin(self.configured())
        self.push(5)
        self.directory.rmdir()
        failed = self.daemon.run("export-events")
        self.assertNotEqual(failed.code, 0)
        self.assertIn("make it, or mount it", failed.err)
        self.directory.mkdir()
        self.daemon.must("export-events")
        self.expect_pushed()


if __name__ == "__main__":
    unittest.main()
