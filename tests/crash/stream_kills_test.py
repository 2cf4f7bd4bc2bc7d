# SPDX-License-Identifier: Apache-2.0
"""kill -9 of a daemon that reads topics of three real brokers, at each failpoint
on the way of an event and at random moments, while brokers restart, leaders
move, partitions are added and definitions applied: whatever happens, windows,
rows and dead letters are those of everything that was written, each record
once.

FRESHET_STREAM_KILLS says how many of each kind (20), FRESHET_SEED makes a run
repeat another's choices.
"""

import collections
import concurrent.futures
import itertools
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
import unittest

import grpc
from crash_kit import how_many
from freshet_daemon import TOP
from kafka_broker import KafkaCluster
from stream_events import Topics
from stream_kit import StreamDaemon

NODES = 3
PARTITIONS_MAX = 12
CHECK_EVERY = 10
# The change log is trimmed a minute after a start, and to 256 MiB.
DYING_S, TRIM_BYTES = 150, 260 << 20

# Not on the way of an event.
OF_READS = {"read.disk"}
OF_CATALOG = {"catalog.before_write", "catalog.before_sync",
              "catalog.after_sync"}
BY_APPLY = {*OF_CATALOG, "live.before_add", "live.before_flush"}


def failpoints():
    """All on the way of an event, from the sources: one that is new is here."""
    found = set(OF_CATALOG)
    for folder in ("ingest", "storage/change_log", "storage/live"):
        for path in (TOP / folder).rglob("*.cc"):
            found |= set(re.findall(r'FAILPOINT\("([\w.]+)"\)',
                                    path.read_text(encoding="utf-8")))
    return sorted(found - OF_READS)


def in_turns(points, chance):
    """All, in any order, again and again; what a minute has to be waited for in
    every third turn."""
    for turn in itertools.count():
        some = [point for point in points
                if turn % 3 == 0 or point != "change_log.before_unlink"]
        chance.shuffle(some)
        yield from some


def wait_until_dead(daemon, what):
    """Of a kill, or else says what was meant to bring it about."""
    try:
        code = daemon.process.wait(DYING_S)
    except subprocess.TimeoutExpired:
        code = None
    if code != -signal.SIGKILL:
        raise AssertionError(f"{what()}: ended with {code}\n"
                             + daemon.log()[-3000:])


class Killer:
    """One daemon on topics of its own, killed again and again."""

    def __init__(self, cluster, name, chance):
        self.cluster, self.chance = cluster, chance
        self.topics = Topics(cluster, name, chance)
        self.daemon = StreamDaemon(cluster.bootstrap, self.topics)
        self.died_of = None  # What whoever used it saw of its last death.
        self.kills = collections.Counter()
        self.acts = collections.Counter()

    def report(self, what):
        print(f"{sum(self.kills.values()):4} {what}", flush=True)

    # At failpoints.

    def kill_at(self, point):
        chance, daemon = self.chance, self.daemon
        self.topics.write(chance.randrange(50, 300))
        # Stopped in order it has flushed its store; killed it has the log to
        # read again.
        ordered = chance.random() < 0.5
        if ordered:
            daemon.stop()
        else:
            daemon.kill()
        self.topics.write(chance.randrange(50, 300))
        self.topics.write(5, poisoned=1)
        self.topics.flush()
        daemon.environment = {"FRESHET_FAILPOINTS": f"{point}=kill"}
        self.died_of = None
        if point in BY_APPLY:
            own = random.Random(chance.random())  # For any number of tries.
            self._start_and(lambda: daemon.apply(own))
        elif point == "change_log.before_segment":
            self._start_and(daemon.push_ballast)
        elif point == "push_log.written":
            self._start_and(daemon.push_queued)
        elif point == "change_log.before_unlink":
            self._start_and(self._lengthen)
        else:
            daemon.launch()
        wait_until_dead(daemon, lambda: f"{point}: {self.died_of}")
        before = daemon.log_bytes()
        daemon.start_with()
        if point == "change_log.before_unlink" and (
                daemon.log_bytes() >= before):
            raise AssertionError(f"nothing was trimmed of {before} bytes")
        self.kills[point] += 1
        self.report(f"{point} after {'a stop' if ordered else 'a kill'}")

    def _start_and(self, act):
        """Until it has died; that may be before it serves."""
        deadline = time.monotonic() + DYING_S
        try:
            self.daemon.start()
            while (self.daemon.process.poll() is None
                   and time.monotonic() < deadline):
                act()
        except (AssertionError, grpc.RpcError) as error:
            self.died_of = error

    def _lengthen(self):
        """The change log, until there is something to trim."""
        if self.daemon.log_bytes() < TRIM_BYTES:
            self.daemon.push_ballast()
        else:
            threading.Event().wait(0.1)

    # At random moments.

    def kill_during(self, act, span_s):
        """Kills it within `span_s` of the begin of an act, as often as not soon,
        and now and then once more while it starts."""
        chance = self.chance
        delays = [chance.uniform(0, chance.choice((0.05, span_s)))]
        if chance.random() < 0.25:
            delays.append(chance.uniform(0, 0.4))
        self.topics.write(chance.randrange(100, 600))
        # The act is done by this thread: brokers end with the one that has
        # started them.
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            killing = pool.submit(self._kill_after, delays)
            act()
            killing.result()
        self.acts[act.__name__] += 1
        self.kills["at random"] += len(delays)
        self.report(f"{act.__name__}, killed after " + " and ".join(
            f"{1000 * delay:.0f} ms" for delay in delays))

    def _kill_after(self, delays):
        threading.Event().wait(delays[0])
        self.daemon.kill()
        for delay in delays[1:]:
            self.daemon.launch()
            threading.Event().wait(delay)
            self.daemon.kill()
        self.daemon.start_with()

    def ingests(self):
        self.topics.flush()

    def applies(self):
        """Of what is killed meanwhile, any end is right."""
        self.daemon.apply(self.chance)

    def broker_restarts(self):
        node = self.chance.randrange(NODES) + 1
        if self.chance.random() < 0.5:
            self.cluster.kill(node)
        else:
            self.cluster.stop(node)
        self.topics.write(200)
        threading.Event().wait(self.chance.uniform(0, 1))
        self.cluster.start(node)

    def leader_moves(self):
        topic = self.chance.choice(self.topics.names)
        partition = self.chance.randrange(self.topics.partitions[topic])
        leader = self.cluster.leader(topic, partition)
        self.topics.write(200)
        self.cluster.move_leader(topic, partition, leader % NODES + 1)
        self.topics.write(200)

    def partitions_grow(self):
        topic = min(self.topics.names, key=self.topics.partitions.get)
        if self.topics.partitions[topic] < PARTITIONS_MAX:
            self.topics.grow(topic, self.chance.choice((1, 2)))
        self.topics.write(200)

    def deck(self):
        """Acts and how long they take about, in any order; of ten each kind is
        one."""
        while True:
            acts = [(self.ingests, 0.4)] * 4 + [(self.applies, 0.2)] * 3 + [
                (self.broker_restarts, 5), (self.leader_moves, 4),
                (self.partitions_grow, 0.5)]
            self.chance.shuffle(acts)
            yield from acts


