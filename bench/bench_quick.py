# SPDX-License-Identifier: Apache-2.0
"""Whether the read path became slower: a few ratios of `peers`, on small
tables, against those recorded in bench/recorded.json.

The method is that of `peers` with fewer and shorter pairs. It fails when a
ratio is more than 30 % worse than the recorded one. `--record` writes the
file anew.
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
NAMES = ("1 x 20", "100 x 20", "1 x 25 views x 10", "1 x 250")


def _small(shape):
    return dataclasses.replace(shape, key_space=ROWS)


def _ratios(us, chosen):
    one, hundred, views, wide = chosen
    found = {}
    for shape in (one, hundred):
        with peers.Echo(us.run(shape)["reply_bytes"]) as echo:
            it = bench_peers.Side(echo.process, echo.target)
            it.run(shape)
            found[f"{shape.name} against echo"] = bench_peers.ratios(
                lambda: us.run(shape), lambda: it.run(shape))[0]
    us.run(views), us.run(wide)
    found["25 views x 10 against 1 x 250"] = bench_peers.ratios(
        lambda: us.run(views), lambda: us.run(wide))[0]
    return {name: statistics.median(values) for name, values in found.items()}


def run(scratch, arguments):
    chosen = [_small(shapes.shape(name)) for name in NAMES]
    paths = shapes.write(chosen, scratch, rows_max=ROWS)
    daemon = freshet_daemon.Daemon(shapes.config(chosen, scratch, "1GiB"))
    try:
        with machine.on(machine.SERVER_CORES):
            daemon.start()
            bench_serve.load_all(daemon, paths)
            found = _ratios(
                bench_peers.Side(daemon.process, daemon.ports["data"]), chosen)
    finally:
        daemon.stop()
        daemon.close()
    if arguments.record:
        RECORDED.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    recorded = json.loads(RECORDED.read_text("utf-8"))
    rows = [(name, f"{value:.2f} x",
             f"at most {WORSE_MAX * recorded[name]:.2f} x "
             f"(recorded: {recorded[name]:.2f})")
            for name, value in found.items()]
    slower = [name for name, value in found.items()
              if value > WORSE_MAX * recorded[name]]
    if slower:
        raise SystemExit("more than 30 % worse than recorded: " + "; ".join(
            f"{name}: {found[name]:.2f} x, was {recorded[name]:.2f} x"
            for name in slower))
    return rows
