# SPDX-License-Identifier: Apache-2.0
"""What each shape of request costs, warm and cold.

One daemon with all tables in cache. For each shape: closed loops of 8 in flight
until the server's CPU per request has stopped falling, and one more for the
peak rate; then Poisson arrivals at half of that rate (latencies count from when
each request was due) with the server's CPU per request, from the operating
system's accounting. Requests are serialized before the run; 20 thousand
different ones, again from the first after the last. Cold: the daemon has just
started and, for root, the kernel's page cache is empty; 1 x 20 and 100 x 20 at
100 requests a second.
"""

import freshet_daemon
import load_client
import machine
import shapes

SECONDS = 5
COLD = ("1 x 20", "100 x 20")


def _row(name, result, rows_per_request):
    rows = result["requests_per_second"] * rows_per_request
    return (name, f"{result['server_cpu_us']:.0f} us CPU, p50 "
                  f"{result['p50_ms']:.2f}, p99 {result['p99_ms']:.2f}, p99.9 "
                  f"{result['p999_ms']:.2f} ms at "
                  f"{result['requests_per_second']:,.0f} requests/s, "
                  f"{rows:,.0f} rows/s", "")


def load_all(daemon, paths):
    for view, path in paths.items():
        daemon.must("load", view, path)


def run(scratch, arguments):
    chosen = shapes.SHAPES
    paths = shapes.write(chosen, scratch)
    daemon = freshet_daemon.Daemon(shapes.config(chosen, scratch, "6GiB"))
    rows = []
    try:
        daemon.start()
        load_all(daemon, paths)
        for shape in chosen:
            target = daemon.ports["data"]
            load_client.warm_shape(daemon.process, shape, target,
                                   SECONDS)
            peak = load_client.measured(
                daemon.process,
                lambda: load_client.of_shape(shape, target, SECONDS))
            half = load_client.measured(
                daemon.process,
                lambda: load_client.of_shape(
                    shape, target, SECONDS,
                    rate=peak["requests_per_second"] / 2))
            rows.append(_row(f"{shape.name}, peak", peak, shape.keys))
            rows.append(_row(f"{shape.name}, at 50 %", half, shape.keys))
            print(f"{shape.name}: {half['server_cpu_us']:.0f} us CPU",
                  flush=True)
        for name in COLD:
            daemon.stop()
            how = ("nothing in memory" if machine.empty_page_cache()
                   else "only the page cache")
            daemon.start()
            shape = shapes.shape(name)
            cold = load_client.measured(
                daemon.process,
                lambda: load_client.of_shape(shape, daemon.ports["data"],
                                             SECONDS, rate=100))
            rows.append(_row(f"{name}, cold ({how})", cold,
                             shape.keys))
    finally:
        daemon.stop()
        daemon.close()
    return rows
