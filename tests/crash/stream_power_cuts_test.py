# SPDX-License-Identifier: Apache-2.0
"""Power cuts of an ext4 file system while applications push and topics are
read: every event that was acknowledged is there once, one that was not can be
pushed again, and what was read of topics is all there once, as dead letters are.

Needs root and loop devices; skipped by name without. FRESHET_STREAM_POWER_CUTS
says how many (10), FRESHET_SEED makes a run repeat another's choices.
"""

import collections
import os
import random
import sys
import threading
import time
import unittest

import freshet
import numpy
from crash_kit import PATIENCE_S, how_many, program, skip_under_a_sanitizer
from kafka_broker import KafkaCluster
from power import Disk, skip_unless_possible
from stream_events import HOUR, MINUTE, NOW, Topics
from stream_kit import NOWHERE, StreamDaemon
from window_functions import PRESENT

DISK_BYTES = 1 << 30
EVENTS_MAX = 80  # Of a batch.
BATCHES_MAX = 200  # Between two cuts.
SPANS_S = (0.05, 0.2, 0.6)  # Within one of these the power is cut.
READ_AT_ONCE = 500
CHECK_EVERY = 5
UNSYNCED_CUTS = 20  # Of which one has to be noticed.
# Where the daemon is slow for once, so that the power is cut there more often.
SLOW = ("", "", "change_log.before_sync=sleep:20",
        "change_log.before_acknowledge=sleep:20", "live.before_apply=sleep:20",
        "live.before_flush=sleep:100", "feed.before_submit=sleep:50",
        "dead_letters.before_write=sleep:50", "catalog.before_sync=sleep:50",
        "catalog.after_sync=sleep:50")
FEATURES = ["of_batch.count_1d", "of_batch.weight_sum_1d",
            "newest_of_batch.weight"]


def add_pushed(whole):
    """A source that takes pushes, and what is computed of each batch."""
    whole["entities"].append({"name": "batch", "join_keys": [
        {"name": "batch", "type": "string"}]})
    whole["stream_sources"].append({
        "name": "pushed", "timestamp_field": "at", "id_field": "id",
        "single_node": True, "fields": [
            {"name": "batch", "type": "string"},
            {"name": "weight", "type": "int64"},
            {"name": "id", "type": "string"},
            {"name": "at", "type": "timestamp"}]})
    whole["stream_feature_views"].append({
        "name": "of_batch", "entities": ["batch"], "source": "pushed",
        "aggregations": [
            {"functions": ["count"], "windows": ["1d"]},
            {"column": "weight", "functions": ["sum"], "windows": ["1d"]}]})
    whole["batch_feature_views"].append({
        "name": "newest_of_batch", "entities": ["batch"],
        "live": {"source": "pushed"},
        "features": [{"name": "weight", "type": "int64"}]})


class Batch:
    """Events that are pushed together, and what has to be answered of them."""

    def __init__(self, number, chance):
        size = chance.randrange(1, EVENTS_MAX)
        self.name = f"batch{number}"
        # So large and so different that no other events have their sum.
        self.weights = [chance.randrange(2**40) for _ in range(size)]
        times = chance.sample(range(NOW - 2 * HOUR, NOW - 15 * MINUTE), size)
        self.columns = {
            "batch": [self.name] * size, "weight": self.weights,
            "id": [f"{number}-{i}" for i in range(size)],
            "at": numpy.array(times, "datetime64[us]")}
        self.whole = (size, sum(self.weights),
                      self.weights[times.index(max(times))])
        self.acknowledged = False

    def acknowledge(self, result):
        if result.accepted != len(self.weights) or result.rejected:
            raise AssertionError(f"{self.name}: {result}")
        self.acknowledged = True


