# SPDX-License-Identifier: Apache-2.0
"""What windows over events of a real broker cost: to take in, to read, on disk.

Apache Kafka, whoever writes and reads, and the daemon run on this machine, on
all of its cores. A topic of 4 partitions has payments as JSON objects of about
130 bytes and five fields, not compressed, by user; a view has count, sum, min,
max and stddev of their amount over 10 minutes, 1 hour and 1 day: 15
features, of tiles of 10 s, 1 minute, 5 minutes and 1 hour. Its windows are
whole, and event times are the machine's. Users are drawn evenly where nothing
else is said; `zipfian` has an exponent of 0.99. `many` is 1 million.

CPU of taking in: a topic is filled first, with payments of the last 5 minutes
in order; then a daemon is started on it. Its user and system time counts, from
the operating system's accounting, from exec until all is read and compactions
have nothing left to do. Each event was added, or the benchmark fails. The same
topic again with `id_field` (10 minutes).

R: payments come at a fixed rate for a minute, whatever the daemon does. It keeps
up if, in the last quarter, at least half of the looks at its lag find less than
one second's worth; R is the greatest such rate that halving finds. Freshness:
beside R / 2, payments of users of their own come at random, 20 a second; from
the instant that one was due until the answer that counts it has come, asked
for every millisecond. Catch-up: the daemon is stopped for 10 minutes at R / 4,
which goes on, and is started: until a quarter of a second's worth is left.

State: the same daemon's live store once it has stopped, compacted; against 64
bytes a tile that is not empty: sum with compensation and count 24, min and max
8 each, count, mean and squares 24.

Reads: 100 zipfian users at a time, all 15 features, of a daemon whose payments,
of the last hour, were of zipfian users, too, while more come at R / 4 and
nothing was compacted for it. The CPU of all threads but compactions' over some
seconds with reads at a quarter of their peak rate (a sixteenth where not
cached), less that of as long without reads, by entity; less the same of 15
doubles of a batch view. Cached: a block cache that has room for all; not cached:
one of 8 MiB, so that what is not in memtables comes from the kernel's page cache
(the plain row's is that of the large cache). Medians of five rounds. Beside
taking in: at 20 % of the peak, Poisson, p99 from when each request was due,
alone and beside R / 2, medians of three pairs by their ratio.

With --quick a tenth of the users and events, and seconds where these are minutes.
"""

import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).with_name("stream")))

import load_client  # noqa: E402
import machine  # noqa: E402
import stream_kit  # noqa: E402
from stream_kit import KEYS_PER_READ, Producer, StreamDaemon  # noqa: E402

FEW = 16
PARTIAL_BYTES = 24 + 8 + 8 + 24
SMALL_CACHE, LARGE_CACHE = "8MiB", "4GiB"
READS_BUSY = 0.25  # Of their peak.
READS_BESIDE = 0.2


class Figures:
    """Says each as it is known, and keeps it for the table."""

    def __init__(self):
        self.rows = []

    def add(self, name, measured, target="", is_met=None):
        verdict = {None: "", True: " ok", False: " MISSED"}[is_met]
        beside = f" (target {target})" if target else ""
        print(f"{name}: {measured}{beside}{verdict}", flush=True)
        self.rows.append((name, measured + verdict, target))

    def at_least(self, name, value, least, unit):
        self.add(name, f"{value:,.0f} {unit}", f"at least {least:,.0f}",
                 value >= least)

    def at_most(self, name, value, most, unit):
        self.add(name, f"{value:,.1f} {unit}", f"at most {most:,.1f}",
                 value <= most)


def _drain(daemon, events):
    """Starts it on what is there; events by CPU second and by second."""
    began = time.monotonic()
    daemon.start()
    daemon.wait_for_events(events)
    daemon.wait_for_lag(0)
    by_clock = events / (time.monotonic() - began)
    daemon.wait_until_quiet()
    by_cpu = events / daemon.cpu_seconds()
    daemon.check_all_added(events)
    return by_cpu, by_clock


