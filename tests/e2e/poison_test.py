# SPDX-License-Identifier: Apache-2.0
"""A stream of 1 % poison, 5 % late, 5 % duplicated and 1 % future events, from
a real broker and by pushes, is handled as docs/streaming.md says and counted by
reason, also when the daemon is killed on the way. FRESHET_SEED repeats a run."""

import collections
import json
import os
import random
import signal
import unittest
import unittest.mock

import numpy

import poison_events
from kafka_broker import KafkaCluster, wait_for
from lock_step import LockStep
from poison_events import (ENDS, MADE, PARTITIONS, STEP, STEPS, USERS,
                           BadPushes, Records, made_stream, step_at)
from watch_test import eventually
from window_points import Point

SEED = int(os.environ.get("FRESHET_SEED", random.randrange(2**32)))
PAYMENTS, ORDERS = 24_000, 8_000
# More than this, so that a record may be too long for Freshet alone.
LARGEST_RECORD = 8 << 20
# How the daemon is killed in the middle of a step's records: at a failpoint, or,
# "", while it reads.
KILLS = {3: "dead_letters.before_write", 5: "feed.before_submit", 8: "",
         11: "change_log.before_sync", 14: "live.before_apply", 17: ""}
PARKED_KILL = 9  # In this step while events wait for their time.


