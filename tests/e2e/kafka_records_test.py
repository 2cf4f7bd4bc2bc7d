# SPDX-License-Identifier: Apache-2.0
"""Protobuf as Google's own library writes it, and fields of keys, headers and
timestamps, on topics of a real broker, as rows of a real daemon."""

import json
import pathlib
import random
import signal
import struct
import subprocess
import tempfile
import time
import unittest

from freshet_daemon import Daemon
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from kafka_broker import KafkaCluster
from schema_registry import SchemaRegistry
from watch_test import eventually

# What is asked for is neither the first message of the file nor a first one in
# another.
PROTO = """
syntax = "proto3";
package shop.v1;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";

message Refund { string user = 1; }
message Orders {
  message Empty {}
  enum Tier { UNKNOWN = 0; GOLD = 1; SILVER = -2; }
  message Order {
    optional int64 cents = 1;
    sint32 change = 2;
    fixed64 number = 3;
    Tier tier = 4;
    string note = 5;
    google.protobuf.Timestamp seen = 6;
    google.protobuf.DoubleValue rate = 7;
    oneof state { bool paid = 8; float weight = 9; }
    bytes blob = 10;
    repeated int64 items = 11;
    map<string, Order> parts = 12;
  }
}
"""
FEATURES = {"cents": "int64", "change": "int32", "number": "int64",
            "tier": "string", "note": "string", "seen": "timestamp",
            "rate": "double", "paid": "bool", "weight": "float",
            "blob": "bytes"}
# The other fields are not in the value.
CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
project: shop
entities:
  - name: user
    join_keys: [{name: user, type: string}, {name: shop, type: int64}]
stream_sources:
  - name: orders
    fields:
      - {name: user, type: string, from: KEY}
      - {name: shop, type: int64, from: header.shop, encoding: text}
      - {name: region, type: string, from: header.region}
      - {name: at, type: timestamp, from: timestamp}
      FIELDS
    timestamp_field: at
    kafka:
      brokers: ["BROKERS"]
      topics: [TOPIC]
      RECORDS
batch_feature_views:
  - name: last_order
    entities: [user]
    live: {source: orders}
    features:
      - {name: region, type: string}
      FIELDS
