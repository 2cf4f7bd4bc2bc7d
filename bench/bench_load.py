# SPDX-License-Identifier: Apache-2.0
"""What a load costs, from Parquet to serving, and what reads feel of it.

Tables of doubles in shuffled order, but for one that is sorted, with the
daemon's defaults: LZ4, Ribbon filter, everything verified before it serves.
Peak memory is VmHWM of every process below the daemon, what the daemon itself
took is the most that it had beyond before, and peak disk what the file system
holds beyond what it held before, all read ten times a second; CPU is that of
the daemon and all below it, from the operating system's accounting. `single`
is written as one row group; the values of `random` do not compress. Memory of
an open version is what RocksDB holds for it outside the block cache: filters
and indexes.

While it loads a version and activates it, and for ten seconds from then, an
open-loop generator (Poisson, 100 uniform keys over the whole table, all 20
features) reads at 30 % of the peak rate, which is the median of three closed
loops after such loops have stopped to become cheaper for the server; latencies
count from when each request was due. Three times with other keys, each after
10 s of the same reads that do not count and 20 s of them while nothing is
loaded. For these reads the daemon and its loader have one half of the cores and
the client the other.
"""

import dataclasses
import shutil
import signal
import statistics
import threading
import time

import freshet_daemon
import load_client
import machine
import tables

BUFFER_MIB = 512
MIB = 2**20


@dataclasses.dataclass(frozen=True)
class Snapshot:
    name: str
    rows: int
    doubles: int = 20
    is_sorted: bool = False
    is_random: bool = False
    one_row_group: bool = False


SNAPSHOTS = [
    Snapshot("1 M rows of 20", 1_000_000),
    Snapshot("1 M rows of 200", 1_000_000, doubles=200),
    Snapshot("10 M rows of 2", 10_000_000, doubles=2),
    Snapshot("10 M rows of 20", 10_000_000),
    Snapshot("10 M rows of 20, sorted", 10_000_000, is_sorted=True),
    Snapshot("10 M rows of 20, single", 10_000_000, one_row_group=True),
    Snapshot("10 M rows of 20, random", 10_000_000, is_random=True),
    Snapshot("30 M rows of 20", 30_000_000),
]
LONG = [Snapshot("100 M rows of 2", 100_000_000, doubles=2)]


class Peaks:
    """Samples a process, its children and the disk, until stopped."""

    def __init__(self, pid, directory):
        self._pid = pid
        self._directory = directory
        self._memory = {}
        self._own_before = machine.rss_bytes(pid)
        self._own = 0
        self._child_seen = 0
        self._disk_before = shutil.disk_usage(directory).used
        self._disk = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def _sample(self):
        while not self._stop.wait(0.1):
            for child in machine.children(self._pid):
                self._memory[child] = max(self._memory.get(child, 0),
                                          machine.peak_rss_bytes(child))
                self._child_seen = time.monotonic()
            self._own = max(self._own,
                            machine.rss_bytes(self._pid) - self._own_before)
            self._disk = max(self._disk, shutil.disk_usage(
                self._directory).used - self._disk_before)

    def stop(self):
        """When a child was last seen; the sum of the children's peaks of
        memory, and the most that the process itself and the disk held beyond
        before, in bytes."""
        self._stop.set()
        self._thread.join()
        return (self._child_seen, sum(self._memory.values()), self._own,
                self._disk)


@dataclasses.dataclass
class Load:
    """What one load cost."""
    began: float  # By the monotonic clock.
    seconds: float
    loader_seconds: float  # Until its loader had ended.
    user_seconds: float
    system_seconds: float
    peak_memory: int
    own_memory: int  # The daemon's.
    peak_disk: int

    @property
    def cpu_seconds(self):
        return self.user_seconds + self.system_seconds


def _load(daemon, path, *words):
    pid = daemon.process.pid
    peaks = Peaks(pid, daemon.store)
    before = machine.cpu_with_children(pid)
    start = time.monotonic()
    daemon.must("load", "wide", path, *words)
    seconds = time.monotonic() - start
    cpu = [now - then for now, then in
           zip(machine.cpu_with_children(pid), before)]
    loader_ended, *held = peaks.stop()
    return Load(start, seconds, loader_ended - start, *cpu, *held)


def _start(scratch, snapshot):
    daemon = freshet_daemon.Daemon(
        tables.config(scratch, sort_buffer=f"{BUFFER_MIB}MiB",
                      doubles=snapshot.doubles))
    daemon.start()
    return daemon


def _write(path, snapshot):
    print(f"{snapshot.name} ...", flush=True)
    tables.write(str(path), snapshot.rows, version=1,
                 one_row_group=snapshot.one_row_group,
                 columns=(tables.random_doubles if snapshot.is_random else
                          tables.doubles)(snapshot.doubles),
                 is_sorted=snapshot.is_sorted)


def _store_bytes(daemon):
    return sum(file.stat().st_size for file in daemon.store.rglob("*")
               if file.is_file())


def _version_memory(daemon):
    """Of filters and indexes, from the daemon's metrics."""
    _, text = daemon.http("/metrics")
    lines = [line for line in text.splitlines()
             if line.startswith("freshet_version_memory_bytes ")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines)


