# SPDX-License-Identifier: Apache-2.0
"""Benchmarks of the whole daemon. Each prints its method, a table of what it
measured beside what is wanted, and writes the same as JSON and a plot of the
latencies.

  run.py [--out DIR] [NAME...]     NAME: serve, peers, growth, start, load,
                                   swap, stuck, micro; default: all
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "e2e"))

import bench_growth  # noqa: E402
import bench_load  # noqa: E402
import bench_micro  # noqa: E402
import bench_peers  # noqa: E402
import bench_quick  # noqa: E402
import bench_serve  # noqa: E402
import bench_start  # noqa: E402
import bench_stuck  # noqa: E402
import bench_swap  # noqa: E402
import freshet_daemon  # noqa: E402
import load_client  # noqa: E402
import machine  # noqa: E402

freshet_daemon.PATIENCE_S = 1800  # Of one command: large loads are waited for.

BENCHMARKS = {
    "serve": bench_serve.run,
    "peers": bench_peers.run,
    "growth": bench_growth.run,
    "start": bench_start.run,
    "load": bench_load.run,
    "swap": bench_swap.run,
    "stuck": bench_stuck.run,
    "micro": bench_micro.run,
    "quick": bench_quick.run,  # Part of peers, so not by default.
}


def show(title, rows):
    """`rows`: (what, measured, wanted)."""
    widths = [max(len(str(row[i])) for row in rows + [("figure", "measured",
                                                       "wanted")])
              for i in range(3)]
    print(f"\n{title}")
    for row in [("figure", "measured", "wanted")] + rows:
        print("  " + "  ".join(str(cell).ljust(width)
                               for cell, width in zip(row, widths)).rstrip())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=pathlib.Path, default=TOP / ".run/bench")
    parser.add_argument("--long", action="store_true",
                        help="load 100 million rows, too")
    parser.add_argument("--quick", action="store_true",
                        help="only whether the read path became slower")
    parser.add_argument("--record", action="store_true",
                        help="with --quick: take what it measures as the mark")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    names = arguments.names or [name for name in BENCHMARKS
                                if name != "quick"]
    if arguments.quick:
        names = ["quick"]
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        parser.error(f"no benchmark {sorted(unknown)}; "
                     f"there are {list(BENCHMARKS)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    print(f"Machine: {machine.describe()}")
    for name in names:
        print(f"\n== {name}: {BENCHMARKS[name].__module__}", flush=True)
        with tempfile.TemporaryDirectory(prefix="freshet-bench-",
                                         dir=arguments.out) as scratch:
            rows = BENCHMARKS[name](pathlib.Path(scratch), arguments)
        show(name, rows)
        result = {"machine": machine.describe(),
                  "rows": [dict(zip(("figure", "measured", "wanted"), row))
                           for row in rows],
                  "runs": load_client.runs}
        path = arguments.out / f"{name}.json"
        path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        if load_client.runs:
            subprocess.run([os.environ["FRESHET_BENCH_PYTHON"],
                            pathlib.Path(__file__).with_name("plot.py"), path],
                           check=True)
        load_client.runs = []
    print(f"\nWritten as JSON and plots into {arguments.out}")


if __name__ == "__main__":
    main()
