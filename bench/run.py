# SPDX-License-Identifier: Apache-2.0
"""Benchmarks of the whole daemon. Each prints its method, a table of what it
measured beside what is wanted, and writes the same as JSON and a plot of the
latencies.

  run.py [--out DIR] [NAME...]     NAME: serve, peers, growth, start, load,
                                   arrive, swap, stuck, upsert, stream,
                                   micro; default: all
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

import bench_arrive  # noqa: E402
import bench_growth  # noqa: E402
import bench_load  # noqa: E402
import bench_micro  # noqa: E402
import bench_peers  # noqa: E402
import bench_quick  # noqa: E402
import bench_serve  # noqa: E402
import bench_start  # noqa: E402
import bench_stream  # noqa: E402
import bench_stuck  # noqa: E402
import bench_swap  # noqa: E402
import bench_upsert  # noqa: E402
import freshet_daemon  # noqa: E402
import load_client  # noqa: E402
import machine  # noqa: E402

freshet_daemon.PATIENCE_S = 1800  # Of one command: large loads are waited for.

BENCHMARKS = {
    "serve": bench_serve,
    "peers": bench_peers,
    "growth": bench_growth,
    "start": bench_start,
    "load": bench_load,
    "arrive": bench_arrive,
    "swap": bench_swap,
    "stuck": bench_stuck,
    "upsert": bench_upsert,
    "stream": bench_stream,
    "micro": bench_micro,
    "quick": bench_quick,  # Part of peers, so not by default.
}
HAS_QUICK = ("stream",)  # These have a small scale of their own.
PROGRAMS = ("FRESHETD", "FRESHET", "FRESHET_LOAD", "FRESHET_BENCH",
            "FRESHET_BENCH_STREAM", "FRESHET_MICROBENCH",
            "FRESHET_BENCH_PYTHON")


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
                        help="only whether the read path became slower; with "
                        "`stream`: that, in minutes")
    parser.add_argument("--record", action="store_true",
                        help="with --quick: take what it measures as the mark")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    if arguments.quick and not set(arguments.names) <= {"quick", *HAS_QUICK}:
        parser.error("--quick is a benchmark of its own: of the others only "
                     f"{', '.join(HAS_QUICK)} goes with it")
    default = ["quick"] if arguments.quick else [
        name for name in BENCHMARKS if name != "quick"]
    names = arguments.names or default
    if arguments.record and names != ["quick"]:
        parser.error("--record goes with --quick")
    unknown = sorted(set(names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark {', '.join(unknown)}; there are "
                     f"{', '.join(BENCHMARKS)}")
    has_plots = not arguments.quick and names != ["quick"]
    programs = [name for name in PROGRAMS
                if name != "FRESHET_BENCH_PYTHON" or has_plots]
    missing = [name for name in programs
               if not _is_program(os.environ.get(name, ""))]
    if missing:
        parser.error(f"no program at {', '.join(missing)}: `./dev bench` "
                     "builds them and sets these variables")
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        parser.error(f"--out: {error}")
    print(f"Machine: {machine.describe()}")
    failures = [failure for name in names
                if (failure := measure(name, arguments))]
    print(f"\nWritten as JSON and plots into {arguments.out}")
    sys.exit("\n".join(failures) or 0)


def _is_program(path):
    return os.path.isfile(path) and os.access(path, os.X_OK)


def measure(name, arguments):
    """Runs one benchmark, shows and writes what it measured. Returns why it
    failed, if it did."""
    print(f"\n== {name}: {BENCHMARKS[name].__doc__}", flush=True)
    load_client.runs.clear()
    failure = ""
    with tempfile.TemporaryDirectory(prefix="freshet-bench-",
                                     dir=arguments.out) as scratch:
        try:
            rows = BENCHMARKS[name].run(pathlib.Path(scratch), arguments)
        except bench_quick.Worse as worse:
            rows, failure = worse.rows, f"{name}: {worse}"
        except SystemExit as ended:  # The others go on.
            return f"{name}: {ended}"
    show(name, rows)
    result = {"machine": machine.describe(),
              "rows": [dict(zip(("figure", "measured", "wanted"), row))
                       for row in rows],
              "runs": load_client.runs}
    path = arguments.out / f"{name}.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    if load_client.runs and not arguments.quick and name != "quick":
        subprocess.run([os.environ["FRESHET_BENCH_PYTHON"],
                        pathlib.Path(__file__).with_name("plot.py"), path],
                       check=True)
    return failure


if __name__ == "__main__":
    main()