def _check_counts(daemon, events):
    """What is served of the few users is all that was written."""
    keys = ",".join(map(str, range(FEW)))
    feature = "user_payments.amount_count_1d"
    rows = daemon.daemon.get(feature, "--key", f"user={keys}")["rows"]
    served = sum(row["features"][feature]["value"] for row in rows)
    if served != events:
        raise SystemExit(f"{served} events of {events} are served")


def _take_in(figures, scratch, kafka, scale):
    """Returns the daemon of many users, running, and what it took in by
    clock."""
    kept = None
    for topic, users, events, spread, least in (
            ("few", FEW, scale.few_events, scale.many_spread_s, 150_000),
            ("many", scale.many_users, scale.many_events, scale.many_spread_s,
             30_000)):
        filled = stream_kit.fill(kafka, topic, users, events, spread)
        figures.add(f"events of {users:,} users, as they were written",
                    f"{filled['events']:,} of "
                    f"{filled['bytes'] / filled['events']:.0f} bytes, "
                    f"{filled['events'] / filled['seconds']:,.0f} a second")
        by_cpu = {}
        for has_ids in (True, False):
            daemon = StreamDaemon(scratch, kafka, topic, LARGE_CACHE, has_ids)
            try:
                by_cpu[has_ids], by_clock = _drain(daemon, events)
                if topic == "few":
                    _check_counts(daemon, events)
                elif not has_ids:
                    kept = daemon
            finally:
                if kept is not daemon:
                    daemon.close()
        figures.at_least(f"events of {users:,} users by CPU second",
                         by_cpu[False], least, "events")
        figures.add(f"events of {users:,} users by second of an idle machine",
                    f"{by_clock:,.0f} events")
        figures.add(f"events of {users:,} users by CPU second, with ids",
                    f"{by_cpu[True]:,.0f} events, "
                    f"{by_cpu[True] / by_cpu[False]:.2f} x",
                    "at least 0.70 x", by_cpu[True] >= 0.7 * by_cpu[False])
    kafka.delete_topic("few")
    return kept, by_clock


