# SPDX-License-Identifier: Apache-2.0
"""Microbenchmarks: admission, key codec, row projection, expressions, windows,
two wire forms of the reply.

Google Benchmark's own method: repeated until stable, CPU time a call.
"""

import json
import os
import subprocess


def run(_scratch, _arguments):
    done = subprocess.run(
        [os.environ["FRESHET_MICROBENCH"], "--benchmark_format=json"],
        stdout=subprocess.PIPE, text=True, check=True)
    return [(entry["name"],
             f"{entry['cpu_time']:,.1f} {entry['time_unit']}", "")
            for entry in json.loads(done.stdout)["benchmarks"]]
