# SPDX-License-Identifier: Apache-2.0
"""Events in two topics of a real cluster, what is computed of them by
definition, and what each window, row and dead letter has to be: worked out a
second time, of everything that was written."""

import collections
import dataclasses
import decimal
import json

import crash_kit  # noqa: F401  # Finds tests/e2e.
import numpy
from kafka_broker import PATIENCE_S
from window_functions import NULL, PRESENT
from window_definitions import definitions
from window_model import (DAY, HOUR, MINUTE, Aggregation, Column, Model,
                          Stream, View, moment)

NOT_FOUND = 3
PROJECT = "crash"
NOW = 1_767_312_600_000_000  # 2026-01-02T00:10:00Z: where the clock stands.
MADE = NOW - 3 * DAY  # So that all windows are whole by then.
END = NOW + 10 * MINUTE  # By then nothing waits for its time any more.
SKEW = 2 * HOUR
USERS = [f"user{i}" for i in range(24)]
SHOPS = list(range(-3, 6))
NOTES = [f"note {i}" for i in range(20)]
LONGEST = DAY  # Of all windows.
FIELDS = {
    "payments": {"user": "string", "shop": "int64", "cents": "int64",
                 "amount": "double", "price": "decimal(12,2)",
                 "note": "string", "gone": "bool", "at": "timestamp"},
    "visits": {"user": "string", "shop": "int64", "page": "string",
               "ms": "int64", "gone": "bool", "at": "timestamp"},
}
# What stands where a field is null, and in what array.
STORED = {"string": ("", object), "double": (0.0, float), "bool": (False, bool)}
POISON = {"malformed": b"{", "tombstone": None, "no_time": b'{"user": "x"}',
          "wrong_type": b'{"user": 5, "at": "2026-01-01T00:00:00Z"}',
          "future": b'{"user": "x", "at": "2100-01-01T00:00:00Z"}'}


def value_of(event):
    """A record's value."""
    line = dict(event, at=moment(event["at"]))
    if line["price"] is not None:
        line["price"] = str(decimal.Decimal(line["price"]).scaleb(-2))
    return json.dumps(line).encode()


def stream_of(source, events):
    fields = {}
    for name, kind in FIELDS[source].items():
        stored, array = STORED.get(kind, (0, numpy.int64))
        values = [event.get(name) for event in events]
        fields[name] = Column(
            kind, numpy.array([stored if value is None else value
                               for value in values], array),
            numpy.array([value is None for value in values], bool))
    stream = Stream(source, fields, skew=SKEW,
                    arrives=numpy.zeros(len(events), numpy.int64))
    stream.begin()
    stream.take(1, NOW)
    return stream


def _is_large(fields):
    return ~fields["amount"].nulls & (fields["amount"].values > 0)


def windows_of(payments, visits):
    """Windowed views of the two streams."""
    return [
        View("by_user", payments, ["user"], [
            Aggregation("", ["count"], ["1h", "12h", "1d"]),
            Aggregation("cents", ["sum", "min", "max", "last"], ["1h", "1d"]),
            Aggregation("amount", ["sum", "mean", "stddev"], ["12h", "1d"]),
            Aggregation("price", ["sum", "first"], ["1d"]),
            Aggregation("note", ["count_distinct", "last_n(3)"], ["1d"])]),
        View("by_shop", payments, ["shop"], [
            Aggregation("", ["count"], ["10m", "1d"]),
            Aggregation("cents", ["sum", "mean"], ["1h", "12h"]),
            Aggregation("price", ["approx_percentile(0.9)"], ["1d"])],
             filter="amount > 0", passes=_is_large),
        View("visits_by_user", visits, ["user"], [
            Aggregation("", ["count"], ["1h", "1d"]),
            Aggregation("ms", ["sum", "first_n(2)"], ["1d"]),
            Aggregation("page", ["top_k(3)", "approx_count_distinct"],
                        ["12h"])]),
    ]


