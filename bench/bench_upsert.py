# SPDX-License-Identifier: Apache-2.0
"""How soon an upsert is live, and what versions laid over another cost reads.

A table of 10 million rows of 20 doubles, and upserts of 10,000 keys each, as
Parquet files of this machine: the time of the whole `freshet load`, one after
the other, until there are as many as are not yet folded (4). The last changes
the first 10,000 keys, the others any. Before and after, closed loops of 100
uniform keys and 20 features, of the whole table and of those 10,000 keys alone:
the server's CPU time per key, from the operating system's accounting, with
everything in memory: each is repeated until it becomes no cheaper.
"""

import random
import statistics
import time

import pyarrow as pa
import pyarrow.parquet as pq

import freshet_daemon
import load_client
import tables

ROWS = 10_000_000
UPSERT_ROWS = 10_000
UPSERTS = 4  # One more begins a fold.
SECONDS = 5
PASSES = 3
CACHE = "8GiB"


def _config(scratch):
    text = tables.config(scratch, block_cache=CACHE)
    return text.replace("source: {", "source: {mode: upsert, ")


def _write_upsert(path, number):
    is_last = number + 1 == UPSERTS
    keys = (range(UPSERT_ROWS) if is_last else
            random.Random(number).sample(range(ROWS), UPSERT_ROWS))
    columns = {"id": pa.array(keys, pa.int64())}
    for i in range(tables.DOUBLES):
        columns[f"f{i}"] = pa.array([k + i + 1.0 for k in keys])
    pq.write_table(pa.table(columns), path)


def _reads(daemon, keys):
    """CPU per key, warm."""
    def loop(seed, label="100 x 20"):
        return load_client.wide(daemon.ports["data"], keys, 0, SECONDS, seed,
                                label)

    load_client.warm(daemon.process, lambda seed: loop(seed, label=""))
    return statistics.median(
        load_client.measured(daemon.process,
                             lambda seed=seed: loop(seed))["server_cpu_us"]
        / 100 for seed in range(1, PASSES + 1))


def _upsert(daemon, scratch, number):
    path = scratch / f"upsert{number}.parquet"
    _write_upsert(path, number)
    began = time.monotonic()
    daemon.must("load", "wide", path)
    return time.monotonic() - began


def _row(what, before, after):
    return [(f"{what}, one table", f"{before:.2f} us", ""),
            (f"{what}, {UPSERTS} upserts over it", f"{after:.2f} us", ""),
            (f"{what}, against one table", f"{after / before:.2f} x",
             "at most 1.5 x")]


def run(scratch, _arguments):
    table = scratch / "table.parquet"
    tables.write(str(table), ROWS, version=1)
    daemon = freshet_daemon.Daemon(_config(scratch))
    try:
        daemon.start()
        daemon.must("load", "wide", table)
        all_before = _reads(daemon, ROWS)
        few_before = _reads(daemon, UPSERT_ROWS)
        took = [_upsert(daemon, scratch, number) for number in range(UPSERTS)]
        all_after = _reads(daemon, ROWS)
        few_after = _reads(daemon, UPSERT_ROWS)
    finally:
        daemon.stop()
        daemon.close()
    return [(f"upsert of {UPSERT_ROWS:,} rows, slowest of {UPSERTS}",
             f"{max(took):.2f} s", "under 2 s"),
            ("upsert, median", f"{statistics.median(took):.2f} s", ""),
            *_row("CPU per key", all_before, all_after),
            *_row("CPU per changed key", few_before, few_after)]
