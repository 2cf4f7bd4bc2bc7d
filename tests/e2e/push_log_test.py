# SPDX-License-Identifier: Apache-2.0
"""Pushes through a push log, with a real broker: what is acknowledged is read at
once where it was pushed, comes to every daemon, survives a lost disk, and counts
once whatever is killed meanwhile."""

import datetime
import json
import os
import random
import shutil
import signal
import threading
import time
import unittest
import unittest.mock

import freshet
import object_store
from freshet_daemon import PATIENCE_S, Daemon
from kafka_broker import KafkaCluster
from watch_test import eventually

CONFIG = """
project: shop
settings:
  listen: {data: "127.0.0.1:DATA", admin: "127.0.0.1:0", http: "127.0.0.1:0"}
  storage: {directory: "{store}"}
entities:
  - name: user
    join_keys: [{name: user, type: string}]
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: cents, type: int64}
      - {name: at, type: timestamp}
      - {name: id, type: string}
    timestamp_field: at
    id_field: id
    push_log:
      brokers: ["BROKERS"]
      topic: TOPIC
      key_field: user
      delivery_timeout: 4s
      metadata_interval: 1s
batch_feature_views:
  - name: last_payment
    entities: [user]
    live: {source: payments}
    features:
      - {name: cents, type: int64}
stream_feature_views:
  - name: paid
    entities: [user]
    source: payments
    aggregations:
      - {functions: [count], windows: [1h]}
      - {column: cents, functions: [sum], windows: [1h]}
    on_incomplete: value
"""
FEATURES = ["paid.count_1h", "paid.cents_sum_1h", "last_payment.cents"]
USERS = [f"user{i}" for i in range(12)]
UTC = datetime.timezone.utc


