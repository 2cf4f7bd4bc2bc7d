# SPDX-License-Identifier: Apache-2.0
"""From exec to SERVING after `kill -9`, with an empty page cache.

50 views with 3 versions each, 50 million rows of two doubles in all, the usual
checks of files and manifests on. The time is from the start of the process to
its line `serving`; the page cache is emptied before (root only, else it says
so). Three starts; the median is shown.
"""

import concurrent.futures
import statistics
import time

import freshet_daemon
import machine
import tables

VIEWS, VERSIONS = 50, 3
ROWS = 50_000_000 // (VIEWS * VERSIONS)
COLUMNS = (("f0", "double"), ("f1", "double"))
STARTS = 3


def _config(scratch):
    views = "".join(
        f"  - name: view{i}\n    entities: [thing]\n"
        f"    source: {{path: {scratch}/table.parquet}}\n"
        "    features: [{name: f0, type: double}, {name: f1, type: double}]\n"
        for i in range(VIEWS))
    return tables.settings(scratch, sort_buffer="64MiB") + (
        "entities:\n  - name: thing\n"
        "    join_keys: [{name: id, type: int64}]\n"
        f"batch_feature_views:\n{views}")


def run(scratch, _arguments):
    paths = []
    for version in range(1, VERSIONS + 1):
        paths.append(scratch / f"table{version}.parquet")
        tables.write(str(paths[-1]), ROWS, version, columns=COLUMNS)
    daemon = freshet_daemon.Daemon(_config(scratch))
    times, cold = [], True
    try:
        daemon.start()
        print(f"Loading {VIEWS} views {VERSIONS} times ...", flush=True)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for path in paths:
                list(pool.map(
                    lambda i: daemon.must("load", f"view{i}", path),
                    range(VIEWS)))
        for _ in range(STARTS):
            daemon.process.kill()
            daemon.process.wait()
            cold = machine.empty_page_cache()
            begin = time.monotonic()
            daemon.start()
            times.append(time.monotonic() - begin)
            daemon.must("get", "view0.f0", "view49.f1", "--key", "id=7")
    finally:
        daemon.stop()
        daemon.close()
    return [
        ("views x versions, rows in all",
         f"{VIEWS} x {VERSIONS}, {VIEWS * VERSIONS * ROWS:,}", ""),
        ("page cache before the start",
         "empty" if cold else "warm: only root can empty it", "empty"),
        ("exec to SERVING", f"{statistics.median(times):.2f} s "
         f"({min(times):.2f} to {max(times):.2f})", "under 2 s"),
    ]
