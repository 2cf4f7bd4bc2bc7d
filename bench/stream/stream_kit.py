# SPDX-License-Identifier: Apache-2.0
"""What `stream` measures with: a daemon that reads a topic of a real broker,
who writes to that topic, and who reads windows."""

import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import signal
import subprocess
import time

import freshet_daemon
import kafka_broker
import load_client
import machine
import tables

PARTITIONS = 4
FUNCTIONS = ("count", "sum", "min", "max", "stddev")
WINDOWS = ("10m", "1h", "1d")
PLAIN_DOUBLES = len(FUNCTIONS) * len(WINDOWS)
ZIPF = 0.99
KEYS_PER_READ = 100
COUNT = "user_payments.amount_count_10m"

# A broker that is not held to one core's worth of compiling, as tests' is.
_JAVA = ["java", "-Xmx1g", "-XX:+UseSerialGC",
         "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
         "-Dorg.slf4j.simpleLogger.showDateTime=true"]


@dataclasses.dataclass(frozen=True)
class Scale:
    few_events: int  # Of 16 users.
    many_users: int
    many_events: int
    many_spread_s: int  # They happened in so long a time.
    search_s: int  # Of each rate that is tried.
    search_steps: int
    fresh_s: int
    outage_s: int
    read_s: int
    read_rounds: int


FULL = Scale(few_events=10_000_000, many_users=1_000_000,
             many_events=10_000_000, many_spread_s=300, search_s=60,
             search_steps=5, fresh_s=120, outage_s=600, read_s=10,
             read_rounds=5)
QUICK = Scale(few_events=1_000_000, many_users=100_000, many_events=1_000_000,
              many_spread_s=30, search_s=8, search_steps=4, fresh_s=20,
              outage_s=30, read_s=4, read_rounds=3)


def cluster():
    kafka_broker.JAVA = _JAVA
    return kafka_broker.KafkaCluster(1)


def _stream_program(*words):
    return [os.environ["FRESHET_BENCH_STREAM"], *map(str, words)]


def stream_json(*words):
    """What a run of freshet-bench-stream to its end prints."""
    done = subprocess.run(_stream_program(*words), stdout=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, words))}: see above")
    return json.loads(done.stdout)


class Producer:
    """Writes payments to a topic at a rate; each run has ids of its own."""

    _seed = 0

    def __init__(self, kafka, topic, users, rate, seconds, zipf=0):
        self.process = subprocess.Popen(
            _stream_program("events", "--brokers", kafka.bootstrap, "--topic",
                            topic, "--users", users, "--zipf", zipf, "--seed",
                            Producer.next_seed(), "--rate", rate, "--seconds",
                            seconds),
            stdout=subprocess.PIPE, text=True)

    @staticmethod
    def next_seed():
        Producer._seed += 1
        return Producer._seed

    def result(self):
        out, _ = self.process.communicate()
        if self.process.returncode != 0:
            raise SystemExit("the producer failed: see above")
        return json.loads(out)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        return self.result()


@contextlib.contextmanager
def producing(kafka, topic, users, rate, zipf=0):
    """Meanwhile payments come at this rate."""
    producer = Producer(kafka, topic, users, rate, 7200, zipf)
    try:
        yield producer
    finally:
        if producer.process.poll() is None:
            producer.stop()


def fill(kafka, topic, users, events, spread_s, zipf=0):
    """A topic with so many payments that happened in the time before now."""
    kafka.create_topic(topic, PARTITIONS)
    return stream_json("events", "--brokers", kafka.bootstrap, "--topic", topic,
                       "--users", users, "--zipf", zipf, "--seed",
                       Producer.next_seed(), "--events", events, "--spread",
                       spread_s)


def _config(roots, topic, brokers, cache, has_ids, made_at):
    clock = f"  clock: {{simulated_start: '{made_at}'}}\n" if made_at else ""
    ids = "    id_field: payment_id\n" if has_ids else ""
    plain = "".join(f"      - {{name: f{i}, type: double}}\n"
                    for i in range(PLAIN_DOUBLES))
    return (tables.settings(roots, block_cache=cache) + clock + f"""entities:
  - name: user
    join_keys: [{{name: user, type: int64}}]
stream_sources:
  - name: payments
    fields:
      - {{name: user, type: int64}}
      - {{name: amount, type: double}}
      - {{name: paid_at, type: timestamp}}
      - {{name: merchant, type: string}}
      - {{name: payment_id, type: string}}
    timestamp_field: paid_at
{ids}    kafka:
      brokers: ['{brokers}']
      topics: [{topic}]
      start: earliest
      format: json
stream_feature_views:
  - name: user_payments
    entities: [user]
    source: payments
    aggregations:
      - column: amount
        functions: [{', '.join(FUNCTIONS)}]
        windows: [{', '.join(WINDOWS)}]
batch_feature_views:
  - name: plain
    entities: [user]
    source: {{path: {roots}/plain.parquet}}
    features:
{plain}feature_services:
  - name: windows
    features: [user_payments]
  - name: plain
    features: [plain]
""")


