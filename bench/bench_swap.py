# SPDX-License-Identifier: Apache-2.0
"""What a swap costs the readers, and how long a rollback takes.

Three versions of a table of 1 million rows of 20 doubles. An open-loop
generator (Poisson, 100 uniform keys, 20 features) reads for 62 s at 30 % of the
peak rate. After 16 s another version is activated, its rows read ahead; after
32 s that is rolled back; after 48 s the third, of which nothing is in memory,
is activated with --now. Figures are the p99 of the worst second: steady of the
seconds 5 to 15, meanwhile of those in which the command ran, and of the ten
after them. Times are of whole commands. The daemon has one half of the cores
and the client the other.

Twice: with a cache that holds all three versions, and with one whose rows are
1.2 versions.
"""

import time

import freshet_daemon
import load_client
import machine
import tables

ROWS = 1_000_000


# Half is for rows, of which a version has about 200 bytes each.
CACHES = (("cache of 3 versions", "1300MiB"), ("cache of 1.2 versions", "480MiB"))
SECONDS = 62


def run(scratch, _arguments):
    paths = [scratch / f"v{n}.parquet" for n in (1, 2, 3)]
    for number, path in enumerate(paths, 1):
        tables.write(str(path), ROWS, version=number)
    return [(f"{name}, {what}", *rest) for name, cache in CACHES
            for what, *rest in _measure(scratch, paths, cache)]


def _measure(scratch, paths, cache):
    daemon = freshet_daemon.Daemon(tables.config(scratch, block_cache=cache))
    try:
        with machine.on(machine.SERVER_CORES):
            daemon.start()
        for path in paths[:2]:
            daemon.must("load", "wide", path)
        daemon.must("load", "wide", paths[2], "--no-activate")
        # Everything in cache first, so that steady is steady.
        with machine.on(machine.CLIENT_CORES):
            rate = 0.3 * load_client.peak_of_wide(
                daemon.process, daemon.ports["data"], ROWS)
            start = time.monotonic()
            client = load_client.wide(daemon.ports["data"], ROWS, rate,
                                      SECONDS)
            acts = [_act(daemon, start + after, *words) for after, *words in (
                (16, "activate", "wide", "1"), (32, "rollback", "wide"),
                (48, "activate", "wide", "3", "--now"))]
            result = client.result()
    finally:
        daemon.stop()
        daemon.close()
    return _rows(result, acts, rate)


def _rows(result, acts, rate):
    seconds = result["p99_ms_by_second"]
    steady = max(seconds[5:15])
    bound = f"at most {2 * steady:.2f} ms"
    rows = [(f"steady, {rate:,.0f} requests/s", f"{steady:.2f} ms", "")]
    for name, (at, took), after_bound, took_bound in (
            ("activation", acts[0], bound, ""),
            ("rollback", acts[1], bound, "under 1 s"),
            ("activation --now", acts[2], "", "")):
        began = int(at - result["started"])
        ended = int(at - result["started"] + took) + 1
        rows += [
            (name, f"{took:.3f} s", took_bound),
            (f"{name}: meanwhile", f"{max(seconds[began:ended]):.2f} ms", ""),
            (f"{name}: 10 s after",
             f"{max(seconds[ended:ended + 10]):.2f} ms", after_bound),
        ]
    return rows


def _act(daemon, at, *words):
    """When it began, by the monotonic clock, and how long it took."""
    time.sleep(at - time.monotonic())
    began = time.monotonic()
    daemon.must(*words)
    return began, time.monotonic() - began
