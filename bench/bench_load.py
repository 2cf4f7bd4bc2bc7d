# SPDX-License-Identifier: Apache-2.0
"""How a full load behaves: memory of its processes, and reads meanwhile.

A shuffled table of 20 doubles is loaded from Parquet twice, once written in
row groups of 250,000 rows and once as one single row group. Peak memory is
VmHWM of every process below the daemon, read ten times a second. While the
second load runs, an open-loop generator (Poisson, 100 uniform keys over the
whole table, all 20 features) reads; its latencies count from when each request
was due.
"""

import threading
import time

import freshet_daemon
import load_client
import machine
import tables

BUFFER_MIB = 512
RATE = 100


class PeakMemory:
    """Samples the children of a process until stopped."""

    def __init__(self, pid):
        self._pid = pid
        self._peaks = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def _sample(self):
        while not self._stop.wait(0.1):
            for child in machine.children(self._pid):
                self._peaks[child] = max(self._peaks.get(child, 0),
                                         machine.peak_rss_bytes(child))

    def stop(self):
        """The sum of the peaks, in MiB."""
        self._stop.set()
        self._thread.join()
        return sum(self._peaks.values()) / 2**20


def _load(daemon, path):
    """(seconds, MiB at the peak, CPU seconds of the daemon)"""
    memory = PeakMemory(daemon.process.pid)
    cpu = machine.cpu_seconds(daemon.process.pid)
    start = time.monotonic()
    daemon.must("load", "wide", path)
    seconds = time.monotonic() - start
    return (seconds, memory.stop(),
            machine.cpu_seconds(daemon.process.pid) - cpu)


def run(scratch, arguments):
    rows = arguments.rows
    groups, single = scratch / "groups.parquet", scratch / "single.parquet"
    print(f"Writing {rows:,} rows twice ...", flush=True)
    tables.write(str(groups), rows, version=1)
    tables.write(str(single), rows, version=2, one_row_group=True)
    daemon = freshet_daemon.Daemon(
        tables.config(scratch, sort_buffer=f"{BUFFER_MIB}MiB"))
    try:
        daemon.start()
        print("Loading the one in row groups ...", flush=True)
        first = _load(daemon, groups)
        print("Idle reads ...", flush=True)
        idle = load_client.wide(daemon.ports["data"], rows, RATE,
                                      20).result()
        print("Loading the one of one row group, with reads ...", flush=True)
        client = load_client.wide(daemon.ports["data"], rows, RATE,
                                        max(first[0] * 1.2, 10))
        second = _load(daemon, single)
        busy = client.result()
    finally:
        daemon.stop()
        daemon.close()
    limit = f"at most {BUFFER_MIB + 300} MiB"
    return [
        ("rows", f"{rows:,}", ""),
        ("load in row groups", f"{first[0]:.1f} s, "
                               f"{rows / first[0]:,.0f} rows/s", ""),
        ("load of one row group, with reads", f"{second[0]:.1f} s", ""),
        ("peak memory of the load, row groups", f"{first[1]:.0f} MiB", limit),
        ("peak memory of the load, one row group", f"{second[1]:.0f} MiB",
         limit),
        ("reads idle, p50 / p99", f"{idle['p50_ms']} / {idle['p99_ms']} ms",
         ""),
        ("reads while loading, p50 / p99",
         f"{busy['p50_ms']} / {busy['p99_ms']} ms", "p99 under 10 ms"),
        ("reads failed, dropped, values missing",
         f"{busy['failed']}, {busy['dropped']}, {busy['values_not_present']}",
         "0, 0, 0"),
    ]
