# SPDX-License-Identifier: Apache-2.0
"""How the cost of a key grows with the table: 30 million rows against 1.

Requests of 100 uniform keys and 20 doubles in a closed loop, everything in
memory: each table is read for long enough to fill the caches. As many keys are
drawn as the table has rows, and other ones for each run. The figure is the
server's CPU time per key, from the operating system's accounting.
"""

import dataclasses

import bench_serve
import freshet_daemon
import load_client
import shapes
import tables

SIZES = (1_000_000, 30_000_000)
SECONDS = 5
# As much of each size is read before it is measured, in keys per row.
WARM_KEYS_PER_ROW = 4


def _us_per_key(daemon, shape):
    target = daemon.ports["data"]
    distinct = shape.key_space // shape.keys
    wanted, seen = shape.key_space * WARM_KEYS_PER_ROW, 0
    while seen < wanted:
        seen += shape.keys * load_client.of_shape(
            shape, target, SECONDS, seed=seen + 1, keep=False,
            distinct=distinct).result()["sent"]
    found = load_client.measured(
        daemon.process, lambda: load_client.of_shape(
            shape, target, SECONDS, seed=seen + 1, distinct=distinct))
    return found["server_cpu_us"] / shape.keys


def run(scratch, _arguments):
    shape = shapes.shape("100 x 20")
    path = scratch / "wide20.parquet"
    costs = []
    for rows in SIZES:
        daemon = freshet_daemon.Daemon(
            shapes.config([shape], scratch, "16GiB"))
        try:
            print(f"{rows:,} rows ...", flush=True)
            tables.write(str(path), rows, version=1)
            daemon.start()
            bench_serve.load_all(daemon, {"wide20": path})
            path.unlink()
            costs.append(_us_per_key(
                daemon, dataclasses.replace(shape, key_space=rows)))
        finally:
            daemon.stop()
            daemon.close()
    return [(f"CPU per key, {rows:,} rows", f"{cost:.2f} us", "")
            for rows, cost in zip(SIZES, costs)] + [
        ("30 million rows against 1 million", f"{costs[1] / costs[0]:.2f} x",
         "at most 1.5 x")]