class Pushers:
    """Threads that push batches until the daemon is gone, which it may be once
    `may_fail` is set: some one batch after the other, some as streams."""

    def __init__(self, address, batches):
        """`batches`: an iterator."""
        self._address, self._batches = address, batches
        self.may_fail = threading.Event()
        self._lock = threading.Lock()
        self._wrong = []
        self._threads = [
            threading.Thread(target=self._push, args=(one,)) for one in (
                self._one_by_one, self._one_by_one, self._one_by_one,
                self._as_a_stream, self._as_a_stream)]
        for thread in self._threads:
            thread.start()

    def _taken(self):
        while True:
            with self._lock:
                batch = next(self._batches, None)
            if batch is None:
                return
            yield batch

    def _push(self, by):
        try:
            with freshet.Client(self._address) as client:
                by(client)
        except Exception as error:
            if not (self.may_fail.is_set() and
                    isinstance(error, freshet.Error)):
                self._wrong.append(error)

    def _one_by_one(self, client):
        for batch in self._taken():
            batch.acknowledge(client.push("pushed", batch.columns,
                                          timeout=PATIENCE_S))

    def _as_a_stream(self, client):
        sent = collections.deque()

        def columns():
            for batch in self._taken():
                sent.append(batch)
                yield batch.columns

        for result in client.push_stream("pushed", columns(), outstanding=4):
            sent.popleft().acknowledge(result)

    def join(self):
        for thread in self._threads:
            thread.join()
        if self._wrong:
            raise self._wrong[0]


class StreamCutter:
    """One daemon on one disk, whose power is cut again and again. `topics`: a
    Topics of a cluster, or None."""

    def __init__(self, seed, cluster=None, **environment):
        self.seed, self.random = seed, random.Random(seed)
        self.environment = environment
        self.topics = None
        if cluster is not None:
            self.topics = Topics(cluster, f"seed{seed}", self.random)
        self.batches = []
        self.counts = collections.Counter()
        self.disk = Disk(DISK_BYTES)
        self.disk.mount()
        self.daemon = StreamDaemon(
            cluster.bootstrap if cluster else NOWHERE, self.topics,
            self.disk.mounted_at / "freshet", add_pushed)

    def close(self):
        self.daemon.close()
        self.disk.close()

    def begin(self):
        self.daemon.make()
        self.daemon.start_with(**self.environment)

    def _new_batches(self):
        for _ in range(BATCHES_MAX):
            number = len(self.batches)
            self.batches.append(Batch(number, random.Random(
                f"{self.seed} {number}")))
            yield self.batches[-1]

    def push_and_cut(self):
        """Cuts the power soon after the begin of pushes, of what is written to
        topics, and of an apply now and then; how soon."""
        draw = self.random
        delay = draw.uniform(0, draw.choice(SPANS_S))
        if self.topics is not None:
            self.topics.write(draw.randrange(100, 500))
        apply = draw.random() < 0.3 and threading.Thread(
            target=self.daemon.apply, args=(random.Random(draw.random()),))
        pushers = Pushers(self.daemon.ports["data"], self._new_batches())
        if apply:
            apply.start()
        threading.Event().wait(delay)
        pushers.may_fail.set()
        self.cut()
        pushers.join()
        if apply:
            apply.join()
        return delay

    def cut(self):
        self.disk.cut()
        self.daemon.kill()
        self.disk.unmount()
        self.disk.mount()
        self.counts["cuts"] += 1

    def start_and_cut(self):
        """While it reads what the cut before has left."""
        self.daemon.launch()
        threading.Event().wait(self.random.uniform(0, 0.3))
        self.cut()

    def start_slowly(self):
        slow = self.random.choice(SLOW)
        if slow:
            self.daemon.start_with(**self.environment, FRESHET_FAILPOINTS=slow)
        else:
            self.daemon.start_with(**self.environment)

    # What is there.

    def answers(self, batches):
        for at in range(0, len(batches), READ_AT_ONCE):
            some = batches[at:at + READ_AT_ONCE]
            found = self.daemon.read(FEATURES, "batch",
                                     [batch.name for batch in some])
            columns = [[value if status == PRESENT else None
                        for status, value in zip(*found[name])]
                       for name in FEATURES]
            yield from zip(some, zip(*columns))

    def expect_acknowledged(self):
        """Each batch whole, or, if it was not acknowledged, not there: how many
        those are."""
        wrong, all_lost = [], 0
        for batch, answer in self.answers(self.batches):
            lost = answer == (0, None, None)
            all_lost += lost
            if answer != batch.whole and (batch.acknowledged or not lost):
                wrong.append(f"{batch.name}: {answer}, wanted {batch.whole}, "
                             + ("acknowledged" if batch.acknowledged
                                else "not acknowledged"))
        if wrong:
            raise AssertionError(
                f"{len(wrong)} of {len(self.batches)} batches: {wrong[0]}\n"
                + self.daemon.log()[-3000:])
        return all_lost

    def push_again(self):
        """What was not acknowledged, whether it is there or not."""
        self.counts["lost"] += self.expect_acknowledged()
        with freshet.Client(self.daemon.ports["data"]) as client:
            for batch in self.batches:
                if not batch.acknowledged:
                    self.counts["pushed again"] += 1
                    batch.acknowledge(client.push(
                        "pushed", batch.columns, timeout=PATIENCE_S,
                        idempotent=True))
        self.expect_acknowledged()


