# SPDX-License-Identifier: Apache-2.0
"""Whether the read path became slower: a few ratios of `peers`, on small
tables, against those recorded in bench/recorded.json.

The method is that of `peers`, with runs of 2 s. It fails when a ratio is more
than 30 % worse than the recorded one. `--record` writes the file anew.
"""

import dataclasses
import json
import pathlib
import statistics

import bench_peers
import bench_serve
import freshet_daemon
import machine
import peers
import shapes

RECORDED = pathlib.Path(__file__).with_name("recorded.json")
WORSE_MAX = 1.3
ROWS = 100_000
SECONDS = 2
NAMES = ("1 x 20", "100 x 20", "1 x 25 views x 10", "1 x 250")


def _small(shape):
    return dataclasses.replace(shape, key_space=ROWS)


def _ratios(us, chosen):
    one, hundred, views, wide = chosen
    found = {}
    for shape in (one, hundred):
        us.warm(shape)
        with peers.Echo(us.run(shape)["reply_bytes"]) as echo:
            it = bench_peers.Side(echo.process, echo.target, "echo", SECONDS)
            it.warm(shape)
            found[f"{shape.name} against echo"] = bench_peers.pairs(
                lambda seed, shape=shape: us.run(shape, seed=seed),
                lambda seed, shape=shape: it.run(shape, seed=seed))
    us.warm(views)
    us.warm(wide)
    found["25 views x 10 against 1 x 250"] = bench_peers.pairs(
        lambda seed: us.run(views, seed=seed),
        lambda seed: us.run(wide, seed=seed))
    return {name: statistics.median(bench_peers.ratios(*results))
            for name, results in found.items()}


class Worse(Exception):
    """Ends the benchmark once its rows are shown."""

    def __init__(self, rows, message):
        super().__init__(message)
        self.rows = rows


def run(scratch, arguments):
    chosen = [_small(shapes.shape(name)) for name in NAMES]
    paths = shapes.write(chosen, scratch, rows_max=ROWS)
    daemon = freshet_daemon.Daemon(shapes.config(chosen, scratch, "3GiB"))
    try:
        with machine.on(machine.SERVER_CORES):
            daemon.start()
            bench_serve.load_all(daemon, paths)
            found = _ratios(
                bench_peers.Side(daemon.process, daemon.ports["data"],
                                 seconds=SECONDS), chosen)
    except peers.Missing as missing:
        raise SystemExit(f"missing: {missing}") from missing
    finally:
        daemon.stop()
        daemon.close()
    if arguments.record:
        RECORDED.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return _compare(found)


def _compare(found):
    recorded = (json.loads(RECORDED.read_text("utf-8"))
                if RECORDED.is_file() else {})
    rows, worse = [], []
    for name, value in found.items():
        before = recorded.get(name)
        if before is None:
            rows.append((name, f"{value:.2f} x", "not recorded"))
            worse.append(f"{name}: not recorded (--quick --record does it)")
            continue
        most = WORSE_MAX * before
        rows.append((name, f"{value:.2f} x",
                     f"at most {most:.2f} x (recorded: {before:.2f})"))
        if value > most:
            worse.append(f"{name}: {value:.2f} x, was {before:.2f} x")
    if worse:
        raise Worse(rows, "more than 30 % worse than recorded: " +
                    "; ".join(worse))
    return rows