def _keeps_up(daemon, kafka, users, rate, seconds):
    producer = Producer(kafka, daemon.topic, users, rate, seconds)
    lags = []
    while producer.process.poll() is None:
        time.sleep(0.5)
        lags.append(daemon.lag() or 0)
    written = producer.result()
    late = statistics.median(lags[-max(len(lags) // 4, 1):])
    in_time = written["events"] >= 0.99 * rate * seconds
    keeps_up = in_time and late <= rate
    print(f"  {rate:,.0f} a second: {written['events'] / seconds:,.0f} written, "
          f"{late:,.0f} behind: {'kept up' if keeps_up else 'too many'}",
          flush=True)
    daemon.wait_for_lag(0)
    return keeps_up


def _search(figures, daemon, kafka, scale, most):
    """R."""
    low, high = 0, most
    for step in range(scale.search_steps):
        rate = 0.6 * most if step == 0 else (low + high) / 2
        if _keeps_up(daemon, kafka, scale.many_users, rate, scale.search_s):
            low = rate
        else:
            high = rate
    if low == 0:
        raise SystemExit(f"not even {high:,.0f} events a second are kept up "
                         "with")
    figures.add(f"R, with {scale.many_users:,} users",
                f"{low:,.0f} events a second ({high:,.0f} are too many)")
    return low


def _freshness(figures, daemon, kafka, scale, rate):
    with stream_kit.producing(kafka, daemon.topic, scale.many_users, rate):
        time.sleep(5)
        found = stream_kit.stream_json(
            "freshness", "--brokers", kafka.bootstrap, "--topic", daemon.topic,
            "--target", daemon.target, "--feature", stream_kit.COUNT, "--key",
            "user", "--seconds", scale.fresh_s, "--seed",
            Producer.next_seed())
    if found["lost"] or found["sent"] < 10:
        raise SystemExit(f"of {found['sent']} probes {found['lost']} were never "
                         "served")
    figures.add(f"produce to servable at R / 2 = {rate:,.0f} a second, p50",
                f"{found['p50_ms']:.1f} ms of {found['sent']:,}", "under 60 ms",
                found["p50_ms"] < 60)
    figures.add("produce to servable, p99",
                f"{found['p99_ms']:.1f} ms; the longest {found['max_ms']:.0f}",
                "under 250 ms", found["p99_ms"] < 250)
    figures.add("of which until the broker acknowledged it, p50 / p99",
                f"{found['written_p50_ms']:.1f} / "
                f"{found['written_p99_ms']:.1f} ms")


def _catch_up(figures, daemon, kafka, scale, rate):
    daemon.stop()
    with stream_kit.producing(kafka, daemon.topic, scale.many_users, rate):
        time.sleep(scale.outage_s)
        began = time.monotonic()
        daemon.start()
        daemon.wait_for_lag(rate / 4)
        took = time.monotonic() - began
        cpu = daemon.cpu_seconds()
    figures.at_most(
        f"catch-up after {scale.outage_s} s at R / 4 = {rate:,.0f} a second, "
        f"{cpu:.0f} s of CPU", took, 240 * scale.outage_s / 600, "s")


def _state(figures, daemon):
    """Of the stopped daemon."""
    found = stream_kit.stream_json("tiles", daemon.live_dir())
    tiles = sum(found["tiles"].values())
    wanted = tiles * PARTIAL_BYTES
    by_level = ", ".join(f"{count:,} of {seconds} s"
                         for seconds, count in found["tiles"].items())
    figures.add("tiles", f"{tiles:,} ({by_level}) in {found['blocks']:,} "
                         f"blocks; {found['file_bytes_before']:,} bytes before "
                         "they were compacted")
    figures.at_most("state on disk, compacted, against partial aggregates",
                    found["file_bytes"] / wanted, 1.5,
                    f"x ({found['file_bytes'] / tiles:.1f} bytes a tile)")


def _over(daemon, seconds, client=None):
    """CPU seconds of the daemon, of how many seconds, and entities read."""
    def used():
        return machine.cpu_without_threads(daemon.pid, "rocksdb:")

    began, before = time.monotonic(), used()
    if client is None:
        time.sleep(seconds)
        entities = 0
    else:
        entities = client().result()["sent"] * KEYS_PER_READ
    return used() - before, time.monotonic() - began, entities


def _read_cost(daemon, scale, services, rate):
    """{service: CPU microseconds by entity}, and the share of blocks that
    came from files."""
    found = {service: [] for service in services}
    misses = daemon.metric("freshet_rocksdb_block_cache_misses_total")
    entities_read = 0
    for seed in range(scale.read_rounds):
        idle, seconds, _ = _over(daemon, scale.read_s)
        for service in services:
            used, took, entities = _over(
                daemon, scale.read_s, lambda service=service, seed=seed:
                daemon.reads(service, scale.many_users, scale.read_s, rate,
                             seed + 1))
            found[service].append((used - idle * took / seconds) / entities
                                  * 1e6)
            if service == "windows":
                entities_read += entities
    misses = daemon.metric("freshet_rocksdb_block_cache_misses_total") - misses
    return ({service: statistics.median(values)
             for service, values in found.items()}, misses / entities_read)


def _peak(daemon, scale, service="windows"):
    """Requests a second, nothing else going on."""
    load_client.warm(daemon.daemon.process, lambda seed: daemon.reads(
        service, scale.many_users, scale.read_s, seed=seed))
    return statistics.median(
        daemon.reads(service, scale.many_users, scale.read_s, seed=seed)
        .result()["requests_per_second"] for seed in (101, 102, 103))


def _read_costs(figures, daemon, kafka, scale, rate):
    """Returns the peak rate of reads, everything cached."""
    _peak(daemon, scale, "plain")  # Warms it.
    peak = _peak(daemon, scale)
    figures.add(f"peak of reads, {KEYS_PER_READ} users x 15 features",
                f"{peak:,.0f} requests a second")
    with stream_kit.producing(kafka, daemon.topic, scale.many_users, rate,
                              stream_kit.ZIPF):
        cached, from_files = _read_cost(daemon, scale, ("plain", "windows"),
                                        READS_BUSY * peak)
    plain = cached["plain"]
    figures.add("plain row of 15 doubles, beside taking in",
                f"{plain:.2f} us CPU an entity")
    figures.at_most("15 window features, cached, beyond a plain row "
                    f"({from_files:.2f} blocks an entity from files)",
                    cached["windows"] - plain, 12, "us CPU an entity")
    daemon.stop()
    daemon.use_cache(kafka, SMALL_CACHE)
    daemon.start()
    with stream_kit.producing(kafka, daemon.topic, scale.many_users, rate,
                              stream_kit.ZIPF):
        time.sleep(scale.read_s)
        daemon.wait_for_lag(rate)
        bare, from_files = _read_cost(daemon, scale, ("windows",),
                                      READS_BUSY * peak / 4)
    figures.at_most("15 window features, not cached, beyond a plain row "
                    f"({from_files:.2f} blocks an entity from files)",
                    bare["windows"] - plain, 60, "us CPU an entity")
    daemon.stop()
    daemon.use_cache(kafka, LARGE_CACHE)
    daemon.start()
    daemon.wait_for_lag(0)
    return peak


def _reads_beside(figures, daemon, kafka, scale, peak, rate):
    _peak(daemon, scale)  # Warms what was started anew.
    reads = READS_BESIDE * peak
    pairs = []
    for seed in (1, 2, 3):
        idle = daemon.reads("windows", scale.many_users, 2 * scale.read_s,
                            reads, seed, "alone").result()
        with stream_kit.producing(kafka, daemon.topic, scale.many_users, rate,
                                  stream_kit.ZIPF):
            time.sleep(scale.read_s / 2)
            busy = daemon.reads("windows", scale.many_users, 2 * scale.read_s,
                                reads, seed, "beside R / 2").result()
        daemon.wait_for_lag(0)
        pairs.append((busy["p99_ms"] / idle["p99_ms"], idle, busy))
    ratio, idle, busy = sorted(pairs, key=lambda pair: pair[0])[1]
    figures.add(f"reads at {reads:,.0f} a second alone, p50 / p99",
                f"{idle['p50_ms']:.2f} / {idle['p99_ms']:.2f} ms")
    figures.add(f"reads beside R / 2 = {rate:,.0f} events a second, p50 / p99",
                f"{busy['p50_ms']:.2f} / {busy['p99_ms']:.2f} ms, "
                f"{ratio:.2f} x", "p99 at most 3 x and 10 ms",
                ratio <= 3 and busy["p99_ms"] <= 10)


def _read(figures, scratch, kafka, scale, most):
    users, events = scale.many_users, scale.many_events // 2
    stream_kit.fill(kafka, "zipfian", users, events, 3600, stream_kit.ZIPF)
    daemon = StreamDaemon(scratch, kafka, "zipfian", LARGE_CACHE)
    try:
        daemon.start()
        daemon.load_plain(scratch, users)
        daemon.wait_for_events(events)
        daemon.wait_for_lag(0)
        peak = _read_costs(figures, daemon, kafka, scale, most / 4)
        _reads_beside(figures, daemon, kafka, scale, peak, most / 2)
    finally:
        daemon.close()


def run(scratch, arguments):
    scale = stream_kit.QUICK if arguments.quick else stream_kit.FULL
    figures = Figures()
    kafka = stream_kit.cluster()
    try:
        daemon, by_clock = _take_in(figures, scratch, kafka, scale)
        try:
            most = _search(figures, daemon, kafka, scale, by_clock)
            _freshness(figures, daemon, kafka, scale, most / 2)
            _catch_up(figures, daemon, kafka, scale, most / 4)
            daemon.stop()
            _state(figures, daemon)
        finally:
            daemon.close()
        kafka.delete_topic("many")
        _read(figures, scratch, kafka, scale, most)
    finally:
        kafka.close()
    return figures.rows
