# SPDX-License-Identifier: Apache-2.0
"""examples/flink with a real Flink and a real Kafka: payments are joined to logins and
served by country. Flink is killed and goes on from its last checkpoint, which writes
records again; each counts once."""

import datetime
import decimal
import json
import pathlib
import signal
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from freshet_daemon import TOP, Daemon, example_config  # noqa: E402
from kafka_broker import KafkaCluster  # noqa: E402

EXAMPLE = TOP / "examples" / "flink"
LIBRARY = TOP / ".deps" / "flink" / "lib"
RUNNER = pathlib.Path(__file__).with_name("flink") / "RunFlinkSql.java"
PATIENCE_S = 300
CHECKPOINT_S = 20
COUNTRIES, SESSIONS, PAYMENTS = 5, 60, 3000
TOPICS = ("logins", "payments", "payments_by_country")
# What Flink's own scripts give Java 17.
OPENS = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in (
    "java.lang", "java.lang.reflect", "java.io", "java.net", "java.nio",
    "java.text", "java.time", "java.util", "java.util.concurrent",
    "java.util.concurrent.atomic", "sun.nio.ch")]
UTC = datetime.timezone.utc


def moment(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class FlinkTest(unittest.TestCase):
    def setUp(self):
        if not LIBRARY.is_dir():
            self.skipTest(f"no {LIBRARY}: run scripts/setup.sh flink")
        self.kafka = KafkaCluster()
        self.addCleanup(self.kafka.close)
        for topic in TOPICS:
            self.kafka.create_topic(topic, 2)
        self.daemon = Daemon(example_config(
            EXAMPLE / "freshet.yaml", "../../.run/flink/store",
            ("127.0.0.1:9092", self.kafka.bootstrap)))
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        self.checkpoints = self.daemon.directory / "checkpoints"
        self.begin = datetime.datetime.now(UTC) - datetime.timedelta(minutes=20)
        self.wanted = {}  # Of each country, cents and how many.

    def begin_flink(self, *settings):
        log = open(self.daemon.directory / "flink.log", "ab")
        self.addCleanup(log.close)
        flink = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "java", "-Xmx1g",
             "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
             *OPENS, "-cp", f"{LIBRARY}/*", RUNNER, EXAMPLE / "payments.sql",
             self.kafka.bootstrap, "parallelism.default=2",
             f"execution.checkpointing.interval={CHECKPOINT_S}s",
             f"execution.checkpointing.dir=file://{self.checkpoints}",
             "execution.checkpointing.externalized-checkpoint-retention="
             "RETAIN_ON_CANCELLATION", *settings],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.addCleanup(self.end_flink, flink)
        return flink

    @staticmethod
    def end_flink(flink):
        if flink.poll() is None:
            flink.send_signal(signal.SIGKILL)
        flink.wait()

    def wait_until(self, what, done, flink):
        deadline = time.monotonic() + PATIENCE_S
        while not (result := done()):
            log = self.daemon.directory / "flink.log"
            self.assertIsNone(flink.poll(), log.read_text(errors="replace")[-8000:])
            self.assertLess(time.monotonic(), deadline, what)
            time.sleep(0.1)
        return result

    def checkpoint(self):
        """The newest that is whole, or None."""
        whole = [path.parent for path in
                 self.checkpoints.glob("*/chk-*/_metadata")]
        return max(whole, default=None,
                   key=lambda path: (path / "_metadata").stat().st_mtime_ns)

    def produce(self, topic, records):
        for partition in (0, 1):
            self.kafka.produce(topic, [
                json.dumps(record).encode() for record in records[partition::2]],
                partition)

    def login(self):
        self.produce("logins", [
            {"session_id": f"s{i}", "country": f"country {i % COUNTRIES}",
             "logged_in_at": moment(self.begin)} for i in range(SESSIONS)])

    def pay(self, first, last):
        records = []
        for i in range(first, last):
            # One in ten has no login, and is in nothing.
            session = i % (SESSIONS * 10 // 9 + 1)
            cents = i * 7919 % 100_000
            records.append({
                "payment_id": f"p{i}", "session_id": f"s{session}",
                "amount": cents / 100, "paid_at": moment(
                    self.begin + datetime.timedelta(seconds=1 + i / 10))})
            if session < SESSIONS:
                country = f"country {session % COUNTRIES}"
                total, count = self.wanted.get(country, (0, 0))
                self.wanted[country] = (total + cents, count + 1)
        self.produce("payments", records)

    def served(self):
        reply = self.daemon.get(
            "--service", "country_model", "--key", "country=" + ",".join(
                f"country {i}" for i in range(COUNTRIES)))
        answers = {}
        for row in reply["rows"]:
            cells = {name.split(".")[1]: cell["value"]
                     for name, cell in row["features"].items()}
            answers[row["keys"]["country"]] = (
                round(decimal.Decimal(cells["amount_sum_1h"] or 0) * 100),
                cells["count_1h"])
        return answers

    def test_a_join_that_is_killed_is_served_once(self):
        self.login()
        flink = self.begin_flink()
        paid = 0
        # Killed with records written that are behind its last checkpoint.
        for _ in range(5):
            self.pay(paid, paid + 500)
            paid += 500
            self.wait_until("first payments", lambda: self.served() ==
                            self.wanted, flink)
            before = self.wait_until("checkpoint", self.checkpoint, flink)
            self.pay(paid, paid + 100)
            paid += 100
            self.wait_until("more payments", lambda: self.served() ==
                            self.wanted, flink)
            if self.checkpoint() == before:
                break
        self.end_flink(flink)

        self.pay(paid, PAYMENTS + paid)
        flink = self.begin_flink(
            f"execution.state-recovery.path=file://{self.checkpoint()}")
        self.wait_until("all payments", lambda: self.served() == self.wanted,
                        flink)
        written = [json.loads(value)["payment_id"] for partition in (0, 1)
                   for value in self.kafka.consume("payments_by_country",
                                                   partition)]
        joined = sum(count for _, count in self.wanted.values())
        self.assertEqual(len(set(written)), joined)
        self.assertGreater(len(written), joined)
        self.assertEqual(
            self.daemon.metric("freshet_stream_events_total")[
                "country_payments", "duplicate"], len(written) - joined)
        self.assertEqual(self.served(), self.wanted)


if __name__ == "__main__":
    unittest.main()
