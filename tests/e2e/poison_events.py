# SPDX-License-Identifier: Apache-2.0
"""Made events of which some are late, sent twice or of the future, and records
and pushes between them that are no events: docs/streaming.md. They are sent in
steps, at moments of a clock that the test sets.

Nothing is near a moment at which it would be something else, so that the clock
may run for half a minute, as it does in a daemon that was started again."""

import collections
import json

import numpy

from hard_events import zipfian
from window_model import (DAY, HOUR, MINUTE, SECOND, Aggregation, Column,
                          Stream, View, moment)

MADE = 1_772_323_200 * SECOND  # 2026-03-01, when the views are made.
FIRST = MADE + 2 * DAY + 12 * HOUR + 123_457
STEP, STEPS = MINUTE, 24
KNOWN = 150 * SECOND  # For so long an id is known.
PARTITIONS = 4
USERS = [f"user{i}" for i in range(100)]
# Whose event is the last of each step in a partition.
ENDS = [f"end{i}" for i in range(PARTITIONS)]
POISON, LATE, AGAIN, FUTURE = 0.01, 0.05, 0.05, 0.01  # Shares of all events.
TOO_LONG = 5 << 20
# Stands in what is no event, and must not be seen anywhere.
SECRET = "do-not-print"


def step_at(number):
    return FIRST + number * STEP


def made_stream(chance, name, size, ends=()):
    """`ends`: users of whom an event is the last of each step."""
    steps = numpy.concatenate([chance.integers(0, STEPS, size),
                               numpy.repeat(numpy.arange(STEPS), len(ends))])
    users = numpy.array(
        [USERS[i] for i in zipfian(chance, len(USERS), size, 0.8)]
        + list(ends) * STEPS, object)
    total, is_end = len(steps), numpy.arange(len(steps)) >= size
    delays = _delays(chance, total)
    delays[is_end] = 2 * SECOND
    ahead = delays < 0
    # Of no two events at one time: the first and the last are one of them.
    times = step_at(steps) - delays.astype(numpy.int64)
    times = times // total * total + numpy.arange(total)
    kinds = chance.choice(["card", "cash", "test"], total,
                          p=[0.6, 0.37, 0.03]).astype(object)
    kinds[is_end | ahead] = "card"  # Not filtered.
    fields = {
        "id": Column("string", numpy.array(
            [f"{name}-{i}" for i in range(total)], object)),
        "user": Column("string", users,
                       (chance.random(total) < 0.005) & ~is_end),
        "at": Column("timestamp", times),
        "cents": Column("int64", chance.integers(-500, 10**6, total),
                        chance.random(total) < 0.05),
        "score": Column("double", chance.normal(0.5, 0.2, total),
                        chance.random(total) < 0.05),
        "price": Column("decimal(12,2)", chance.integers(0, 10**7, total)),
        "kind": Column("string", kinds),
    }
    again = numpy.flatnonzero((chance.random(total) < AGAIN) & ~is_end)
    # Up to two steps later its id is known, from three on it is not.
    later = chance.choice([0, 0, 1, 2, 3, 5, 8], len(again))
    rows = numpy.concatenate([numpy.arange(total), again])
    stream = Stream(
        name, {name: column.of(rows) for name, column in fields.items()},
        id_field="id", deduplicate=KNOWN, skew=5 * MINUTE)
    stream.arrives = step_at(numpy.minimum(numpy.concatenate(
        [steps, steps[again] + later]), STEPS - 1))
    return stream


def _delays(chance, size):
    """How long after it happened an event is sent: mostly soon, some hours
    later, some when it is in no window any more, some before it happens."""
    kind = chance.random(size)
    soon = SECOND + chance.exponential(MINUTE, size)
    # In the second half of a step, one to three steps ahead.
    ahead = (STEP * chance.integers(1, 4, size)
             + chance.uniform(25 * SECOND, 55 * SECOND, size))
    return numpy.select(
        [kind < LATE, kind < LATE + FUTURE / 2, kind < 0.2],
        [chance.uniform(26 * HOUR, 60 * HOUR, size), -ahead,
         chance.uniform(4 * MINUTE, 20 * HOUR, size)],
        numpy.minimum(soon, 4 * MINUTE))


def views(payments, orders):
    return [
        View("user_payments", payments, ["user"], [
            Aggregation("", ["count"], ["10m", "1h", "1d"]),
            Aggregation("cents", ["sum", "max", "mean", "stddev"],
                        ["10m", "1d"]),
            Aggregation("score", ["sum", "last", "approx_percentile(0.9)"],
                        ["1h", "1d"]),
            Aggregation("price", ["sum", "first_n(3)"], ["1d"]),
            Aggregation("kind", ["top_k(2)", "count_distinct"], ["1h"]),
        ], filter="kind <> 'test'", grace="1h",
             passes=lambda fields: fields["kind"].values != "test"),
        View("user_ever", payments, ["user"], [
            Aggregation("", ["count"], ["1h", "lifetime"]),
            Aggregation("cents", ["sum", "min", "last"], ["lifetime"]),
        ], since=MADE + DAY),
        View("user_orders", orders, ["user"], [
            Aggregation("", ["count"], ["10m", "1h"]),
            Aggregation("cents", ["sum", "count", "first"], ["10m", "1h"]),
            Aggregation("kind", ["last_n(2)"], ["1h"]),
        ]),
    ]


