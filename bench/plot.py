# SPDX-License-Identifier: Apache-2.0
"""Draws the latencies of a benchmark's JSON as SVG beside it.

    plot.py FILE.json
"""

import json
import pathlib
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as pyplot  # noqa: E402

QUANTILES = (("p50_ms", "p50"), ("p90_ms", "p90"), ("p99_ms", "p99"),
             ("p999_ms", "p99.9"))


def main():
    path = pathlib.Path(sys.argv[1])
    result = json.loads(path.read_text("utf-8"))
    runs = result["runs"]
    figure, axes = pyplot.subplots(figsize=(9, 1.5 + 0.22 * len(runs)))
    for i, (name, label) in enumerate(QUANTILES):
        axes.scatter([run[name] for run in runs], range(len(runs)),
                     label=label, s=14, color=f"C{i}")
    axes.set_yticks(range(len(runs)), [run["label"] for run in runs],
                    fontsize=7)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlabel("milliseconds")
    axes.grid(axis="x", which="both", alpha=0.3)
    axes.legend(ncols=len(QUANTILES), fontsize=7)
    axes.set_title(f"{path.stem}: {result['machine']}", fontsize=8)
    figure.tight_layout()
    figure.savefig(path.with_suffix(".svg"))


if __name__ == "__main__":
    main()