class StreamPowerCutsLoseNothing(unittest.TestCase):
    def test_cuts(self):
        skip_unless_possible()
        seed = int(os.environ.get("FRESHET_SEED", time.time_ns() % 2**32))
        count = how_many("FRESHET_STREAM_POWER_CUTS", 10)
        print(f"seed {seed}, {count} cuts", flush=True)
        cluster = KafkaCluster(1)
        self.addCleanup(cluster.close)
        cutter = StreamCutter(seed, cluster)
        self.addCleanup(cutter.close)
        cutter.begin()

        checked = 0
        while cutter.counts["cuts"] < count:
            delay = cutter.push_and_cut()
            if cutter.random.random() < 0.2:
                cutter.start_and_cut()
            cutter.start_slowly()
            cutter.push_again()
            cuts = cutter.counts["cuts"]
            if cuts - checked >= CHECK_EVERY:
                cutter.daemon.expect_whole()
                checked = cuts
            print(f"{cuts:4} after {1000 * delay:.0f} ms, "
                  f"{len(cutter.batches)} batches", flush=True)

        values = cutter.daemon.expect_nothing_waits()
        cutter.expect_acknowledged()
        print(f"{dict(cutter.counts)}, {len(cutter.batches)} batches, "
              f"{sum(len(batch.weights) for batch in cutter.batches)} events "
              f"pushed, {len(cutter.topics.written('payments'))} read, "
              f"{values} values", flush=True)
        # Some were on the way, or the cuts were all too early or too late; and
        # of these some were on disk.
        if count >= 2 * CHECK_EVERY:
            self.assertGreater(cutter.counts["lost"], 0)
            self.assertGreater(cutter.counts["pushed again"],
                               cutter.counts["lost"])


class StreamWithoutSyncIsNoticed(unittest.TestCase):
    def cutter(self, *cluster, **environment):
        skip_unless_possible()
        skip_under_a_sanitizer("nothing else can be preloaded")
        cutter = StreamCutter(7, *cluster, **environment,
                              LD_PRELOAD=program("FRESHET_NO_FSYNC"))
        self.addCleanup(cutter.close)
        cutter.begin()
        os.sync()  # What comes now is lost.
        return cutter

    def expect_noticed(self, cutter):
        for _ in range(UNSYNCED_CUTS):
            cutter.push_and_cut()
            try:
                cutter.daemon.start_with(**cutter.environment)
                cutter.push_again()
            except AssertionError as noticed:
                print("noticed:", str(noticed).splitlines()[0], flush=True)
                return
        self.fail(f"{UNSYNCED_CUTS} cuts, and nothing was noticed")

    def test_of_nothing(self):
        self.expect_noticed(self.cutter())

    def test_of_the_change_log(self):
        self.expect_noticed(self.cutter(FRESHET_NO_FSYNC_OF="/change_log"))

    def test_of_dead_letters(self):
        cluster = KafkaCluster(1)
        self.addCleanup(cluster.close)
        cutter = self.cutter(cluster, FRESHET_NO_FSYNC_OF="/dead_letters")
        cutter.topics.write(300, poisoned=0.2)
        cutter.daemon.expect_whole()

        cutter.cut()

        cutter.daemon.start_with(**cutter.environment)
        with self.assertRaises(AssertionError) as noticed:
            cutter.daemon.expect_whole(patience_s=5)
        print("noticed:", *str(noticed.exception).splitlines()[:2], flush=True)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)
    unittest.main()
