# SPDX-License-Identifier: Apache-2.0
"""The load generator as a child process."""

import json
import os
import subprocess

import machine

# What every client of this process measured, for the JSON and the plot.
runs = []

FEATURES = [f"wide.f{i}" for i in range(20)]


class LoadClient:
    """Starts at once; `result` waits for its end and reads what it measured
    (bench/client/main.cc says what)."""

    def __init__(self, label, *words):
        self._label = label
        self.process = subprocess.Popen(
            [os.environ["FRESHET_BENCH"], *map(str, words)],
            stdout=subprocess.PIPE, text=True)

    def result(self):
        out, _ = self.process.communicate()
        found = json.loads(out)
        runs.append({"label": self._label, **found})
        return found


def wide(target, rows, rate, seconds):
    """100 uniform keys of the view `wide`, all 20 features, every reply
    looked at."""
    words = ["--target", target, "--key", "id", "--key-space", rows,
             "--rate", rate, "--seconds", seconds]
    for feature in FEATURES:
        words += ["--feature", feature]
    return LoadClient(f"100 x 20 at {rate:,.0f}/s", *words)


def of_shape(shape, target, seconds, rate=0, in_flight=8, seed=1):
    """One shape, one reply of 64 looked at; without a rate as fast as it goes.
    """
    words = ["--service", shape.service, "--key", "id", "--keys", shape.keys,
             "--key-space", shape.key_space, "--zipf", shape.zipf,
             "--missing", shape.missing, "--target", target, "--rate", rate,
             "--in-flight", in_flight, "--seconds", seconds,
             "--check-every", 64, "--seed", seed]
    if shape.shared_key:
        words += ["--shared-key", shape.shared_key,
                  "--shared-key-space", shape.shared_key_space]
    how = f"at {rate:,.0f}/s" if rate else f"{in_flight} in flight"
    return LoadClient(f"{shape.name}, {how}", *words)


def measured(process, client):
    """The client's result with the CPU that `process` used meanwhile:
    `server_cpu_us` per request, from the operating system's accounting."""
    before = machine.cpu_seconds(process.pid)
    result = client().result()
    used = machine.cpu_seconds(process.pid) - before
    if result["failed"] or result["dropped"]:
        raise SystemExit(f"{result['failed']} requests failed and "
                         f"{result['dropped']} were dropped: "
                         f"{result.get('first_error', '')}")
    result["server_cpu_us"] = used / result["sent"] * 1e6
    return result