class PushLogTest(unittest.TestCase):
    """One cluster for all tests; a topic each."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = KafkaCluster(1)
        cls.addClassCleanup(cls.cluster.close)

    def setUp(self):
        self.topic = self.id().rsplit(".", 1)[1]
        self.cluster.create_topic(self.topic, 3)
        self.random = random.Random(20131231)
        self.events = []  # All that were made.
        # Each later than the one before, so that one is the last.
        self.now = datetime.datetime.now(UTC) - datetime.timedelta(minutes=20)

    def daemon(self):
        # The same port after a restart.
        port = object_store.free_ports(1)[0]
        daemon = Daemon(CONFIG.replace("DATA", str(port))
                        .replace("BROKERS", self.cluster.bootstrap)
                        .replace("TOPIC", self.topic))
        self.addCleanup(daemon.close)
        self.addCleanup(daemon.stop)
        daemon.start()
        self.wait_until_read(daemon)
        return daemon

    def wait_until_read(self, daemon):
        """Until then pushes are refused."""
        eventually(self, lambda: "freshet_stream_source_behind_seconds{"
                   in daemon.http("/metrics")[1], daemon.log)

    def client(self, daemon):
        client = freshet.Client(daemon.ports["data"])
        self.addCleanup(client.close)
        return client

    def client_again(self, daemon):
        """Of one that was started again: gRPC does not try a connection again
        at once that was refused."""
        client = self.client(daemon)
        client.push("payments", [], idempotent=True, timeout=PATIENCE_S)
        return client

    def payments(self, count):
        made = []
        for _ in range(count):
            self.now += datetime.timedelta(milliseconds=10)
            made.append({"user": self.random.choice(USERS),
                         "cents": self.random.randrange(1, 1000),
                         "at": self.now, "id": f"p{len(self.events)}"})
            self.events.append(made[-1])
        return made

    @staticmethod
    def served(client):
        """By user: count, sum, the last one's."""
        vectors = client.get_features(FEATURES, {"user": USERS},
                                      timeout=PATIENCE_S)
        rows = zip(*(vectors[name].values for name in FEATURES))
        return {user: list(row) for user, row in zip(USERS, rows)}

    def wanted(self, events):
        found = {user: [0, None, None] for user in USERS}
        for event in events:
            row = found[event["user"]]
            row[0] += 1
            row[1] = (row[1] or 0) + event["cents"]
            row[2] = event["cents"]
        return found

    def expect(self, client, events):
        """At once."""
        self.assertEqual(self.served(client), self.wanted(events))

    def expect_soon(self, client, daemon, events):
        eventually(self, lambda: sum(
            row[0] for row in self.served(client).values()) >= len(events),
                   daemon.log)
        self.expect(client, events)

    @staticmethod
    def kill(daemon):
        daemon.signal(signal.SIGKILL)
        daemon.wait()

    def push_until_taken(self, client, events):
        """As an application would that has ids."""
        result = client.push("payments", events, idempotent=True,
                             timeout=PATIENCE_S)
        self.assertEqual(result.accepted, len(events))

    def test_rule17_and_18_read_at_once_and_by_every_daemon(self):
        first, second = self.daemon(), self.daemon()
        one, other = self.client(first), self.client(second)
        began = time.monotonic()
        for size in (1, 1, 1, 10, 100, 1000, 1, 1):
            result = one.push("payments", self.payments(size))
            self.assertEqual(result.accepted, size)
            self.expect(one, self.events)
        self.assertLess(time.monotonic() - began, PATIENCE_S)
        self.expect_soon(other, second, self.events)
        other.push("payments", self.payments(50))
        self.expect(other, self.events)
        self.expect_soon(one, first, self.events)
        path = first.directory / "events.jsonl"
        path.write_text("".join(
            json.dumps(dict(event, at=event["at"].isoformat())) + "\n"
            for event in self.payments(30)), encoding="utf-8")
        first.must("push", "payments", path)
        self.expect(one, self.events)
        self.assertRegex(first.must("status").out,
                         rf"source payments: topic {self.topic}, 3 partitions")

    def test_others_can_read_the_topic(self):
        client = self.client(self.daemon())
        for _ in range(5):
            client.push("payments", self.payments(20))
        partitions = [[json.loads(value) for value in
                       self.cluster.consume(self.topic, partition)]
                      for partition in range(3)]
        read = [event for events in partitions for event in events]
        self.assertEqual(len(read), 100)
        for event in read:
            event["at"] = datetime.datetime.fromisoformat(event["at"])
        for partition in partitions:
            # A user's events are in one partition, in the order of pushes.
            users = {event["user"] for event in partition}
            self.assertEqual(
                [event for event in self.events if event["user"] in users],
                sorted(partition, key=lambda event: event["at"]))
            for user in users:
                ids = [event["id"] for event in partition
                       if event["user"] == user]
                self.assertEqual(ids, [event["id"] for event in self.events
                                       if event["user"] == user])

    def test_rule17_a_push_into_a_lost_disk_comes_back_from_the_push_log(self):
        daemon = self.daemon()
        client = self.client(daemon)
        for _ in range(10):
            client.push("payments", self.payments(100))
        self.kill(daemon)
        shutil.rmtree(daemon.store)
        daemon.start()
        again = self.client_again(daemon)
        self.expect_soon(again, daemon, self.events)
        # All of it once more, and something new.
        self.push_until_taken(again, self.events + self.payments(10))
        self.expect(again, self.events)

    def test_a_broker_that_is_killed_in_mid_push(self):
        first, second = self.daemon(), self.daemon()
        client = self.client(first)
        self.push_until_taken(client, self.payments(100))
        outcomes = []

        def push_all(batches):
            for batch in batches:
                try:
                    client.push("payments", batch, timeout=PATIENCE_S)
                    outcomes.append((batch, None))
                except freshet.Error as error:
                    outcomes.append((batch, error))

        batches = [self.payments(50) for _ in range(40)]
        pushing = threading.Thread(target=push_all, args=(batches,))
        pushing.start()
        eventually(self, lambda: len(outcomes) >= 5, first.log)
        self.cluster.kill()
        eventually(self, lambda: any(error for _, error in outcomes),
                   first.log)
        self.cluster.start()
        pushing.join()
        failed = [batch for batch, error in outcomes if error]
        for _, error in outcomes:
            if error:
                self.assertIsInstance(error, freshet.Unavailable)
                self.assertIn("push log of source 'payments'", str(error))
        # What was acknowledged is there, of what was not perhaps some.
        counted = {user: row[0] for user, row in self.served(client).items()}
        acknowledged = self.wanted(
            self.events[:100] + [event for batch, error in outcomes
                                 if not error for event in batch])
        for user in USERS:
            self.assertGreaterEqual(counted[user], acknowledged[user][0])
        for batch in failed:
            self.push_until_taken(client, batch)
        self.expect(client, self.events)
        self.expect_soon(self.client(second), second, self.events)

    def test_a_kill_between_the_topic_and_the_acknowledgement(self):
        daemon = self.daemon()
        self.push_until_taken(self.client(daemon), self.payments(10))
        daemon.stop()
        with unittest.mock.patch.dict(
                os.environ, FRESHET_FAILPOINTS="push_log.written=kill"):
            daemon.start()
        batch = self.payments(20)
        # At first it may not be read yet, which takes nothing.
        with self.assertRaises(freshet.Error) as raised:
            self.client(daemon).push("payments", batch, idempotent=True,
                                     timeout=20)
        self.assertEqual(daemon.wait(), -signal.SIGKILL, raised.exception)
        daemon.start()
        client = self.client_again(daemon)
        # It was in the topic.
        self.expect_soon(client, daemon, self.events)
        self.push_until_taken(client, batch)
        self.expect(client, self.events)

    def test_kills_at_any_time_lose_and_double_nothing(self):
        first, second = self.daemon(), self.daemon()
        for _ in range(5):
            client = self.client(first)
            batches = [self.payments(20) for _ in range(60)]
            answered = 0
            kill_at = self.random.randrange(1, 30)
            with self.assertRaises(freshet.Error):
                for _ in client.push_stream("payments", batches):
                    answered += 1
                    if answered == kill_at:
                        first.signal(signal.SIGKILL)
            first.wait()
            first.start()
            again = self.client_again(first)
            for batch in batches:
                self.push_until_taken(again, batch)
            self.expect(again, self.events)
        self.expect_soon(self.client(second), second, self.events)

    def test_while_kafka_is_away_nothing_is_acknowledged(self):
        daemon = self.daemon()
        client = self.client(daemon)
        self.push_until_taken(client, self.payments(10))
        self.cluster.kill()
        try:
            batch = self.payments(10)
            began = time.monotonic()
            with self.assertRaises(freshet.Unavailable) as raised:
                client.push("payments", batch, timeout=PATIENCE_S)
            self.assertLess(time.monotonic() - began, 15)
            self.assertIn("not within 4000 ms", str(raised.exception))
            # Then it is known, and nobody waits.
            def refused():
                try:
                    client.push("payments", batch, timeout=PATIENCE_S)
                except freshet.Unavailable as error:
                    return "nothing was taken" in str(error)
                return False

            eventually(self, refused, daemon.log)
            began = time.monotonic()
            self.assertTrue(refused())
            self.assertLess(time.monotonic() - began, 3)
            status, metrics = daemon.http("/metrics")
            self.assertEqual(status, 200)
            for reason in ("not_written", "refused"):
                self.assertRegex(
                    metrics, r'freshet_push_log_failed_total\{source='
                    rf'"payments",reason="{reason}"\}} [1-9]')
        finally:
            self.cluster.start()
        self.push_until_taken(client, batch)
        self.expect(client, self.events)

    def test_a_topic_that_is_made_anew_is_a_gap_and_refuses_pushes(self):
        daemon = self.daemon()
        client = self.client(daemon)
        self.push_until_taken(client, self.payments(100))
        before = list(self.events)
        daemon.stop()
        self.cluster.delete_topic(self.topic)
        self.cluster.create_topic(self.topic, 3)
        daemon.start()
        daemon.wait_for_log("is wanted")
        again = self.client_again(daemon)

        def refused():
            try:
                again.push("payments", self.payments(1), timeout=PATIENCE_S)
            except freshet.Unavailable as error:
                return "STREAM_GAP" in str(error)
            return False

        eventually(self, refused, daemon.log)
        self.expect(again, before)


if __name__ == "__main__":
    unittest.main()