class StreamDaemon:
    """A daemon whose windows are whole: they were made two days ago, with no
    broker there."""

    def __init__(self, roots, kafka, topic, cache="4GiB", has_ids=False):
        self.topic = topic
        self._of_cache = lambda brokers, size, made_at: _config(
            roots, topic, brokers, size, has_ids, made_at)
        made_at = (datetime.datetime.now(datetime.timezone.utc)
                   - datetime.timedelta(days=2)).isoformat()
        self.daemon = freshet_daemon.Daemon(
            self._of_cache("127.0.0.1:1", cache, made_at))
        self.daemon.start()
        self.daemon.stop()
        self.use_cache(kafka, cache)

    def use_cache(self, kafka, cache):
        """From the next start on."""
        self.daemon.write_config(self._of_cache(kafka.bootstrap, cache, None))

    def start(self):
        self.daemon.start()

    def stop(self):
        self.daemon.stop()

    def close(self):
        self.daemon.stop()
        self.daemon.close()

    @property
    def pid(self):
        return self.daemon.process.pid

    @property
    def target(self):
        return self.daemon.ports["data"]

    def live_dir(self):
        return self.daemon.store / "live"

    def cpu_seconds(self):
        return machine.cpu_seconds(self.pid)

    def metric(self, name, **labels):
        """The sum over all labels but these; None: it has no value yet."""
        _, text = self.daemon.http("/metrics")
        found = [float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                 if line.startswith((name + " ", name + "{"))
                 and all(f'{label}="{value}"' in line
                         for label, value in labels.items())]
        return sum(found) if found else None

    def lag(self):
        """Records that are not read yet; None: not known."""
        return self.metric("freshet_stream_source_lag_records")

    def events(self):
        return self.metric("freshet_stream_source_events_total")

    def check_all_added(self, events):
        """Since it was started, each event once and none left out."""
        added = self.metric("freshet_stream_events_total",
                            view="user_payments", outcome="added")
        if added != events:
            raise SystemExit(f"{added:,.0f} events of {events:,} were added:\n"
                             f"{self.daemon.log()[-2000:]}")

    def wait_for_lag(self, records, patience_s=1800):
        """Until no more than so many are left."""
        until = time.monotonic() + patience_s
        while (lag := self.lag()) is None or lag > records:
            self.check_alive()
            if time.monotonic() > until:
                raise SystemExit(f"still {lag} records behind after "
                                 f"{patience_s} s")
            time.sleep(0.1)

    def wait_for_events(self, events, patience_s=1800):
        """Until so many were taken since it was started."""
        until = time.monotonic() + patience_s
        while (self.events() or 0) < events:
            self.check_alive()
            if time.monotonic() > until:
                raise SystemExit(f"{self.events()} of {events} events after "
                                 f"{patience_s} s")
            time.sleep(0.1)

    def wait_until_quiet(self):
        """Until what compactions have to do for what came is done, too."""
        before = self.cpu_seconds()
        for _ in range(300):
            time.sleep(2)
            now = self.cpu_seconds()
            if now - before < 0.05:
                return
            before = now
        raise SystemExit("the daemon is still busy after 10 minutes")

    def check_alive(self):
        if self.daemon.process.poll() is not None:
            raise SystemExit(f"the daemon ended:\n{self.daemon.log()[-2000:]}")

    def load_plain(self, scratch, users):
        """As many plain rows as there are users."""
        path = pathlib.Path(scratch) / "plain.parquet"
        tables.write(str(path), users, version=1,
                     columns=tables.doubles(PLAIN_DOUBLES), key="user")
        self.daemon.must("load", "plain", path)
        path.unlink()

    def reads(self, service, users, seconds, rate=0, seed=1, label=""):
        """A client that asks for users by their rank: all of a service's
        features, some of which may be null. Without a rate as fast as it
        goes."""
        return load_client.LoadClient(
            label, "--service", service, "--key", "user", "--keys",
            KEYS_PER_READ, "--key-space", users, "--zipf", ZIPF, "--target",
            self.target, "--rate", rate, "--in-flight", 8, "--seconds", seconds,
            "--check-every", 64, "--seed", seed,
            values="all" if service == "plain" else "some")