"""
USERS, SHOPS = [f"user {i}" for i in range(6)], range(-2, 3)


def order_class():
    """Of PROTO, from what protoc makes of it."""
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name)
        (path / "shop.proto").write_text(PROTO)
        subprocess.run(["protoc", f"-I{path}", "--include_imports",
                        f"--descriptor_set_out={path}/out", "shop.proto"],
                       check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(
            (path / "out").read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return message_factory.GetMessageClass(
        pool.FindMessageTypeByName("shop.v1.Orders.Order"))


class Orders:
    """Orders at random, and what rows they make."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.order = order_class()
        self.rows = {}
        # So that none is of the future.
        self.at_ms = int(time.time() * 1000) - 3_600_000

    def _fill(self, order):
        """Sets some members; the row that they are."""
        chance = self.chance
        row = dict.fromkeys(FEATURES)
        # Those without presence are never null.
        row |= {"change": 0, "number": 0, "tier": "UNKNOWN", "note": "",
                "blob": b""}
        for name, draw in {
                "cents": lambda: chance.choice([0, -1, 2**63 - 1, -2**63]),
                "change": lambda: chance.randrange(-2**31, 2**31),
                "number": lambda: chance.randrange(2**63),
                "note": lambda: chance.choice(["é", "日本", "a" * 200, "'"]),
                "blob": lambda: chance.randbytes(chance.randrange(4)),
        }.items():
            if chance.random() < 0.6:
                row[name] = draw()
                setattr(order, name, row[name])
        if chance.random() < 0.6:
            row["tier"] = chance.choice(["UNKNOWN", "GOLD", "SILVER"])
            order.tier = order.DESCRIPTOR.fields_by_name[
                "tier"].enum_type.values_by_name[row["tier"]].number
        if chance.random() < 0.6:
            order.seen.seconds = chance.randrange(-10**9, 4 * 10**9)
            order.seen.nanos = chance.randrange(10**9)
            row["seen"] = (order.seen.seconds * 10**6
                           + order.seen.nanos // 1_000)
        if chance.random() < 0.6:
            row["rate"] = order.rate.value = chance.choice([0.0, -1.5, 1e300])
            order.rate.SetInParent()
        if chance.random() < 0.6:
            name = chance.choice(["paid", "weight"])
            row[name] = chance.choice([False, True] if name == "paid"
                                      else [0.0, 0.5])
            setattr(order, name, row[name])
        # What no field is of.
        order.items.extend(range(chance.randrange(3)))
        if chance.random() < 0.3:
            order.parts["a"].note = "another's"
        return row

    def records(self, count, write_key, write_value):
        records = []
        for _ in range(count):
            order = self.order()
            row = self._fill(order)
            user, shop = self.chance.choice(USERS), self.chance.choice(SHOPS)
            row["region"] = self.chance.choice([None, "north", ""])
            headers = [("shop", "of before"), ("shop", str(shop)),
                       ("other", b"\xff")]
            if row["region"] is not None:
                headers.append(("region", row["region"]))
            self.at_ms += 1
            records.append({"key": write_key(user), "headers": headers,
                            "timestamp": self.at_ms, "partition": shop % 3,
                            "value": write_value(order, row)})
            self.rows[user, shop] = row
        return records


def json_key(user):
    return json.dumps({"tenant": 7, "user": user}).encode()


class KafkaRecordsTest(unittest.TestCase):
    """One cluster for all tests; a topic each."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = KafkaCluster(1)
        cls.addClassCleanup(cls.cluster.close)

    def setUp(self):
        self.topic = self._testMethodName
        self.cluster.create_topic(self.topic, 3)
        self.orders = Orders(20130311)

    def daemon(self, key, records):
        fields = "\n      ".join(f"- {{name: {name}, type: {kind}}}"
                                 for name, kind in FEATURES.items())
        daemon = Daemon(CONFIG.replace("BROKERS", self.cluster.bootstrap)
                        .replace("TOPIC", self.topic).replace("KEY", key)
                        .replace("FIELDS", fields)
                        .replace("RECORDS", "\n      ".join(records)))
        self.addCleanup(daemon.close)
        self.addCleanup(daemon.stop)
        return daemon.start()

    @staticmethod
    def shown(kind, value):
        """As `freshet get` writes it."""
        if value is None:
            return None
        if kind == "bytes":
            return "0x" + value.hex()
        if kind == "timestamp":
            seconds, rest = divmod(value, 10**6)
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
            return text + (f".{rest:06}".rstrip("0") if rest else "") + "Z"
        return value

    def wanted(self):
        kinds = {"region": "string", **FEATURES}
        return {key: {name: self.shown(kinds[name], value)
                      for name, value in row.items()}
                for key, row in self.orders.rows.items()}

    def served(self, daemon):
        names = ["region", *FEATURES]
        pairs = [(user, shop) for user in USERS for shop in SHOPS]
        reply = daemon.get(
            *(f"last_order.{name}" for name in names),
            "--key", "user=" + ",".join(user for user, _ in pairs),
            "--key", "shop=" + ",".join(str(shop) for _, shop in pairs))
        rows = {}
        for pair, row in zip(pairs, reply["rows"]):
            cells = row["features"]
            if cells["last_order.region"]["status"] != "NOT_FOUND":
                rows[pair] = {name: cells[f"last_order.{name}"].get("value")
                              for name in names}
        return rows

    def expect_the_orders(self, daemon):
        def difference():
            served, wanted = self.served(daemon), self.wanted()
            return [(key, served.get(key), wanted.get(key))
                    for key in served | wanted
                    if served.get(key) != wanted.get(key)][:3]

        eventually(self, lambda: not difference(),
                   lambda: f"{difference()}\n{daemon.log()[-3000:]}")

    def letters(self, daemon):
        path = daemon.store / "dead_letters" / "orders.jsonl"
        return [json.loads(line)
                for line in path.read_text("utf-8").splitlines()]

    def expect_letters(self, daemon, *reasons):
        eventually(self, lambda: len(self.letters(daemon)) == len(reasons),
                   daemon.log)
        self.assertEqual([letter["reason"] for letter in self.letters(daemon)],
                         list(reasons))

    def test_messages_of_a_schema_whatever_is_killed(self):
        indented = PROTO.replace("\n", "\n          ")
        daemon = self.daemon("key", [
            "format: protobuf", "message: shop.v1.Orders.Order",
            "schema: |" + indented])

        def produce(count):
            self.cluster.produce_records(self.topic, self.orders.records(
                count, str.encode,
                lambda order, _: order.SerializeToString()))

        produce(300)
        for _ in range(2):
            produce(200)
            daemon.signal(signal.SIGKILL)
            daemon.wait()
            daemon.start()
        self.expect_the_orders(daemon)

        # Cut, more than fits, and no shop.
        order = self.orders.order(note="x" * 50).SerializeToString()
        record = {"key": b"user 0", "partition": 0,
                  "headers": [("shop", "1")]}
        large = self.orders.order(number=2**63).SerializeToString()
        self.cluster.produce_records(self.topic, [
            {**record, "value": order[:-1]}, {**record, "value": large},
            {**record, "value": order, "headers": [("shop", "one")]}])
        self.expect_letters(daemon, "malformed", "wrong_type", "wrong_type")
        self.expect_the_orders(daemon)

    def test_members_of_keys_beside_json(self):
        known = {"cents", "change", "number", "tier", "note", "rate", "paid",
                 "weight"}

        def write(_, row):
            row |= dict.fromkeys(FEATURES.keys() - known)
            return json.dumps({name: row[name] for name in known}).encode()

        daemon = self.daemon("key.user", ["format: json"])
        self.cluster.produce_records(
            self.topic, self.orders.records(300, json_key, write))
        self.expect_the_orders(daemon)

        # Of a key that is none, and of one that has no user.
        record = {"headers": [("shop", "1")], "partition": 0, "value": b"{}"}
        self.cluster.produce_records(self.topic, [
            {**record, "key": b"user 0"}, {**record, "key": b'{"tenant": 7}'}])
        self.expect_letters(daemon, "malformed")
        self.expect_the_orders(daemon)

    def test_messages_of_a_registry(self):
        registry = SchemaRegistry("PROTOBUF").start()
        self.addCleanup(registry.stop)
        registry.schemas[12] = PROTO
        # The second of the file's messages, and the second in it; and how many
        # numbers that are, each in zigzag.
        frame = b"\0" + struct.pack(">i", 12) + b"\x04\x02\x02"
        daemon = self.daemon("key", [
            "format: protobuf",
            f"schema_registry: {{url: '{registry.url}', timeout: 2s}}"])
        self.cluster.produce_records(self.topic, self.orders.records(
            500, str.encode,
            lambda order, _: frame + order.SerializeToString()))
        self.expect_the_orders(daemon)
        self.assertEqual(registry.asked, ["/schemas/ids/12"])

        # Of a message that there is not.
        self.cluster.produce_records(self.topic, [
            {"key": b"user 0", "headers": [("shop", "1")], "partition": 0,
             "value": b"\0" + struct.pack(">i", 12) + b"\x02\x0e"}])
        self.expect_letters(daemon, "malformed")
        self.expect_the_orders(daemon)


if __name__ == "__main__":
    unittest.main()
