# SPDX-License-Identifier: Apache-2.0
"""Changes of a database's table on topics of a real broker, in JSON and in
Avro by a registry, as rows of a real daemon: what is served is the table."""

import base64
import json
import random
import signal
import time
import unittest

from freshet_daemon import Daemon
from kafka_broker import KafkaCluster
from schema_registry import SchemaRegistry
from watch_test import eventually

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
project: shop
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
stream_sources:
  - name: changes
    fields:
      - {name: id, type: int64}
      - {name: tier, type: string}
      - {name: balance, type: "decimal(10,2)"}
      - {name: seen, type: timestamp, encoding: micros}
      - {name: __op, type: string}
      - {name: __source_ts_ms, type: timestamp}
    timestamp_field: __source_ts_ms
    kafka:
      brokers: ["BROKERS"]
      topics: [TOPIC]
      envelope: debezium
      metadata_interval: 1s
      RECORDS
batch_feature_views:
  - name: profile
    entities: [user]
    live: {source: changes, deleted: "__op = 'd'"}
    features:
      - {name: tier, type: string}
      - {name: balance, type: "decimal(10,2)"}
      - {name: seen, type: timestamp}
"""
USERS = range(1, 31)
PARTITIONS = 3

# Kafka Connect's, beside each change.
ROW_FIELDS = [
    {"type": "int64", "optional": False, "field": "id"},
    {"type": "string", "optional": True, "field": "tier"},
    {"type": "bytes", "optional": True, "version": 1, "field": "balance",
     "name": "org.apache.kafka.connect.data.Decimal",
     "parameters": {"scale": "2", "connect.decimal.precision": "10"}},
    {"type": "int64", "optional": False, "version": 1, "field": "seen",
     "name": "io.debezium.time.MicroTimestamp"}]
CONNECT_SCHEMA = {
    "type": "struct", "optional": False, "name": "s.shop.users.Envelope",
    "fields": [
        {"type": "struct", "fields": ROW_FIELDS, "field": "before"},
        {"type": "struct", "fields": ROW_FIELDS, "field": "after"},
        {"type": "string", "optional": False, "field": "op"}]}

AVRO_ROW = {"type": "record", "name": "Value", "fields": [
    {"name": "id", "type": "long"},
    {"name": "tier", "type": ["null", "string"]},
    {"name": "balance", "type": ["null", {
        "type": "bytes", "scale": 2, "precision": 10, "logicalType": "decimal",
        "connect.name": "org.apache.kafka.connect.data.Decimal"}]},
    {"name": "seen", "type": {
        "type": "long", "connect.name": "io.debezium.time.MicroTimestamp"}}]}


def avro_schema(version):
    """The same for each `version` but for a member that no field is of."""
    return json.dumps({
        "type": "record", "name": "Envelope", "namespace": "s.shop.users",
        "fields": [
            {"name": "before", "type": ["null", AVRO_ROW]},
            {"name": "after", "type": ["null", "Value"]},
            {"name": "source", "type": {
                "type": "record", "name": "Source", "fields": [
                    {"name": f"version{version}", "type": "string"},
                    {"name": "ts_ms", "type": "long"}]}},
            {"name": "op", "type": "string"}]})


def unscaled(cents):
    return cents.to_bytes(8, "big", signed=True)


def avro_long(number):
    bits = (number << 1) ^ (number >> 63)
    out = bytearray()
    while bits >= 0x80:
        out.append(bits & 0x7f | 0x80)
        bits >>= 7
    out.append(bits)
    return bytes(out)


def avro_bytes(value):
    return avro_long(len(value)) + value


def avro_row(row):
    if row is None:
        return avro_long(0)
    tier, cents = row["tier"], row["cents"]
    return (avro_long(1) + avro_long(row["id"]) +
            (avro_long(0) if tier is None
             else avro_long(1) + avro_bytes(tier.encode())) +
            (avro_long(0) if cents is None
             else avro_long(1) + avro_bytes(unscaled(cents))) +
            avro_long(row["seen"]))


def avro_value(schema, change):
    return (b"\0" + schema.to_bytes(4, "big") + avro_row(change["before"]) +
            avro_row(change["after"]) + avro_bytes(b"2.7") +
            avro_long(change["ts_ms"]) + avro_bytes(change["op"].encode()))


def json_row(row):
    if row is None:
        return None
    cents = row["cents"]
    return {"id": row["id"], "tier": row["tier"], "seen": row["seen"],
            "balance": None if cents is None
            else base64.b64encode(unscaled(cents)).decode()}


def json_value(change):
    return json.dumps({
        "schema": CONNECT_SCHEMA,
        "payload": {"before": json_row(change["before"]),
                    "after": json_row(change["after"]),
                    "source": {"version": "2.7", "ts_ms": change["ts_ms"]},
                    "op": change["op"], "ts_ms": change["ts_ms"]}}).encode()


class Table:
    """A table that changes at random."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.rows = {}
        # So that none is of the future.
        self.ts_ms = int(time.time() * 1000) - 3_600_000

    def change(self):
        user = self.random.choice(USERS)
        before = self.rows.get(user)
        # Several of one time, as in one transaction.
        self.ts_ms += self.random.randrange(2)
        after, op = None, "d"
        if before is None or self.random.random() < 0.7:
            after = {"id": user,
                     "tier": self.random.choice([None, "gold", "silver"]),
                     "cents": self.random.choice(
                         [None, self.random.randrange(-10**6, 10**6)]),
                     "seen": self.random.randrange(10**15)}
            op = "u" if before else self.random.choice("cr")
        self.rows[user] = after
        return {"before": before, "after": after, "op": op,
                "ts_ms": self.ts_ms, "user": user}


