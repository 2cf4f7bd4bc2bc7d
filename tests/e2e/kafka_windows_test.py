# SPDX-License-Identifier: Apache-2.0
"""Topics of a real broker into windows and rows of a real daemon: each record
once, whatever is killed and whenever."""

import datetime
import json
import os
import random
import signal
import unittest
import unittest.mock

from freshet_daemon import Daemon
from kafka_broker import KafkaCluster
from watch_test import eventually

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  clock: {simulated_start: "CLOCK"}
project: shop
entities:
  - name: user
    join_keys: [{name: user, type: string}]
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: cents, type: int64}
      - {name: at, type: timestamp}
    timestamp_field: at
    kafka:
      brokers: ["BROKERS"]
      topics: [TOPICS]
      metadata_interval: 1s
      format: json
batch_feature_views:
  - name: last_payment
    entities: [user]
    live: {source: payments, expected_freshness: 5s}
    features:
      - {name: at, type: timestamp}
stream_feature_views:
  - name: user_payments
    entities: [user]
    source: payments
    expected_freshness: 5s
    aggregations:
      - {column: cents, functions: [count, sum], windows: [12h]}
"""

# A day after the view was made, so that its windows are whole.
MADE_AT = "2026-01-01T00:00:00Z"
NOW = datetime.datetime(2026, 1, 2, 0, 10, tzinfo=datetime.timezone.utc)
USERS = [f"user{i}" for i in range(20)]


class KafkaWindowsTest(unittest.TestCase):
    """One cluster for all tests; a topic each."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = KafkaCluster(1)
        cls.addClassCleanup(cls.cluster.close)

    def setUp(self):
        self.topic = self._testMethodName
        self.cluster.create_topic(self.topic, 3)
        self.random = random.Random(20131231)
        # By user: how many, and how much.
        self.produced = {user: [0, 0] for user in USERS}
        self.latest = {}

    def daemon(self):
        def config(brokers, clock):
            return (CONFIG.replace("BROKERS", brokers)
                    .replace("TOPICS", self.topic).replace("CLOCK", clock))

        daemon = Daemon(config("127.0.0.1:1", MADE_AT))
        self.addCleanup(daemon.close)
        self.addCleanup(daemon.stop)
        daemon.start().stop()
        # Other brokers are no other generation.
        daemon.write_config(config(self.cluster.bootstrap, NOW.isoformat()))
        return daemon.start()

    def produce(self, count, partition, transaction=False):
        values = []
        for _ in range(count):
            user = self.random.choice(USERS)
            cents = self.random.randrange(1, 1000)
            at = NOW - datetime.timedelta(
                seconds=self.random.randrange(1, 11 * 3600))
            self.produced[user][0] += 1
            self.produced[user][1] += cents
            self.latest[user] = max(at, self.latest.get(user, at))
            values.append(json.dumps({"user": user, "cents": cents,
                                      "at": at.isoformat()}).encode())
        if transaction:
            self.cluster.transaction(self.topic, values, partition)
        else:
            self.cluster.produce(self.topic, values, partition)

    def served(self, daemon):
        reply = daemon.get("user_payments.cents_count_12h",
                           "user_payments.cents_sum_12h",
                           "--key", f"user={','.join(USERS)}")
        found = {}
        for row in reply["rows"]:
            cells = row["features"]
            count = cells["user_payments.cents_count_12h"]
            self.assertEqual(count["status"], "PRESENT")
            found[row["keys"]["user"]] = [
                count["value"],
                cells["user_payments.cents_sum_12h"]["value"] or 0]
        return found

    def total(self, daemon):
        return sum(count for count, _ in self.served(daemon).values())

    def expect_all(self, daemon):
        wanted = sum(count for count, _ in self.produced.values())
        eventually(self, lambda: self.total(daemon) >= wanted,
                   lambda: f"{self.total(daemon)} of {wanted}\n{daemon.log()}")
        self.assertEqual(self.served(daemon), self.produced)
        rows = daemon.get("last_payment.at", "--key",
                          f"user={','.join(USERS)}")["rows"]
        times = {row["keys"]["user"]: row["features"]["last_payment.at"]["value"]
                 for row in rows}
        self.assertEqual(
            {user: datetime.datetime.fromisoformat(time)
             for user, time in times.items() if time is not None},
            self.latest)

    @staticmethod
    def letters(daemon):
        path = daemon.store / "dead_letters" / "payments.jsonl"
        return [json.loads(line)
                for line in path.read_text("utf-8").splitlines()]

    def kill(self, daemon):
        daemon.signal(signal.SIGKILL)
        daemon.wait()

    def test_what_is_produced_is_served(self):
        self.produce(500, 0)
        daemon = self.daemon()
        self.produce(500, 2)
        self.expect_all(daemon)
        _, page = daemon.http("/metrics")
        for name in ("event", "produce"):
            self.assertIn(f'freshet_stream_{name}_delay_seconds_count'
                          '{source="payments"} 1000\n', page)
        self.assertIn('freshet_stream_source_behind_seconds'
                      '{source="payments"}', page)

    def test_kills_lose_nothing_and_double_nothing(self):
        daemon = self.daemon()
        for _ in range(6):
            self.produce(2000, self.random.randrange(3))
            # In the middle of it, as often as not.
            before = self.total(daemon)
            wanted = sum(count for count, _ in self.produced.values())
            if self.random.randrange(2):
                eventually(self, lambda: self.total(daemon) > min(
                    before, wanted - 1), daemon.log)
            self.kill(daemon)
            self.produce(100, self.random.randrange(3))
            daemon.start()
        self.expect_all(daemon)

    def test_kills_at_each_step_lose_nothing_and_double_nothing(self):
        daemon = self.daemon()
        self.produce(50, 0)
        self.expect_all(daemon)
        for point in ("dead_letters.before_write", "feed.before_submit",
                      "change_log.before_sync",
                      "change_log.before_acknowledge", "live.before_apply"):
            with self.subTest(point):
                daemon.stop()
                self.cluster.produce(self.topic, [b"poison"], 1)
                self.produce(200, 1)
                with unittest.mock.patch.dict(
                        os.environ, FRESHET_FAILPOINTS=f"{point}=kill"):
                    daemon.launch()
                self.assertEqual(daemon.wait(), -signal.SIGKILL)
                self.produce(50, 2)
                daemon.start()
                self.expect_all(daemon)
        self.assertEqual(len(self.letters(daemon)), 5)

    def test_a_broker_that_restarts_and_partitions_that_are_added(self):
        daemon = self.daemon()
        self.produce(300, 0)
        self.expect_all(daemon)
        self.cluster.kill()
        self.cluster.start()
        self.produce(300, 1)
        self.cluster.add_partitions(self.topic, 5)
        self.produce(300, 4)
        self.expect_all(daemon)

    def test_a_quiet_topic_is_told_from_a_dead_one(self):
        daemon = self.daemon()
        self.produce(20, 0)
        self.expect_all(daemon)
        views = {("last_payment",), ("user_payments",)}
        self.assertEqual(
            daemon.metric("freshet_stream_view_expected_freshness_seconds"),
            dict.fromkeys(views, 5.0))
        self.assertEqual(
            set(daemon.metric("freshet_stream_view_info")),
            {(view, "payments", "", "false") for view, in views})

        def behind():
            found = daemon.metric("freshet_stream_view_behind_seconds")
            self.assertEqual(set(found), views)
            return found.values()

        def ages(le):
            """Requests that were answered from what is no older."""
            self.total(daemon)
            return daemon.metric("freshet_served_age_seconds_bucket").get(
                ("user_payments", "stream", le), 0)

        # Nobody writes for half an hour.
        later = NOW + datetime.timedelta(minutes=30)
        daemon.must("set-clock", later.isoformat())
        eventually(self, lambda: max(behind()) < 5, daemon.log)
        said = daemon.must("status").out
        self.assertIn("0 records behind", said)
        for word in ("NOT READ", "behind its topics"):
            self.assertNotIn(word, said)
        self.assertEqual(daemon.metric("freshet_stream_source_ok"),
                         {("payments",): 1.0})
        eventually(self, lambda: ages("5") > 0, daemon.log)

        self.cluster.kill()
        try:
            eventually(self, lambda: min(behind()) > 5, daemon.log)
            self.assertEqual(daemon.must("status").out.count(
                "s behind its topics; expected_freshness is 5s"), 2)
            self.assertRegex(daemon.must("describe", "last_payment").out,
                             r"'payments', \d+\.?\d* s behind, at most 5\.0 s")
            young, all_of_them = ages("5"), ages("+Inf")
            self.assertEqual(ages("5"), young)
            self.assertGreater(ages("+Inf"), all_of_them)
            eventually(self, lambda: "NOT READ" in daemon.must("status").out,
                       daemon.log)
            self.assertEqual(daemon.metric("freshet_stream_source_ok"),
                             {("payments",): 0.0})
            # Of what is not read since the start, too.
            daemon.stop()
            daemon.start()
            eventually(self, lambda: min(behind()) > 5, daemon.log)
            self.assertIn("behind its topics", daemon.must("status").out)
        finally:
            self.cluster.start()
        eventually(self, lambda: max(behind()) < 5, daemon.log)
        self.assertNotIn("behind its topics", daemon.must("views").out)

    def test_pause_and_seek(self):
        daemon = self.daemon()
        self.produce(100, 0)
        self.expect_all(daemon)
        said = daemon.must("pause", "payments").out
        self.assertIn("`freshet resume payments`", said)
        eventually(self, lambda: "PAUSED" in daemon.must("status").out,
                   daemon.log)
        self.produce(50, 0)
        self.kill(daemon)
        daemon.start()
        eventually(self, lambda: "PAUSED" in daemon.must("status").out,
                   daemon.log)
        self.assertEqual(self.total(daemon), 100)
        daemon.must("resume", "payments")
        self.expect_all(daemon)

        # By the time of its records that is the topic's beginning.
        mark = daemon.mark()
        daemon.must("seek", "payments", "2020-01-01T00:00:00Z")
        daemon.wait_for_log("does not go back to offset 0", since=mark)
        self.produce(50, 0)
        self.expect_all(daemon)  # Nothing twice, and nothing INCOMPLETE.

        refused = daemon.run("seek", "payments", "earliest")
        self.assertEqual(refused.code, 1, refused)
        self.assertIn("no partition is stopped", refused.err)
        daemon.must("pause", "payments")
        eventually(self, lambda: "PAUSED" in daemon.must("status").out,
                   daemon.log)
        self.cluster.produce(self.topic, [b"unwanted"] * 30, 0)
        mark = daemon.mark()
        skipped = daemon.must("seek", "payments", "latest", "--partition",
                              f"{self.topic}:0").out
        self.assertIn(f"Partition 0 of topic '{self.topic}'", skipped)
        self.assertNotIn("Partition 1", skipped)
        daemon.must("resume", "payments")
        daemon.wait_for_log("read from offset 230", since=mark)
        self.produce(10, 0)
        def cells():
            rows = daemon.get("last_payment.at",
                              "user_payments.cents_count_12h", "--key",
                              f"user={','.join(USERS)}")["rows"]
            return [row["features"] for row in rows]
        eventually(self, lambda: {
            cell["user_payments.cents_count_12h"]["status"]
            for cell in cells()} == {"INCOMPLETE"}, daemon.log)
        self.assertEqual(self.letters(daemon), [])

    def test_rule20_two_daemons_on_one_topic_each_end_whole(self):
        first, second = self.daemon(), self.daemon()
        self.produce(1000, 0)
        self.kill(second)
        self.produce(1000, 1)
        second.start()
        self.expect_all(first)
        self.expect_all(second)

    def test_poison_is_passed_over_and_kept_once(self):
        daemon = self.daemon()
        for i in range(10):
            self.produce(50, 0)
            self.cluster.produce(self.topic, [b"{", None, b'{"user": "x"}'],
                                 0)
            if i % 3 == 2:
                self.kill(daemon)
                daemon.start()
        self.expect_all(daemon)
        eventually(self, lambda: len(self.letters(daemon)) >= 30, daemon.log)
        letters = self.letters(daemon)
        self.assertEqual(len(letters), 30)
        self.assertEqual(len({letter["offset"] for letter in letters}), 30)
        self.assertEqual({letter["reason"] for letter in letters},
                         {"malformed", "tombstone", "no_time"})

    def test_rule21_a_transaction_that_aged_out_whole_is_no_gap(self):
        daemon = self.daemon()
        self.produce(5, 0, transaction=True)
        self.expect_all(daemon)
        # Behind its mark, which is no record.
        eventually(self, lambda: daemon.metric(
            "freshet_stream_source_lag_records") == {("payments",): 0.0},
                   daemon.log)
        # What is read later is on disk later.
        self.produce(1, 1)
        self.expect_all(daemon)
        self.kill(daemon)
        self.cluster.delete_records(self.topic, 0, 6)
        daemon.start()
        self.produce(3, 0)
        self.expect_all(daemon)
        self.assertNotIn("STREAM_GAP", daemon.must("status").out)

    def test_rule21_a_topic_that_is_made_anew_is_a_gap(self):
        daemon = self.daemon()
        self.produce(300, 0)
        self.expect_all(daemon)
        daemon.stop()
        self.cluster.delete_topic(self.topic)
        self.cluster.create_topic(self.topic, 3)
        self.cluster.produce(self.topic, [json.dumps(
            {"user": USERS[0], "cents": 1, "at": "2013-12-31T00:00:00Z"}
        ).encode()] * 400, 0)
        daemon.start()
        daemon.wait_for_log("offset 300 is wanted")
        self.assertEqual(self.served(daemon), self.produced)


if __name__ == "__main__":
    unittest.main()