class StreamKillsLoseNothing(unittest.TestCase):
    """One cluster for both; topics and a daemon each."""

    @classmethod
    def setUpClass(cls):
        cls.seed = int(os.environ.get("FRESHET_SEED", time.time_ns() % 2**32))
        cls.count = how_many("FRESHET_STREAM_KILLS", 20)
        print(f"seed {cls.seed}, {cls.count} kills of each kind", flush=True)
        cls.cluster = KafkaCluster(NODES)
        cls.addClassCleanup(cls.cluster.close)

    def killer(self, name):
        chance = random.Random(f"{self.seed} {name}")
        killer = Killer(self.cluster, name, chance)
        self.addCleanup(killer.daemon.close)
        return killer

    def end(self, killer):
        values = killer.daemon.expect_nothing_waits()
        events = sum(len(killer.topics.written(source))
                     for source in ("payments", "visits"))
        print(f"{sum(killer.kills.values())} kills: {dict(killer.kills)}, "
              f"{dict(killer.acts)}; {events} events, {values} values, "
              f"{killer.topics.partitions} partitions", flush=True)

    def test_kills_at_each_failpoint(self):
        killer = self.killer("points")
        points = failpoints()
        # The first segment of all.
        killer.daemon.environment = {
            "FRESHET_FAILPOINTS": "change_log.before_segment=kill"}
        killer.daemon.launch()
        wait_until_dead(killer.daemon, lambda: "the first start")
        killer.kills["change_log.before_segment"] += 1
        killer.daemon.make()
        killer.daemon.start_with()

        for done, point in zip(range(1, self.count),
                               in_turns(points, killer.chance)):
            killer.kill_at(point)
            if done % CHECK_EVERY == 0:
                killer.daemon.expect_whole()

        self.end(killer)
        if self.count > len(points):
            self.assertEqual(set(killer.kills), set(points))

    def test_kills_at_random_moments(self):
        killer = self.killer("moments")
        killer.daemon.make()
        killer.daemon.start_with()

        checked = 0
        for act, span_s in killer.deck():
            kills = killer.kills["at random"]
            if kills >= self.count:
                break
            killer.kill_during(act, span_s)
            if kills - checked >= CHECK_EVERY:
                killer.daemon.expect_whole()
                checked = kills

        self.end(killer)
        if self.count >= 2 * CHECK_EVERY:
            self.assertEqual(len(killer.acts), 5)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
