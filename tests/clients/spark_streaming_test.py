# SPDX-License-Identifier: Apache-2.0
"""Spark Structured Streaming with a real Spark into a real daemon: a query that is
killed amid a batch, and repeats it in another order, counts each row once."""

import collections
import datetime
import decimal
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import unittest

import pyarrow
import pyarrow.parquet

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from breaking_proxy import BreakingProxy  # noqa: E402
from freshet_daemon import TOP, Daemon, example_config  # noqa: E402
from spark_test import EXAMPLE, SPARK_S, UTC, spark_environment  # noqa: E402

USERS, FILES, FILE_ROWS = 40, 12, 400
SCHEMA = pyarrow.schema([
    ("user_id", pyarrow.int64()), ("at", pyarrow.timestamp("us", "UTC")),
    ("amount", pyarrow.decimal128(10, 2))])


def make_payments(seed):
    """Of the last half hour. One in ten is as the one before it in all columns."""
    draw = random.Random(seed)
    now = datetime.datetime.now(UTC)
    rows = []
    while len(rows) < FILES * FILE_ROWS:
        if rows and draw.random() < 0.1:
            rows.append(dict(rows[-1]))
            continue
        rows.append({
            "user_id": draw.randrange(USERS),
            "at": now - datetime.timedelta(
                microseconds=draw.randrange(60 * 10**6, 1800 * 10**6)),
            "amount": decimal.Decimal(draw.randrange(1, 100000)) / 100})
    return rows


class SparkStreamingTest(unittest.TestCase):
    def setUp(self):
        self.environment = spark_environment()
        self.daemon = Daemon(example_config(
            EXAMPLE / "streaming.yaml", "../../.run/spark_events/store"))
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        self.payments = self.daemon.directory / "payments"
        self.payments.mkdir()
        self.checkpoint = self.daemon.directory / "checkpoint"

    def write_files(self, rows):
        for number in range(FILES):
            part = rows[number * FILE_ROWS:(number + 1) * FILE_ROWS]
            path = self.payments / f"{number:03d}.parquet"
            pyarrow.parquet.write_table(
                pyarrow.Table.from_pylist(part, SCHEMA), path)
            # Spark takes the oldest first.
            os.utime(path, (1_700_000_000 + number,) * 2)

    def begin(self, program, *arguments):
        environment = dict(self.environment, PYSPARK_SUBMIT_ARGS=(
            "--master local[2] --driver-memory 1g --conf spark.ui.enabled=false"
            " --conf spark.sql.shuffle.partitions=4"
            f" --conf spark.local.dir={self.daemon.directory}/tmp"
            " pyspark-shell"))
        # In a group of its own, with the Java that it starts.
        log = open(self.daemon.directory / "spark.log", "ab")
        self.addCleanup(log.close)
        spark = subprocess.Popen(
            [sys.executable, "-B", program, *map(str, arguments)],
            env=environment, cwd=self.daemon.directory, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
            start_new_session=True)
        self.addCleanup(self.end, spark)
        return spark

    @staticmethod
    def end(spark):
        if spark.poll() is None:
            os.killpg(spark.pid, signal.SIGKILL)
        spark.wait()
        spark.stdout.close()

    def finish(self, spark):
        try:
            out, _ = spark.communicate(timeout=SPARK_S)
        except subprocess.TimeoutExpired:
            self.fail(self.spark_log())
        self.assertEqual(spark.returncode, 0, out + self.spark_log())
        return out

    def spark_log(self):
        return (self.daemon.directory / "spark.log").read_text(
            errors="replace")[-8000:]

    def served(self):
        """{user: (sum in cents, count)}"""
        reply = self.daemon.get("--service", "checkout_model", "--key",
                                "user_id=" + ",".join(map(str, range(USERS))))
        answers = {}
        for row in reply["rows"]:
            cells = {name.split(".")[1]: cell["value"]
                     for name, cell in row["features"].items()}
            answers[int(row["keys"]["user_id"])] = (
                round(decimal.Decimal(cells["amount_sum_1h"] or 0) * 100),
                cells["count_1h"])
        return answers

    @staticmethod
    def computed(rows):
        answers = collections.defaultdict(lambda: (0, 0))
        for row in rows:
            cents, count = answers[row["user_id"]]
            answers[row["user_id"]] = (cents + round(row["amount"] * 100),
                                       count + 1)
        return {user: answers[user] for user in range(USERS)}

    def committed(self):
        """The epochs that Spark takes for done."""
        commits = self.checkpoint / "commits"
        return {int(path.name) for path in commits.glob("[0-9]*")}

    def test_a_batch_that_is_repeated_in_another_order_counts_once(self):
        rows = make_payments(1)
        self.write_files(rows)
        program = pathlib.Path(__file__).with_name("push_shuffled.py")
        # Four files a batch, 50 rows a push: from the 45th on, amid the
        # second batch, no push is answered.
        batch = 4 * FILE_ROWS
        with BreakingProxy(self.daemon.ports["data"],
                           lambda n: "pass" if n < 45 else "swallow") as proxy:
            spark = self.begin(program, self.payments, proxy.address,
                               self.checkpoint)
            deadline = time.monotonic() + SPARK_S
            while proxy.calls < 45:
                self.assertIsNone(spark.poll(), self.spark_log())
                self.assertLess(time.monotonic(), deadline, self.spark_log())
                time.sleep(0.05)
            self.end(spark)
        self.assertEqual(self.committed(), {0})
        counted = sum(count for _, count in self.served().values())
        self.assertGreater(counted, batch)
        self.assertLess(counted, 2 * batch)

        again = self.finish(self.begin(program, self.payments,
                                       self.daemon.ports["data"],
                                       self.checkpoint))
        self.assertIn("epoch 1: 1600 payments, rejected {}", again)
        self.assertNotIn("epoch 0", again)
        self.assertEqual(self.committed(), {0, 1, 2})
        self.assertEqual(self.served(), self.computed(rows))
        self.assertEqual(self.duplicates(), counted - batch)

    def duplicates(self):
        return self.daemon.metric("freshet_stream_events_total")[
            "user_payments", "duplicate"]

    def test_ids_are_of_the_rows_and_not_of_their_order(self):
        program = pathlib.Path(__file__).with_name("spark_event_ids.py")
        told = json.loads(self.finish(self.begin(
            program, self.daemon.ports["data"])).splitlines()[-1])
        ids = told["ids"]
        self.assertEqual(len(set(ids)), len(ids))
        self.assertEqual(ids, told["again"])
        self.assertFalse(set(ids) & set(told["next"]))
        # Three rows are alike, and all others differ.
        digests = collections.Counter(one.split("-")[2] for one in ids)
        self.assertEqual(sorted(digests.values()), [1] * (len(ids) - 3) + [3])
        self.assertEqual({one.split("-")[:2] == ["q", "7"] for one in ids},
                         {True})
        self.assertIn("column 'numbers' is array<int>", told["list"])
        self.assertIn("has a column 'event_id'", told["twice"])
        self.assertIn("has no time zone", told["no_zone"])
        self.assertIn("no stream source 'nothing'", told["no_source"])


if __name__ == "__main__":
    unittest.main()
