# SPDX-License-Identifier: Apache-2.0
"""Freshet beside gRPC alone, RocksDB at its best, Redis and Feast, in one run.

Each ratio is of the server's CPU time per request, from the operating system's
accounting, over pairs of runs that follow each other: ours, then the peer's.
Printed are the median of the pairs' ratios and the lowest and highest. Both
sides of an echo pair have the same client and the same requests, at half of
what the slower of the two can answer (`half`) and in a closed loop (`full`).
Servers have one half of the cores and clients the other.
"""

import statistics

import bench_serve
import freshet_daemon
import load_client
import machine
import peers
import shapes

PAIRS = 5
SECONDS = 3
NAMES = ("1 x 20", "100 x 50", "1 x 25 views x 10", "1 x 250", "100 x 20",
         "100 x 20 zipf")


class Side:
    """One server that gRPC calls of a shape can be sent to."""

    def __init__(self, process, target):
        self.process = process
        self.target = target

    def run(self, shape, rate=0):
        with machine.on(machine.CLIENT_CORES):
            return load_client.measured(
                self.process,
                lambda: load_client.of_shape(shape, self.target, SECONDS, rate))


def ratios(first, second):
    """Of `PAIRS` pairs: (ratios, results of the first, of the second)."""
    found, ours, theirs = [], [], []
    for _ in range(PAIRS):
        ours.append(first())
        theirs.append(second())
        found.append(_cpu(ours[-1]) / _cpu(theirs[-1]))
    return found, ours, theirs


def _cpu(result):
    return result["server_cpu_us"]


def _median(results):
    return statistics.median(map(_cpu, results))


def spread(found, digits=2):
    return (f"{statistics.median(found):.{digits}f} x "
            f"({min(found):.{digits}f} to {max(found):.{digits}f})")


def _against_echo(us, shape, wanted, beside=0.0):
    """Rows for one shape; `beside`: us of CPU per request that the peer is
    granted besides gRPC's."""
    rows = []
    reply_bytes = us.run(shape)["reply_bytes"]  # Warms, too.
    with peers.Echo(reply_bytes) as echo:
        it = Side(echo.process, echo.target)
        peak = min(us.run(shape)["requests_per_second"],
                   it.run(shape)["requests_per_second"])
        for label, rate in (("half", peak / 2), ("full", 0)):
            _, ours, theirs = ratios(lambda: us.run(shape, rate),
                                     lambda: it.run(shape, rate))
            found = [_cpu(a) / (_cpu(b) + beside)
                     for a, b in zip(ours, theirs)]
            rows.append((
                f"{shape.name} against echo{' + floor' if beside else ''}, "
                f"{label}",
                f"{spread(found)}; {_median(ours):.0f} us to "
                f"{_median(theirs) + beside:.0f} us"
                f"{f' ({beside:.0f} of them floor)' if beside else ''}",
                wanted))
            if rate:
                p99 = statistics.median(one["p99_ms"] for one in ours)
                echo99 = statistics.median(one["p99_ms"] for one in theirs)
                rows.append((f"{shape.name} p99 at 50 % of peak",
                             f"{p99:.2f} ms (echo {echo99:.2f} ms)",
                             "at most 1 ms" if shape.keys == 1
                             else "at most 3 ms"))
    return rows


def _against_redis(us, form, names_and_wanted):
    rows = []
    shape = shapes.shape("100 x 20")
    try:
        with peers.Redis(form, shape.key_space, shape.features) as redis:
            for name, wanted in names_and_wanted:
                shape = shapes.shape(name)
                us.run(shape)
                found, ours, theirs = ratios(
                    lambda: us.run(shape),
                    lambda: redis.read(shape.keys, shape.zipf, SECONDS))
                found = [1 / ratio for ratio in found]
                rows.append((
                    f"{name}: rows per CPU second against Redis, {form}",
                    f"{spread(found)}; {_median(ours) / shape.keys:.2f} us to "
                    f"{_median(theirs) / shape.keys:.2f} us a row", wanted))
    except peers.Missing as missing:
        rows.append((f"Redis, {form}", f"missing: {missing}", ""))
    return rows


def _against_feast(us, scratch):
    """Feast has a fiftieth of the rows: its materialization takes minutes for
    more."""
    rows = []
    try:
        with peers.Feast(scratch / "feast", 20_000, 20) as feast:
            for name, wanted in (("1 x 20", "at least 20 x"),
                                 ("100 x 20", "at least 80 x")):
                shape = shapes.shape(name)
                us.run(shape), feast.read(shape.keys)
                found, ours, theirs = ratios(
                    lambda: us.run(shape),
                    lambda: feast.read(shape.keys, SECONDS))
                rows.append((
                    f"{name}: requests per CPU second against Feast",
                    f"{spread([1 / ratio for ratio in found], 0)}; "
                    f"{_median(ours):.0f} us to {_median(theirs):,.0f} us",
                    wanted))
    except peers.Missing as missing:
        rows.append(("Feast", f"missing: {missing}", ""))
    return rows


def run(scratch, _arguments):
    with machine.on(machine.SERVER_CORES):
        return _rows(scratch)


def _rows(scratch):
    chosen = [shapes.shape(name) for name in NAMES]
    paths = shapes.write(chosen, scratch)
    wide50 = next(t for t in shapes.TABLES if t.name == "wide50")
    floor = peers.floor(scratch / "floor", wide50.rows, 8 * 50, 100)
    daemon = freshet_daemon.Daemon(shapes.config(chosen, scratch, "4GiB"))
    try:
        daemon.start()
        bench_serve.load_all(daemon, paths)
        us = Side(daemon.process, daemon.ports["data"])
        rows = _against_echo(us, shapes.shape("1 x 20"), "at most 1.20 x")
        rows += _against_echo(us, shapes.shape("100 x 50"), "at most 1.15 x",
                              beside=floor)
        many, one = (shapes.shape(name) for name in NAMES[2:4])
        us.run(many), us.run(one)
        found, ours, theirs = ratios(lambda: us.run(many), lambda: us.run(one))
        rows.append(("25 views x 10 against 1 view x 250, 1 entity",
                     f"{spread(found)}; {_median(ours):.0f} us to "
                     f"{_median(theirs):.0f} us", "at most 2.3 x"))
        print(*rows, sep="\n", flush=True)  # What follows needs other programs.
        rows += _against_redis(us, "hash", [("100 x 20", "at least 2 x")])
        rows += _against_redis(us, "packed",
                               [("100 x 20", "at least 0.35 x"),
                                ("100 x 20 zipf", "at least 0.8 x")])
        rows += _against_feast(us, scratch)
    finally:
        daemon.stop()
        daemon.close()
    return rows
