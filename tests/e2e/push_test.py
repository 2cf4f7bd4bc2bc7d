# SPDX-License-Identifier: Apache-2.0
"""Events that applications push: with the Python client and with `freshet push`,
read back as features, and whatever is killed meanwhile."""

import datetime
import decimal
import json
import math
import random
import re
import signal
import subprocess
import threading
import time
import unittest

import freshet
import object_store
import pandas
from freshet_daemon import PATIENCE_S, Daemon

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
      - {name: amount, type: double}
      - {name: price, type: "decimal(12,2)"}
      - {name: at, type: timestamp}
      - {name: id, type: string}
    timestamp_field: at
    id_field: id
    single_node: true
stream_feature_views:
  - name: paid
    entities: [user]
    source: payments
    aggregations:
      - {functions: [count], windows: [1h]}
      - {column: amount, functions: [sum, max], windows: [1h]}
      - {column: price, functions: [sum], windows: [1h]}
    on_incomplete: value
"""
FEATURES = ["paid.count_1h", "paid.amount_sum_1h", "paid.amount_max_1h",
            "paid.price_sum_1h"]
UTC = datetime.timezone.utc
BATCHES, EVENTS = 200, 300


def events_of(user, number, seed):
    """Of the last half hour, but for the last minute."""
    draw = random.Random(f"{user} {seed}")
    now = datetime.datetime.now(UTC)
    return [{"user": user, "amount": draw.uniform(-100, 100),
             "price": draw.randrange(10_000) / 4 if draw.random() < 0.9 else None,
             "at": now - datetime.timedelta(seconds=draw.uniform(60, 1800)),
             "id": f"{user}-{seed}-{i}"} for i in range(number)]


def as_records(events):
    """As Python has them: a price is a decimal, no float."""
    return [dict(event, price=None if event["price"] is None else
                 decimal.Decimal(event["price"])) for event in events]


def as_lines(events):
    return "".join(json.dumps(dict(event, at=event["at"].isoformat())) + "\n"
                   for event in events)


class PushTest(unittest.TestCase):
    def setUp(self):
        # The same after a restart.
        port = object_store.free_ports(1)[0]
        self.daemon = Daemon(CONFIG.replace("DATA", str(port)))
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        self.client = freshet.Client(self.daemon.ports["data"])
        self.addCleanup(self.client.close)

    def answers(self, users):
        """Of each user the values of FEATURES."""
        vectors = self.client.get_features(FEATURES, {"user": users},
                                           timeout=PATIENCE_S)
        return list(zip(*(vectors[name].values for name in FEATURES)))

    def counts(self, users):
        return [answer[0] for answer in self.answers(users)]

    def write(self, name, text):
        path = self.daemon.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def is_computed_of(self, user, events):
        """By another way: the sums are exact and rounded once."""
        count, total, most, price = self.answers([user])[0]
        self.assertEqual(count, len(events))
        self.assertEqual(total, math.fsum(event["amount"] for event in events))
        self.assertEqual(most, max(event["amount"] for event in events))
        cents = sum(round(event["price"] * 100) for event in events
                    if event["price"] is not None)
        self.assertEqual(int(price * 100), cents)

    def crash(self):
        self.daemon.signal(signal.SIGKILL)
        self.daemon.wait()

    def start_again(self):
        self.daemon.start()
        # gRPC does not try a connection again at once that was refused.
        self.client.push("payments", [], idempotent=True, timeout=PATIENCE_S)

    def test_columns_records_frames_and_files_are_the_same_events(self):
        events = {user: events_of(user, 200, 1) for user in (
            "columns", "records", "frame", "file", "input")}
        columns = {name: [event[name] for event in as_records(events["columns"])]
                   for name in ("user", "amount", "price", "at", "id")}
        self.assertEqual(self.client.push("payments", columns).accepted, 200)
        records = as_records(events["records"])
        self.assertEqual(self.client.push("payments", records).accepted, 200)
        frame = pandas.DataFrame(as_records(events["frame"]))
        results = list(self.client.push_stream(
            "payments", (frame.iloc[i:i + 30] for i in range(0, 200, 30))))
        self.assertEqual(sum(result.accepted for result in results), 200)
        path = self.write("events.jsonl", as_lines(events["file"]))
        pushed = self.daemon.must("push", "payments", path, "--batch", "17")
        self.assertIn("payments: 200 events accepted in ", pushed.out)
        typed = subprocess.run(
            self.daemon.command("push", "payments", "-"), text=True,
            input=as_lines(events["input"]), capture_output=True,
            timeout=PATIENCE_S, check=True)
        self.assertIn("payments: 200 events accepted in ", typed.stdout)
        for user, those in events.items():
            with self.subTest(user):
                self.is_computed_of(user, those)

    def test_an_event_counts_once_by_whichever_way_it_comes(self):
        events = events_of("ann", 50, 1)
        path = self.write("events.jsonl", as_lines(events))
        self.client.push("payments", as_records(events[:30]))
        self.daemon.must("push", "payments", path)
        self.client.push("payments", as_records(events), idempotent=True)
        list(self.client.push_stream("payments", [as_records(events)] * 3))
        self.daemon.must("push", "payments", path)
        self.is_computed_of("ann", events)

    def test_rejected_events_are_named_by_reason(self):
        events = events_of("bob", 6, 1)
        wrong = as_records(events)
        wrong[2]["at"] = None
        wrong[4]["at"] += datetime.timedelta(days=2)
        pushed = self.client.push("payments", wrong)
        self.assertEqual(
            (pushed.accepted, pushed.rejected),
            (4, [(2, freshet.RejectReason.NO_TIME),
                 (4, freshet.RejectReason.FUTURE)]))
        lines = as_lines(events).splitlines(keepends=True)
        lines[1] = '{"user": "bob", "id": "x"}\n'
        lines[3] = '{"user": "bob", "at": "2100-01-01T00:00:00Z"}\n'
        path = self.write("rejected.jsonl", "".join(lines))
        result = self.daemon.run("push", "--json", "payments", path)
        self.assertEqual(result.code, 1, str(result))
        self.assertEqual(result.json(), {
            "source": "payments", "accepted": 4, "rejected": [
                {"reason": "REJECT_REASON_NO_TIME", "events": 1,
                 "first_line": 2},
                {"reason": "REJECT_REASON_FUTURE", "events": 1,
                 "first_line": 4}]})
        self.is_computed_of("bob", events)  # Each was right once.

    def test_of_a_file_with_a_wrong_line_nothing_is_pushed(self):
        events = as_lines(events_of("eve", 5000, 1))
        path = self.write("wrong.jsonl", events + '{"user": 1}\n')
        result = self.daemon.run("push", "payments", path)
        self.assertEqual(result.code, 65, str(result))
        self.assertIn(f"'{path}', line 5001: field 'user' is", result.err)
        self.assertEqual(self.counts(["eve"]), [0])

    def batches(self):
        """Each with a user of its own."""
        return [as_records(events_of(f"b{number}", EVENTS, 1))
                for number in range(BATCHES)]

    def test_what_a_stream_was_told_is_there_after_a_crash(self):
        batches, users = self.batches(), [f"b{i}" for i in range(BATCHES)]
        accepted = 0
        with self.assertRaises(freshet.Error):
            for result in self.client.push_stream("payments", batches,
                                                  outstanding=16):
                self.assertEqual(result.accepted, EVENTS)
                accepted += 1
                if accepted == BATCHES // 4:
                    self.daemon.signal(signal.SIGKILL)
        self.daemon.wait()
        self.start_again()

        counts = self.counts(users)
        self.assertLess(accepted, BATCHES)
        self.assertEqual(counts[:accepted], [EVENTS] * accepted)
        # Of what was on the way each batch is there, or is not.
        self.assertLessEqual(set(counts[accepted:]), {0, EVENTS})
        self.assertEqual(set(counts[accepted + 16:]), {0})

        again = list(self.client.push_stream("payments", batches))
        self.assertEqual(len(again), BATCHES)
        self.assertEqual(self.counts(users), [EVENTS] * BATCHES)
        self.crash()
        self.start_again()
        self.assertEqual(self.counts(users), [EVENTS] * BATCHES)

    def test_what_a_command_was_told_is_there_after_a_crash(self):
        users = [f"b{i}" for i in range(BATCHES)]
        lines = [as_lines(events_of(user, EVENTS, 1)) for user in users]
        command = subprocess.Popen(
            self.daemon.command("push", "payments", "-", "--batch", EVENTS),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        command.stdin.write("".join(lines[:BATCHES // 2]))
        command.stdin.flush()
        deadline = time.monotonic() + PATIENCE_S
        while self.counts(users[:BATCHES // 4])[-1] == 0:
            self.assertLess(time.monotonic(), deadline)
        self.crash()
        out, err = command.communicate("".join(lines[BATCHES // 2:]),
                                       timeout=PATIENCE_S)
        self.start_again()

        counts = self.counts(users)
        told = re.search(r"(?m)^([\d,]+) events accepted", err)
        self.assertIsNotNone(told, out + err)
        accepted = int(told[1].replace(",", "")) // EVENTS
        self.assertEqual(command.returncode, 69, out + err)
        self.assertIn("Push the whole file again", err)
        self.assertGreater(accepted, 0)
        self.assertEqual(counts[:accepted], [EVENTS] * accepted)
        self.assertLessEqual(set(counts), {0, EVENTS})

        path = self.write("all.jsonl", "".join(lines))
        self.daemon.must("push", "payments", path)
        self.assertEqual(self.counts(users), [EVENTS] * BATCHES)

    def test_an_idempotent_push_waits_for_a_daemon_that_comes_back(self):
        self.client.push("payments", as_records(events_of("may", 1, 1)))
        self.crash()
        events = as_records(events_of("may", 10, 2))
        with self.assertRaises(freshet.Unavailable):
            self.client.push("payments", events)
        results = []
        pushing = threading.Thread(target=lambda: results.append(
            self.client.push("payments", events, idempotent=True,
                             timeout=PATIENCE_S)))
        pushing.start()
        self.daemon.start()
        pushing.join()
        self.assertEqual([result.accepted for result in results], [10])
        self.assertEqual(self.counts(["may"]), [11])


if __name__ == "__main__":
    unittest.main()