class KafkaChangesTest(unittest.TestCase):
    """One cluster for all tests; a topic each."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = KafkaCluster(1)
        cls.addClassCleanup(cls.cluster.close)

    def setUp(self):
        self.topic = self._testMethodName
        self.cluster.create_topic(self.topic, PARTITIONS)
        self.table = Table(20130310)

    def daemon(self, records):
        daemon = Daemon(CONFIG.replace("BROKERS", self.cluster.bootstrap)
                        .replace("TOPIC", self.topic)
                        .replace("RECORDS", records))
        self.addCleanup(daemon.close)
        self.addCleanup(daemon.stop)
        return daemon.start()

    def produce(self, count, written):
        """Changes, each as `written` says; deletions with a tombstone."""
        values = {partition: [] for partition in range(PARTITIONS)}
        for _ in range(count):
            change = self.table.change()
            of = values[change["user"] % PARTITIONS]
            of.append(written(change))
            if change["op"] == "d":
                of.append(None)
        for partition, some in values.items():
            self.cluster.produce(self.topic, some, partition, key=b"k")

    def served(self, daemon):
        reply = daemon.get("profile.tier", "profile.balance", "profile.seen",
                           "--key", f"id={','.join(map(str, USERS))}")
        rows = {}
        for row in reply["rows"]:
            cells = row["features"]
            if cells["profile.seen"]["status"] != "NOT_FOUND":
                rows[int(row["keys"]["id"])] = tuple(
                    cells[f"profile.{name}"]["value"]
                    for name in ("tier", "balance", "seen"))
        return rows

    def wanted(self):
        def moment(micros):
            seconds, rest = divmod(micros, 10**6)
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
            return text + (f".{rest:06}".rstrip("0") if rest else "") + "Z"

        def decimal(cents):
            sign = "-" if cents < 0 else ""
            return f"{sign}{abs(cents) // 100}.{abs(cents) % 100:02}"

        return {user: (row["tier"],
                       None if row["cents"] is None else decimal(row["cents"]),
                       moment(row["seen"]))
                for user, row in self.table.rows.items() if row is not None}

    def expect_the_table(self, daemon):
        eventually(self, lambda: self.served(daemon) == self.wanted(),
                   lambda: f"{self.served(daemon)}\n{self.wanted()}\n"
                           f"{daemon.log()}")

    @staticmethod
    def letters(daemon):
        path = daemon.store / "dead_letters" / "changes.jsonl"
        return [json.loads(line)
                for line in path.read_text("utf-8").splitlines()]

    def kill(self, daemon):
        daemon.signal(signal.SIGKILL)
        daemon.wait()

    def test_changes_in_json_are_the_table_whatever_is_killed(self):
        self.produce(200, json_value)
        daemon = self.daemon("format: json")
        for _ in range(3):
            self.produce(300, json_value)
            self.kill(daemon)
            daemon.start()
        self.expect_the_table(daemon)
        self.assertEqual(self.letters(daemon), [], "tombstones are none")

    def test_changes_in_avro_wait_for_their_schemas(self):
        registry = SchemaRegistry().start()
        self.addCleanup(registry.stop)
        registry.schemas[70_000] = avro_schema(1)
        daemon = self.daemon(
            "format: avro\n      schema_registry: "
            f"{{url: '{registry.url}', timeout: 2s}}")
        self.produce(300, lambda change: avro_value(70_000, change))
        self.expect_the_table(daemon)

        registry.stop()
        self.produce(100, lambda change: avro_value(70_000, change))
        self.produce(100, lambda change: avro_value(70_001, change))
        daemon.wait_for_log("schema 70001 of the registry")
        self.kill(daemon)
        daemon.start()
        daemon.wait_for_log("of the registry")
        self.assertIn("of the registry", daemon.must("status").out)
        registry.schemas[70_001] = avro_schema(2)
        registry.start()
        self.expect_the_table(daemon)
        self.assertEqual(self.letters(daemon), [])

        # No one has that schema, and one value is cut.
        whole = avro_value(70_001, self.table.change())
        self.cluster.produce(
            self.topic, [avro_value(5, {"before": None, "after": None,
                                        "op": "c", "ts_ms": 0}),
                         whole[:-3]], 0)
        eventually(self, lambda: len(self.letters(daemon)) == 2, daemon.log)
        self.assertEqual([letter["reason"] for letter in self.letters(daemon)],
                         ["malformed"] * 2)
        self.assertIn("no schema 5", self.letters(daemon)[0]["error"])


if __name__ == "__main__":
    unittest.main()