class Record:
    """Of a topic; `reason`: why it is a dead letter, None: it is an event."""

    def __init__(self, value, reason=None):
        self.value, self.reason = value, reason


class Records:
    """What each step writes to each partition: events, and of 1 % of them one
    copy that is broken, of a half percent one of the far future. A copy has
    its event's id, which is none that came."""

    def __init__(self, chance, stream):
        self._chance, self._stream = chance, stream
        self._columns = {name: column.values.tolist()
                         for name, column in stream.fields.items()}
        self._lists = [[[] for _ in range(PARTITIONS)] for _ in range(STEPS)]
        steps = (stream.arrives - FIRST) // STEP
        partitions = chance.integers(0, PARTITIONS, len(stream))
        ends = {}
        for row in chance.permutation(len(stream)).tolist():
            user = stream.fields["user"].values[row]
            record = Record(json.dumps(self._event(row)).encode())
            if user in ENDS:
                ends[steps[row], ENDS.index(user)] = record
            else:
                self._lists[steps[row]][partitions[row]].append(record)
        self._add_poison(len(stream))
        for (step, partition), record in ends.items():
            self._lists[step][partition].append(record)

    def at(self, step, partition):
        return self._lists[step][partition]

    def reasons(self):
        """How many dead letters there are by reason."""
        return collections.Counter(
            record.reason for step in self._lists for records in step
            for record in records if record.reason)

    def total(self):
        return sum(len(records) for step in self._lists for records in step)

    def _event(self, row):
        """Of what is null some say nothing."""
        event = {}
        for name, column in self._stream.fields.items():
            value = self._columns[name][row]
            if column.nulls[row]:
                if row % 2:
                    event[name] = None
            elif column.kind == "timestamp":
                event[name] = moment(value)
            elif column.kind.startswith("decimal"):
                event[name] = f"{value // 100}.{value % 100:02d}"
            else:
                event[name] = value
        return event

    def _add_poison(self, size):
        made = [self._malformed, self._of_wrong_type, self._without_time,
                lambda *_: Record(None, "tombstone")]
        for i in range(int(size * POISON)):
            self._add(made[i % len(made)], i // len(made))
        for i in range(int(size * FUTURE / 2)):
            self._add(self._of_the_future, i)
        for i in range(3):
            self._add(self._too_long, i)

    def _add(self, make, variant):
        step = int(self._chance.integers(STEPS))
        records = self._lists[step][self._chance.integers(PARTITIONS)]
        event = self._event(int(self._chance.integers(len(self._stream))))
        event.update(user=event.get("user") or USERS[0], cents=1, note=SECRET)
        record = make(event, variant, step)
        records.insert(int(self._chance.integers(len(records) + 1)), record)

    @staticmethod
    def _malformed(event, variant, _):
        text = json.dumps(event).encode()
        texts = [b"", SECRET.encode(), text[:-1], text + text,
                 b"[" + text + b"]", b'"' + SECRET.encode() + b'"',
                 b"\x00\xff" + text, text.replace(b'"user": "',
                                                  b'"user": "\xff')]
        return Record(texts[variant % len(texts)], "malformed")

    @staticmethod
    def _of_wrong_type(event, variant, _):
        wrong = [("cents", "12"), ("cents", 1.5), ("cents", 2**70),
                 ("at", "yesterday" * 1000), ("at", 1772323200), ("user", 7),
                 ("user", [SECRET]), ("score", "high"), ("price", True),
                 ("id", {"id": SECRET})]
        name, value = wrong[variant % len(wrong)]
        return Record(json.dumps({**event, name: value}).encode(),
                      "wrong_type")

    @staticmethod
    def _without_time(event, variant, _):
        if variant % 2:
            del event["at"]
        else:
            event["at"] = None
        return Record(json.dumps(event).encode(), "no_time")

    @staticmethod
    def _of_the_future(event, variant, step):
        ahead = [8 * MINUTE, HOUR, DAY, 3650 * DAY][variant % 4]
        event["at"] = moment(step_at(step) + ahead)
        return Record(json.dumps(event).encode(), "future")

    @staticmethod
    def _too_long(event, *_):
        event["note"] = SECRET * (TOO_LONG // len(SECRET))
        return Record(json.dumps(event).encode(), "too_long")


class BadPushes:
    """Events that are refused among those that are pushed: of 1 % of them one
    copy without a time, and of a half percent one of the far future."""

    NO_TIME, FUTURE = 1, 2  # freshet.v1.RejectReason.

    def __init__(self, chance, stream):
        self._chance, self._stream = chance, stream
        self._no_time = int(len(stream) * POISON) // STEPS
        self._future = int(len(stream) * FUTURE / 2) // STEPS

    def among(self, rows, now):
        """The fields of those rows and of bad ones, in any order, and the
        reason of each that is bad, by its place."""
        bad = self._no_time + self._future
        copies = self._chance.integers(len(self._stream), size=bad)
        order = self._chance.permutation(len(rows) + bad)
        fields = {name: column.of(numpy.concatenate([rows, copies]))
                  for name, column in self._stream.fields.items()}
        is_late = len(rows) + self._no_time
        fields["at"].nulls[len(rows):is_late] = True
        fields["at"].values[is_late:] = now + 8 * MINUTE
        reasons = [0] * len(rows) + [self.NO_TIME] * self._no_time + (
            [self.FUTURE] * self._future)
        places = [(place, reasons[row]) for place, row in enumerate(order)
                  if reasons[row]]
        return {name: column.of(order)
                for name, column in fields.items()}, places