class Steps(LockStep):
    """Payments go through a topic, orders are pushed, each with what is no
    event among it."""

    def __init__(self, chance, cluster, topic, kills):
        self.payments = made_stream(chance, "payments", PAYMENTS, ENDS)
        self.payments.kafka = {"brokers": [cluster.bootstrap],
                               "topics": [topic], "format": "json"}
        self.orders = made_stream(chance, "orders", ORDERS)
        views = poison_events.views(self.payments, self.orders)
        for view in views:
            view.whole_from = MADE + view.stream.skew
        super().__init__(chance, "shop", [self.payments, self.orders], views)
        self.records = Records(chance, self.payments)
        self._bad = BadPushes(chance, self.orders)
        self._cluster, self._topic, self._kills = cluster, topic, kills
        self._written = [0] * PARTITIONS
        self._step = None
        self.letters = []  # That there have to be.
        self.pushed = collections.Counter()  # By result.
        self.waited = 0  # Events that were seen to wait for their time.

    def kill(self):
        self._disconnect()
        self.daemon.signal(signal.SIGKILL)
        self.daemon.wait()

    def begin_again(self):
        self._configure(self._now)
        self._connect()
        self._set_clock(self._now)

    def step(self, number):
        """Sends all of a step, and looks at everybody."""
        self._step, self._now = number, step_at(number)
        self._send(self._now, self._now + 1)
        wait_for("end of the step in each partition", self._is_read)
        self.look(Point(self._now, [{"user": user} for user in
                                    [*USERS, *ENDS, "nobody"]]))
        if self._kills and number == PARKED_KILL:
            self.kill()
            self.begin_again()
        self._look_at_one_that_waits()

    def _look_at_one_that_waits(self):
        """At its own moment, in which it is not in a window yet, and right
        after."""
        stream, times = self.payments, self.payments.times
        waiting = numpy.flatnonzero(
            (stream.came <= times) & ~stream.duplicate
            & (times > self._now) & (times < self._now + STEP)
            & ~stream.fields["user"].nulls)
        if not len(waiting):
            return
        row = waiting[numpy.argmin(times[waiting])]
        entity = {"user": self.payments.fields["user"].values[row]}
        before = self._count_of(entity, times[row])
        self.look(Point(int(times[row]), [entity]))
        self.look(Point(int(times[row]) + 1, [entity]))
        self.waited += self._count_of(entity, times[row] + 1) - before

    def _count_of(self, entity, now):
        """As the model has it."""
        return self._models[0].answers((entity["user"],), int(now))[0].value

    def _is_read(self):
        point = Point(self._now, [{"user": user} for user in ENDS])
        name = "user_payments.count_1d"
        _, counts = self._read(point, ["user"], features=[name])[name]
        return counts == [self._step + 1] * PARTITIONS

    # What LockStep sends.

    def _push(self, stream, rows):
        if stream is self.orders:
            self._push_orders(rows)
        else:
            self._produce()

    def _produce(self):
        how = self._kills.get(self._step)
        for partition in range(PARTITIONS):
            if how is not None and partition == PARTITIONS // 2:
                self.kill()
            self._write(partition)
        if how:
            self._die_at(how)
        if how is not None:
            self.begin_again()

    def _die_at(self, failpoint):
        self._configure(self._now)
        with unittest.mock.patch.dict(os.environ,
                                      FRESHET_FAILPOINTS=f"{failpoint}=kill"):
            self.daemon.launch()
        if self.daemon.wait() != -signal.SIGKILL:
            raise AssertionError(f"{failpoint} was not reached:\n"
                                 f"{self.daemon.log()[-4000:]}")

    def _write(self, partition):
        records = self.records.at(self._step, partition)
        self._cluster.produce_with(
            {"message.max.bytes": LARGEST_RECORD}, self._topic,
            [record.value for record in records], partition)
        for offset, record in enumerate(records, self._written[partition]):
            if record.reason:
                self.letters.append({
                    "topic": self._topic, "partition": partition,
                    "offset": offset, "reason": record.reason})
        self._written[partition] += len(records)

    def _push_orders(self, rows):
        if self._step in self._kills:
            # Acknowledged; and then all again, as by one who was told nothing.
            self._push_among_bad_ones(rows[:len(rows) // 2])
            self.kill()
            self.begin_again()
        self._push_among_bad_ones(rows)

    def _push_among_bad_ones(self, rows):
        fields, bad = self._bad.among(rows, self._now)
        reply = self._push_fields("orders", fields)
        rejected = [(one.row, one.reason) for one in reply.rejected]
        if reply.accepted != len(rows) or rejected != bad:
            raise AssertionError(f"{len(rows)} orders and {bad}: {reply}")
        self.pushed["accepted"] += len(rows)
        for _, reason in bad:
            self.pushed["no_time" if reason == BadPushes.NO_TIME
                        else "future"] += 1

    # What there has to be in the end.

    def dead_letters(self):
        path = self.daemon.store / "dead_letters" / "payments.jsonl"
        return path.read_text("utf-8")

    def outcomes(self):
        return {(model.view.name, outcome): count for model in self._models
                for outcome, count in model.outcomes(self._now).items()}

    def counted(self, metric):
        """What is not 0, by labels."""
        return {labels: int(value) for labels, value
                in self.daemon.metric(metric).items() if value}


class PoisonTest(unittest.TestCase):
    """Rules 18, 19, 21, 22, 24 and 28 of docs/semantics.md."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = KafkaCluster(1)
        cls.addClassCleanup(cls.cluster.close)

    def run_through(self, kills):
        topic = self._testMethodName
        self.cluster.create_topic(topic, PARTITIONS,
                                  max_message_bytes=LARGEST_RECORD)
        steps = Steps(numpy.random.default_rng(SEED), self.cluster, topic,
                      kills)
        self.addCleanup(steps.close)
        steps.start(MADE)
        for number in range(STEPS):
            steps.step(number)
        print(f"\n{self.id()}: seed {SEED}\n{steps.report()}\n"
              f"dead letters: {dict(steps.records.reasons())}, "
              f"outcomes: {steps.outcomes()}")
        self.assertFalse(steps.differences, "\n".join(
            [f"{steps.differing} values differ; seed {SEED}:",
             *steps.differences]))
        self.check_dead_letters(steps)
        self.check_nothing_is_left_out(steps)
        return steps

    def check_dead_letters(self, steps):
        """All that are poison, once each, and little of what they say."""
        text = steps.dead_letters()
        self.assertNotIn(poison_events.SECRET, text)
        self.assertLess(max(map(len, text.splitlines())), 1_000)
        letters = [json.loads(line) for line in text.splitlines()]
        self.assertTrue(all(letter.pop("error") for letter in letters))
        for letter in letters:
            read_at = letter.pop("at_micros")
            self.assertTrue(MADE < read_at < step_at(STEPS), read_at)

        def in_order(of):
            return sorted(of, key=lambda letter: (letter["partition"],
                                                  letter["offset"]))
        self.assertEqual(in_order(letters), in_order(steps.letters))

    def check_nothing_is_left_out(self, steps):
        """A run without poison would find nothing."""
        reasons = steps.records.reasons()
        self.assertEqual(sum(reasons.values()), len(steps.letters))
        for reason in ("malformed", "wrong_type", "no_time", "tombstone"):
            self.assertGreaterEqual(reasons[reason], 50, reason)
        self.assertGreaterEqual(reasons["future"], 100)
        self.assertEqual(reasons["too_long"], 3)
        outcomes = steps.outcomes()
        for outcome, least in (("added", 20_000), ("late", 1_000),
                               ("duplicate", 500), ("filtered", 500),
                               ("future", 50), ("no_key", 50)):
            self.assertGreaterEqual(outcomes["user_payments", outcome], least,
                                    outcome)
        # Those that came too long after the first to be known.
        again = len(steps.payments) - PAYMENTS - STEPS * PARTITIONS
        self.assertGreaterEqual(
            again - outcomes["user_payments", "duplicate"], 200)
        self.assertGreaterEqual(steps.waited, 15)
        self.assertGreaterEqual(steps.states["PRESENT"], 40_000)

    def test_each_is_handled_as_documented_and_counted_by_reason(self):
        steps = self.run_through(kills={})
        reasons = steps.records.reasons()
        wanted = {
            "freshet_dead_letters_total": {
                ("payments", reason): count
                for reason, count in reasons.items()},
            "freshet_stream_events_total": {
                labels: count for labels, count in steps.outcomes().items()
                if count},
            "freshet_push_events_total": {
                ("orders", result): count
                for result, count in steps.pushed.items()},
            "freshet_stream_source_records_total": {
                ("payments",): steps.records.total()},
            "freshet_stream_source_events_total": {
                ("payments",): steps.records.total() - sum(reasons.values())},
            "freshet_stream_source_lag_records": {},
            "freshet_stream_source_stopped_partitions": {},
            "freshet_stream_source_ok": {("payments",): 1},
        }

        def found():
            return {metric: steps.counted(metric) for metric in wanted}

        # What is read is told some moments later.
        eventually(self, lambda: found() == wanted,
                   lambda: f"{found()}, wanted {wanted}")

    def test_kills_in_the_middle_change_nothing_of_it(self):
        self.run_through(KILLS)


if __name__ == "__main__":
    unittest.main()
