# SPDX-License-Identifier: Apache-2.0
"""Benchmarks of the whole daemon. Each prints its method, a table of what it
measured beside what is wanted, and writes the same as JSON.

  run.py [--out DIR] [NAME...]     NAME: load, swap, stuck, micro; default: all
"""

import argparse
import json
import pathlib
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP / "tests" / "e2e"))

import bench_load  # noqa: E402
import bench_micro  # noqa: E402
import bench_stuck  # noqa: E402
import bench_swap  # noqa: E402
import machine  # noqa: E402

BENCHMARKS = {
    "load": bench_load.run,
    "swap": bench_swap.run,
    "stuck": bench_stuck.run,
    "micro": bench_micro.run,
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
    parser.add_argument("--rows", type=int, default=10_000_000,
                        help="of the table of `load`")
    parser.add_argument("names", nargs="*", metavar="NAME")
    arguments = parser.parse_args()
    names = arguments.names or list(BENCHMARKS)
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
                           for row in rows]}
        (arguments.out / f"{name}.json").write_text(
            json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(f"\nWritten as JSON into {arguments.out}")


if __name__ == "__main__":
    main()