def _measure(scratch, snapshot):
    """Rows of one snapshot, alone on the machine."""
    path = scratch / "wide.parquet"
    _write(path, snapshot)
    daemon = _start(scratch, snapshot)
    try:
        load = _load(daemon, path)
        stored = _store_bytes(daemon)
        held = _version_memory(daemon)
    finally:
        daemon.stop()
        daemon.close()
        path.unlink()
    row_bytes = 8 * snapshot.doubles
    target = (snapshot.doubles == 20 and not snapshot.is_sorted and
              not snapshot.is_random)
    bound = 0.9 * snapshot.rows + 0.007 * row_bytes * snapshot.rows
    return [
        (f"{snapshot.name}: rows per second",
         f"{snapshot.rows / load.seconds:,.0f} in {load.seconds:.1f} s, "
         f"{snapshot.rows / load.cpu_seconds:,.0f} per CPU second "
         f"({load.user_seconds:.1f} s user, {load.system_seconds:.1f} s "
         "system)", "at least 300,000 per core" if target else ""),
        (f"{snapshot.name}: peak memory",
         f"{load.peak_memory / MIB:.0f} MiB; the daemon itself "
         f"{load.own_memory / MIB:.0f} MiB",
         f"at most {BUFFER_MIB + 300} MiB"),
        (f"{snapshot.name}: on disk",
         f"{stored / snapshot.rows:.1f} bytes per row; at most "
         f"{load.peak_disk / MIB:,.0f} MiB while it loaded", ""),
        (f"{snapshot.name}: memory of the open version",
         f"{held / snapshot.rows:.2f} bytes per key",
         f"at most {bound / snapshot.rows:.2f}"),
    ]


@dataclasses.dataclass
class Reads:
    """Those beside one load, and those just before it."""
    load: Load
    idle: dict
    busy: dict

    @property
    def ratio(self):
        return self.busy["p99_ms"] / self.idle["p99_ms"]

    def worst_seconds(self):
        """The worst second's p99: idle, until the loader ends, until the load
        ends, in the ten seconds from then."""
        by_second = self.busy["p99_ms_by_second"]
        began = self.load.began - self.busy["started"]
        loader = int(began + self.load.loader_seconds)
        end = int(began + self.load.seconds)
        return [max(found, default=0) for found in (
            self.idle["p99_ms_by_second"], by_second[:loader],
            by_second[loader:end], by_second[end:end + 10])]


def _read_meanwhile(scratch):
    """The reads' rows: idle, while the next version is loaded, and after."""
    snapshot = next(one for one in SNAPSHOTS if one.name == "10 M rows of 20")
    path = scratch / "wide.parquet"
    _write(path, snapshot)
    with machine.on(machine.SERVER_CORES):
        daemon = _start(scratch, snapshot)
    found = []
    try:
        first = _load(daemon, path)
        held = _version_memory(daemon)
        with machine.on(machine.CLIENT_CORES):
            rate = 0.3 * load_client.peak_of_wide(
                daemon.process, daemon.ports["data"], snapshot.rows)
            for seed in (1, 2, 3):
                # The first load had no reads beside it: these take longer.
                found.append(_read_beside(daemon, path, snapshot.rows, rate,
                                          seed, 5 * first.seconds + 30))
        # No version but the one that serves is open.
        closed = _version_memory(daemon) - held
    finally:
        daemon.stop()
        daemon.close()
        path.unlink()
    return _read_rows(found, rate) + [
        ("memory held for the versions before, closed",
         f"{closed:,.0f} bytes", "none")]


def _read_beside(daemon, path, rows, rate, seed, seconds_max):
    def reads(seconds, label):
        return load_client.wide(daemon.ports["data"], rows, rate, seconds,
                                seed, label)

    # Not all rows were asked for before, nor kept through the last load.
    reads(10, "").result()
    idle = reads(20, "idle").result()
    client = reads(seconds_max, "while loading and after")
    load = _load(daemon, path)
    time.sleep(10)
    client.process.send_signal(signal.SIGINT)  # Has seen enough.
    return Reads(load, idle, client.result())


def _read_rows(found, rate):
    by_ratio = sorted(found, key=lambda one: one.ratio)
    median = by_ratio[len(by_ratio) // 2]
    spread = (f"{by_ratio[0].ratio:.2f} to {by_ratio[-1].ratio:.2f}")
    worst = [statistics.median(each) for each in
             zip(*(one.worst_seconds() for one in found))]
    names = ("idle", "while the loader works",
             "while rows are read ahead", "in the 10 s after")
    return [
        ("reads idle, p50 / p99 at 30 % of peak",
         f"{median.idle['p50_ms']:.2f} / {median.idle['p99_ms']:.2f} ms at "
         f"{rate:,.0f} requests/s", ""),
        (f"reads while it loads ({median.load.seconds:.1f} s) and 10 s after",
         f"{median.busy['p50_ms']:.2f} / {median.busy['p99_ms']:.2f} ms, "
         f"{median.ratio:.2f} x ({spread})",
         "p99 at most 2 x and under 10 ms"),
        *((f"worst second's p99 {name}", f"{value:.2f} ms", "")
          for name, value in zip(names, worst)),
    ]


def run(scratch, arguments):
    rows = []
    for snapshot in SNAPSHOTS + (LONG if arguments.long else []):
        rows += _measure(scratch, snapshot)
    return rows + _read_meanwhile(scratch)
