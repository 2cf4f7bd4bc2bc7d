# SPDX-License-Identifier: Apache-2.0
"""Freshet beside gRPC alone, RocksDB at its best, Redis and Feast, in one run.

Each ratio is of the server's CPU time per request, from the operating system's
accounting, over pairs of runs that follow each other: ours, then the peer's.
Printed are medians, and the lowest and highest. Before, every side is asked in
a closed loop until its CPU per request has stopped falling; the peak is the
median of three such loops. Both sides of an echo pair have the same client and
the same requests, at half of what the slower of the two can answer (`half`) and
in a closed loop (`full`). Each run draws other keys. Servers have one half of
the cores and clients the other.
"""

import dataclasses
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
# Feast's materialization takes minutes for more. Freshet is asked for the same
# ones.
FEAST_ROWS = 20_000


class Side:
    """One server that gRPC calls of a shape can be sent to."""

    def __init__(self, process, target, label="freshet", seconds=SECONDS):
        self.process = process
        self._target = target
        self._label = label
        self._seconds = seconds  # Of one run.

    def run(self, shape, rate=0, seed=1):
        with machine.on(machine.CLIENT_CORES):
            return load_client.measured(
                self.process,
                lambda: load_client.of_shape(
                    shape, self._target, self._seconds, rate, seed,
                    self._label))

    def warm(self, shape):
        with machine.on(machine.CLIENT_CORES):
            load_client.warm_shape(self.process, shape, self._target,
                                   self._seconds, self._label)

    def peak(self, shape):
        """Requests a second."""
        return statistics.median(
            self.run(shape, seed=seed)["requests_per_second"]
            for seed in (101, 102, 103))


def pairs(first, second):
    """What `PAIRS` calls of each with a seed, in turn, gave."""
    found = [(first(seed), second(seed)) for seed in range(1, PAIRS + 1)]
    return [one for one, _ in found], [other for _, other in found]


def ratios(ours, theirs):
    return [_cpu(a) / _cpu(b) for a, b in zip(ours, theirs)]


def _cpu(result):
    return result["server_cpu_us"]


def _median(results):
    return statistics.median(map(_cpu, results))


def spread(found, digits=2, unit="x"):
    return (f"{statistics.median(found):.{digits}f} {unit} "
            f"({min(found):.{digits}f} to {max(found):.{digits}f})")


def _p99(results):
    return spread([one["p99_ms"] for one in results], unit="ms")


def _against_echo(us, shape, wanted, p99_wanted, floor=None):
    """Rows for one shape. With `floor` the peer is granted, besides gRPC's
    CPU, that of looking as many keys up there, measured beside each pair."""
    us.warm(shape)
    try:
        echo = peers.Echo(us.run(shape)["reply_bytes"])
    except peers.Missing as missing:
        return [(f"{shape.name} against echo", f"missing: {missing}", wanted)]
    rows = []
    with echo:
        it = Side(echo.process, echo.target, "echo")
        it.warm(shape)
        peak = min(us.peak(shape), it.peak(shape))
        for label, rate in (("half", peak / 2), ("full", 0)):
            granted = []

            def theirs(seed, rate=rate, granted=granted):
                granted.append(floor.us_per_batch() if floor else 0)
                return it.run(shape, rate, seed)

            mine, other = pairs(
                lambda seed, rate=rate: us.run(shape, rate, seed), theirs)
            found = [_cpu(a) / (_cpu(b) + c)
                     for a, b, c in zip(mine, other, granted)]
            floor_us = f" + {statistics.median(granted):.0f}" if floor else ""
            rows.append((f"{shape.name} against echo"
                         f"{' + floor' if floor else ''}, {label}",
                         f"{spread(found)}; {_median(mine):.0f} us to "
                         f"{_median(other):.0f}{floor_us} us", wanted))
            if rate:
                rows.append((f"{shape.name} p99 at 50 % of peak",
                             f"{_p99(mine)}, echo {_p99(other)}, "
                             f"at {rate:,.0f} requests/s", p99_wanted))
    return rows


def _against_echo_and_floor(us, shape, scratch):
    table = next(t for t in shapes.TABLES if t.name == shape.uses[0][0])
    try:
        floor = peers.Floor(scratch / "floor", table.rows,
                            8 * len(table.columns), shape.keys)
    except peers.Missing as missing:
        return [(f"{shape.name} against echo + floor", f"missing: {missing}",
                 "at most 1.15 x")]
    with floor:
        return _against_echo(us, shape, "at most 1.15 x", "at most 3 ms",
                             floor)


def _many_views(us):
    many, one = (shapes.shape(name) for name in NAMES[2:4])
    us.warm(many)
    us.warm(one)
    mine, other = pairs(lambda seed: us.run(many, seed=seed),
                        lambda seed: us.run(one, seed=seed))
    return [("25 views x 10 against 1 view x 250, 1 entity",
             f"{spread(ratios(mine, other))}; {_median(mine):.0f} us to "
             f"{_median(other):.0f} us", "at most 2.3 x")]


def _against_redis(us, form, names_and_wanted):
    rows = []
    shape = shapes.shape("100 x 20")
    try:
        with peers.Redis(form, shape.key_space, shape.features) as redis:
            for name, wanted in names_and_wanted:
                shape = shapes.shape(name)
                us.warm(shape)
                mine, other = pairs(
                    lambda seed, shape=shape: us.run(shape, seed=seed),
                    lambda seed, shape=shape: redis.read(shape, SECONDS, seed))
                rows.append((
                    f"{name}: rows per CPU second against Redis, {form}",
                    f"{spread(ratios(other, mine))}; "
                    f"{_median(mine) / shape.keys:.2f} us to "
                    f"{_median(other) / shape.keys:.2f} us a row", wanted))
    except peers.Missing as missing:
        rows.append((f"Redis, {form}", f"missing: {missing}", ""))
    return rows


def _against_feast(us, scratch):
    rows = []
    try:
        with peers.Feast(scratch / "feast", FEAST_ROWS, 20) as feast:
            for name, wanted in (("1 x 20", "at least 20 x"),
                                 ("100 x 20", "at least 80 x")):
                shape = dataclasses.replace(shapes.shape(name),
                                            key_space=FEAST_ROWS)
                us.warm(shape)
                feast.read(shape.keys)
                mine, other = pairs(
                    lambda seed, shape=shape: us.run(shape, seed=seed),
                    lambda _, shape=shape: feast.read(shape.keys, SECONDS))
                rows.append((
                    f"{name}: requests per CPU second against Feast",
                    f"{spread(ratios(other, mine), 0)}; "
                    f"{_median(mine):.0f} us to {_median(other):,.0f} us",
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
    daemon = freshet_daemon.Daemon(shapes.config(chosen, scratch, "4GiB"))
    try:
        daemon.start()
        bench_serve.load_all(daemon, paths)
        us = Side(daemon.process, daemon.ports["data"])
        rows = _against_echo(us, shapes.shape("1 x 20"), "at most 1.20 x",
                             "at most 1 ms")
        rows += _against_echo_and_floor(us, shapes.shape("100 x 50"), scratch)
        rows += _many_views(us)
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