@dataclasses.dataclass
class Rows:
    """A view of live rows, by a key of its source."""

    name: str
    source: str
    key: str
    features: tuple
    partial: bool

    def definition(self):
        return {"name": self.name, "entities": [self.key],
                "live": {"source": self.source, "deleted": "gone",
                         "partial": self.partial},
                "features": [{"name": name, "type": FIELDS[self.source][name]}
                             for name in self.features]}

    def answers(self, events):
        """(state, value) of each feature, of one key's events: the newest wins,
        or the newest that says something of it."""
        values = None
        for event in sorted(events, key=lambda event: event["at"]):
            if event["gone"]:
                values = None
                continue
            said = {name: event[name] for name in self.features
                    if name in event}
            if not self.partial:
                values = said
            elif said:  # Else nothing changes.
                values = {**(values or {}), **said}
        if values is None:
            return [(NOT_FOUND, None)] * len(self.features)
        return [(NULL, None) if values.get(name) is None
                else (PRESENT, values[name]) for name in self.features]


ROWS = [Rows("latest", "payments", "user", ("price", "note", "at"), False),
        Rows("seen", "visits", "shop", ("page", "ms"), True)]
KEYS = {"user": USERS, "shop": SHOPS}


def document(brokers, topics, clock):
    """The daemon's file: two sources of the topics, and one that takes what is
    pushed only to make the change log long; with a topic for it, one whose
    pushes go through that."""
    streams = [stream_of(source, []) for source in FIELDS]
    for stream in streams:
        stream.kafka = {"brokers": brokers.split(","),
                        "topics": topics[stream.name],
                        "metadata_interval": "1s", "format": "json"}
    whole = json.loads(definitions(PROJECT, streams, windows_of(*streams)))
    for view in whole["stream_feature_views"]:
        del view["duplicates"]
    whole["batch_feature_views"] = [rows.definition() for rows in ROWS]
    whole["stream_sources"].append({
        "name": "ballast", "timestamp_field": "at", "single_node": True,
        "fields": [{"name": "user", "type": "string"},
                   {"name": "blob", "type": "string"},
                   {"name": "at", "type": "timestamp"}]})
    whole["stream_feature_views"].append({
        "name": "ballast_by_user", "entities": ["user"], "source": "ballast",
        "duplicates": "counted",
        "aggregations": [{"functions": ["count"], "windows": ["1d"]}]})
    if "queued" in topics:
        add_queued(whole, brokers, topics["queued"])
    whole["settings"] = {
        "listen": {port: "127.0.0.1:0" for port in ("data", "admin", "http")},
        "storage": {"directory": "{store}", "disk_reserve": "1MiB",
                    "block_cache": "64MiB"},
        "limits": {"request_max": "4MiB"},
        "clock": {"simulated_start": moment(clock)}}
    return whole


def add_queued(whole, brokers, topic):
    # Without ids, which the change log would be kept for as long as the clock
    # stands: nothing could be trimmed of it.
    whole["stream_sources"].append({
        "name": "queued", "timestamp_field": "at",
        "fields": [{"name": "user", "type": "string"},
                   {"name": "number", "type": "int64"},
                   {"name": "at", "type": "timestamp"}],
        "push_log": {"brokers": brokers.split(","), "topic": topic,
                     "key_field": "user", "metadata_interval": "1s"}})
    whole["stream_feature_views"].append({
        "name": "queued_by_user", "entities": ["user"], "source": "queued",
        "duplicates": "counted",
        "aggregations": [{"functions": ["count"], "windows": ["1d"]}]})


def variants(whole):
    """Files that change nothing of what is answered: another owner, sources
    that are read anew, one view more."""
    owned, slower, more = (json.loads(json.dumps(whole)) for _ in range(3))
    owned["stream_feature_views"][0]["owner"] = "somebody"
    for source in slower["stream_sources"]:
        if "kafka" in source:
            source["kafka"]["metadata_interval"] = "2s"
    more["stream_feature_views"].append({
        "name": "more", "entities": ["user"], "source": "payments",
        "aggregations": [{"functions": ["count"], "windows": ["1h"]}]})
    return [whole, owned, slower, more]


