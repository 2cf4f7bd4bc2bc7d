# SPDX-License-Identifier: Apache-2.0
"""`freshet replay`: windows that are made anew from the topics of a real
broker, while those that there were answer and events come on."""

import datetime
import json
import random
import signal
import time
import unittest

from freshet_daemon import Daemon
from kafka_broker import KafkaCluster
from watch_test import eventually

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}", erase_after: 0s}
project: shop
entities:
  - name: user
    join_keys: [{name: user, type: string}]
  - name: shop
    join_keys: [{name: shop, type: string}]
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: cents, type: int64}
      - {name: id, type: string}
      - {name: at, type: timestamp}
    timestamp_field: at
    id_field: id
    kafka:
      brokers: ["BROKERS"]
      topics: [payments]
      start: latest
      format: json
stream_feature_views:
  - name: user_payments
    entities: [user]
    source: payments
    filter: FILTER
    on_incomplete: value
    aggregations:
      - {column: cents, functions: [count, sum], windows: [6h]}
"""
USERS = [f"user{i}" for i in range(20)]
SUM = "user_payments.cents_sum_6h"
COUNT = "user_payments.cents_count_6h"


class ReplayTest(unittest.TestCase):

    def setUp(self):
        self.cluster = KafkaCluster(1)
        self.addCleanup(self.cluster.close)
        self.cluster.create_topic("payments", 3)
        self.random = random.Random(22)
        self.ids = 0
        self.payments = {}  # By id: user and cents.

    def config(self, matches="cents > 0"):
        return (CONFIG.replace("BROKERS", self.cluster.bootstrap)
                .replace("FILTER", matches))

    def produce(self, count):
        """One in twenty comes again, in another partition perhaps."""
        now = datetime.datetime.now(datetime.timezone.utc)
        batches = [[], [], []]
        for _ in range(count):
            self.ids += 1
            user, cents = self.random.choice(USERS), self.random.randrange(1000)
            at = now - datetime.timedelta(
                seconds=self.random.randrange(1, 5 * 3600))
            value = json.dumps({"user": user, "cents": cents, "id": str(self.ids),
                                "at": at.isoformat()}).encode()
            self.payments[self.ids] = (user, cents)
            for _ in range(2 if self.random.random() < 0.05 else 1):
                self.random.choice(batches).append(value)
        for partition, values in enumerate(batches):
            self.cluster.produce("payments", values, partition)

    @staticmethod
    def sums(payments, users=tuple(USERS)):
        return {user: sum(cents for who, cents in payments.values()
                          if who == user) or None for user in users}

    def served(self, daemon, status="PRESENT"):
        rows = daemon.get(SUM, COUNT, "--key",
                          f"user={','.join(USERS)}")["rows"]
        cells = {row["keys"]["user"]: row["features"] for row in rows}
        self.assertEqual({one[COUNT]["status"] for one in cells.values()},
                         {status})
        return {user: one[SUM]["value"] for user, one in cells.items()}

    def whole(self, daemon):
        view = daemon.must("status", "--json").json()["stream_views"][0]
        return "build_records_left" not in view and not view.get("incomplete")

    def wait_until_read(self, daemon):
        def read():
            source = daemon.must("status", "--json").json()["stream_sources"][0]
            return (source.get("partitions") == 3
                    and int(source.get("lag", 0)) == 0)
        eventually(self, read, daemon.log)

    def replay(self, daemon, *words):
        daemon.must("replay", "user_payments", *words)
        eventually(self, lambda: self.whole(daemon), daemon.log)

    def test_windows_are_made_anew_from_topics(self):
        self.produce(3000)
        daemon = Daemon(self.config())
        self.addCleanup(daemon.close)
        self.addCleanup(daemon.stop)
        daemon.start()
        self.wait_until_read(daemon)
        before = dict(self.payments)
        self.produce(500)
        since = {i: p for i, p in self.payments.items() if i not in before}
        eventually(self, lambda: self.served(daemon, "INCOMPLETE")
                   == self.sums(since), daemon.log)

        daemon.must("replay", "user_payments")
        self.produce(500)
        eventually(self, lambda: self.whole(daemon), daemon.log)
        eventually(self, lambda: self.served(daemon) == self.sums(self.payments),
                   daemon.log)

        with self.subTest("a kill amid it leaves what there was"):
            daemon.must("replay", "user_payments")
            daemon.signal(signal.SIGKILL)
            daemon.wait()
            daemon.start()
            self.assertEqual(self.served(daemon), self.sums(self.payments))

        with self.subTest("what was forgotten stays so"):
            daemon.must("forget", "user", "user3")
            daemon.must("forget", "shop", "user4")
            forgotten = {i for i, (user, _) in self.payments.items()
                         if user == "user3"}
            time.sleep(0.1)
            self.produce(300)
            left = {i: p for i, p in self.payments.items()
                    if i not in forgotten}
            eventually(self, lambda: self.served(daemon) == self.sums(left),
                       daemon.log)
            self.replay(daemon)
            self.assertEqual(self.served(daemon), self.sums(left))

        with self.subTest("one that would know less is refused"):
            time.sleep(0.1)
            now = datetime.datetime.now(datetime.timezone.utc).isoformat()
            self.produce(200)
            last = {i: p for i, p in self.payments.items()
                    if i > max(left)}
            left |= last
            eventually(self, lambda: self.served(daemon) == self.sums(left),
                       daemon.log)
            daemon.must("replay", "user_payments", now)
            eventually(self, lambda: "further back the topics do not go"
                       in daemon.log(), daemon.log)
            self.assertEqual(self.served(daemon), self.sums(left))
            daemon.must("replay", "user_payments", now, "--know-less")
            eventually(self, lambda: self.served_any(daemon) == self.sums(last),
                       daemon.log)
            self.assertEqual(self.served(daemon, "INCOMPLETE"), self.sums(last))

        with self.subTest("a definition that changed, and all that there was"):
            daemon.write_config(self.config("cents >= 500"))
            daemon.must("apply", "--yes", daemon.config)
            eventually(self, lambda: "build_records_left" not in daemon.must(
                "status", "--json").json()["stream_views"][0], daemon.log)
            self.replay(daemon)
            self.assertEqual(
                self.served(daemon),
                self.sums({i: p for i, p in left.items() if p[1] >= 500}))

    def served_any(self, daemon):
        rows = daemon.get(SUM, "--key", f"user={','.join(USERS)}")["rows"]
        return {row["keys"]["user"]: row["features"][SUM]["value"]
                for row in rows}


if __name__ == "__main__":
    unittest.main()