class Topics:
    """Two topics of a cluster, `<name>_a` and `<name>_b`, with everything that
    was written to them."""

    def __init__(self, cluster, name, chance):
        self._cluster, self._chance = cluster, chance
        self.names = [f"{name}_a", f"{name}_b"]
        self.partitions = {}
        for topic in self.names:
            cluster.create_topic(topic, 3)
            self.partitions[topic] = 3
        cluster.create_topic(f"{name}_queue", 2)
        self.of_source = {"payments": self.names, "visits": self.names[1:],
                          "queued": f"{name}_queue"}
        self._events = {topic: [] for topic in self.names}
        self._poison = []  # (topic, partition, offset, reason).
        self._times = set()
        self._failed = []
        self._producer = cluster.producer()

    # Writing.

    def _time(self):
        """No two events have the same."""
        chance = self._chance
        kind = chance.random()
        if kind < 0.03:  # Late: in no window.
            micros = NOW - chance.randrange(2 * DAY, 4 * DAY)
        elif kind < 0.06:  # Waits for its time.
            micros = NOW + chance.randrange(5 * MINUTE)
        elif kind < 0.4:
            micros = NOW - chance.randrange(2 * HOUR)
        else:
            micros = NOW - chance.randrange(LONGEST - HOUR)
        while micros in self._times:
            micros += 1
        self._times.add(micros)
        return micros

    def _event(self, topic):
        chance = self._chance

        def perhaps(value):
            return None if chance.random() < 0.1 else value

        event = {
            "user": None if chance.random() < 0.02 else chance.choice(USERS),
            "shop": chance.choice(SHOPS),
            "cents": perhaps(chance.randrange(-1_000, 100_000)),
            "amount": perhaps(chance.uniform(-10, 100) / 7),
            "price": perhaps(chance.randrange(-10_000, 10**8)),
            "note": perhaps(chance.choice(NOTES)),
            "gone": chance.random() < 0.1,
            "at": self._time()}
        if topic == self.names[1]:
            event["page"] = perhaps(f"page {chance.randrange(40)}")
            event["ms"] = perhaps(chance.randrange(10**6))
            for name in ("page", "ms"):
                if chance.random() < 0.3:
                    del event[name]  # Nothing is said of it.
        return event

    def write(self, count, poisoned=0.03):
        """`count` records, of which some are no events. They are on their way;
        flush() waits for them."""
        for _ in range(count):
            topic = self._chance.choice(self.names)
            partition = self._chance.randrange(self.partitions[topic])
            if self._chance.random() < poisoned:
                self._send_poison(topic, partition)
                continue
            event = self._event(topic)
            self._events[topic].append(event)
            self._send(topic, partition, value_of(event), self._note_failure)
        self._producer.poll(0)

    def _send_poison(self, topic, partition):
        reason = self._chance.choice(sorted(POISON))

        def note(error, message):
            self._note_failure(error, message)
            self._poison.append((topic, partition, message.offset(), reason))

        self._send(topic, partition, POISON[reason], note)

    def _send(self, topic, partition, value, note):
        while True:
            try:
                self._producer.produce(topic, value=value, partition=partition,
                                       on_delivery=note)
                return
            except BufferError:
                self._producer.poll(0.1)

    def _note_failure(self, error, _):
        if error is not None:
            self._failed.append(error)

    def flush(self):
        left = self._producer.flush(PATIENCE_S)
        if left or self._failed:
            raise AssertionError(f"{left} not written; {self._failed[:3]}")

    def grow(self, topic, by):
        """That many partitions more, of which writing knows."""
        self.flush()
        self.partitions[topic] += by
        self._cluster.add_partitions(topic, self.partitions[topic])
        self._producer = self._cluster.producer()

    # What has to be.

    def written(self, source):
        return [event for topic in self.of_source[source]
                for event in self._events[topic]]

    def windows(self, now):
        """Of each view, by key, an Answer for each feature."""
        views = windows_of(*(stream_of(source, self.written(source))
                             for source in FIELDS))
        found = []
        for view in views:
            model = Model(view)
            found.append((view, {key: model.answers((key,), now)
                                 for key in KEYS[view.keys[0]]}))
        return found

    def rows(self):
        """Of each of ROWS, by key, (state, value) of each feature."""
        found = []
        for rows in ROWS:
            of_key = {key: [] for key in KEYS[rows.key]}
            for event in self.written(rows.source):
                if event[rows.key] is not None:
                    of_key[event[rows.key]].append(event)
            found.append((rows, {key: rows.answers(events)
                                 for key, events in of_key.items()}))
        return found

    def letters(self, source):
        """How often each of its dead letters has to be there."""
        return collections.Counter(one for one in self._poison
                                   if one[0] in self.of_source[source])
