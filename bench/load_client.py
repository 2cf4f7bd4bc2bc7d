# SPDX-License-Identifier: Apache-2.0
"""The load generator as a child process."""

import dataclasses
import json
import os
import statistics
import subprocess

import machine

# What every client of this process measured, for the JSON and the plot; not
# what only warms.
runs = []

FEATURES = [f"wide.f{i}" for i in range(20)]


class LoadClient:
    """Starts at once; `result` waits for its end and reads what it measured
    (bench/client/main.cc says what). Without a label it is not kept.
    `values` of the replies that are looked at: "all", "some" or "none" of them
    must be there."""

    def __init__(self, label, *words, values="all"):
        self._label = label
        self._values = values
        self.process = subprocess.Popen(
            [os.environ["FRESHET_BENCH"], *map(str, words)],
            stdout=subprocess.PIPE, text=True)

    def result(self):
        """Ends the benchmark if a request failed, was dropped or came back
        without its values."""
        out, _ = self.process.communicate()
        found = json.loads(out)
        missing, seen = found["values_not_present"], found["values_checked"]
        right = {"all": seen > 0 and missing == 0, "some": seen > missing,
                 "none": seen == 0}[self._values]
        if found["failed"] or found["dropped"] or not right:
            raise SystemExit(
                f"{self._label or 'warming'}: {found['failed']} requests "
                f"failed, {found['dropped']} were dropped, {missing} of {seen} "
                f"values are missing: {found.get('first_error', '')}")
        if self._label:
            found = {"label": self._label, **found}
            runs.append(found)
        return found


def wide(target, rows, rate, seconds, seed=1, label="100 x 20"):
    """100 uniform keys of the view `wide`, all 20 features; every reply is
    looked at where there is a rate, one of 64 without."""
    words = ["--target", target, "--key", "id", "--key-space", rows,
             "--rate", rate, "--seconds", seconds, "--seed", seed,
             "--check-every", 1 if rate else 64]
    for feature in FEATURES:
        words += ["--feature", feature]
    return LoadClient(f"{label} at {rate:,.0f}/s" if label else "", *words)


def of_shape(shape, target, seconds, rate=0, seed=1, label="freshet",
             keep=True, distinct=20_000):
    """One shape, one reply of 64 looked at (none of echo's); without a rate as
    fast as it goes, eight in flight. After `distinct` requests it begins again
    with the first."""
    values = ("none" if label == "echo" else
              "some" if shape.missing > 0 else "all")
    words = ["--service", shape.service, "--key", "id", "--keys", shape.keys,
             "--key-space", shape.key_space, "--zipf", shape.zipf,
             "--missing", shape.missing, "--target", target, "--rate", rate,
             "--in-flight", 8, "--seconds", seconds, "--check-every", 64,
             "--seed", seed, "--distinct", distinct]
    if shape.shared_key:
        words += ["--shared-key", shape.shared_key,
                  "--shared-key-space", shape.shared_key_space]
    how = f"at {rate:,.0f}/s" if rate else "as fast as it goes"
    return LoadClient(f"{label}: {shape.name}, {how}" if keep else "", *words,
                      values=values)


def measured(process, client):
    """The client's result with the CPU that `process` used meanwhile:
    `server_cpu_us` per request, from the operating system's accounting."""
    before = machine.cpu_seconds(process.pid)
    result = client().result()
    used = machine.cpu_seconds(process.pid) - before
    result["server_cpu_us"] = used / result["sent"] * 1e6
    return result


# No run was cheaper by more than this than the cheapest before it: warm.
_WARM_GAIN = 0.03
_WARM_RUNS_MAX = 25


def warm(process, client):
    """Repeats closed loops, `client(seed)`, until the server's CPU per request
    has stopped falling for two of them."""
    best, since = float("inf"), 0
    for seed in range(1001, 1001 + _WARM_RUNS_MAX):
        cost = measured(process, lambda: client(seed))["server_cpu_us"]
        since = since + 1 if cost > best * (1 - _WARM_GAIN) else 0
        best = min(best, cost)
        if since == 2:
            return
    print(f"still becoming cheaper after {_WARM_RUNS_MAX} runs of warming: "
          f"{best:.0f} us", flush=True)


def peak_of_wide(process, target, rows):
    """Requests of `wide` a second, warm: the median of three closed loops."""
    def loop(seed):
        return wide(target, rows, 0, 5, seed, label="")

    warm(process, loop)
    return statistics.median(
        loop(seed).result()["requests_per_second"] for seed in (101, 102, 103))


def warm_shape(process, shape, target, seconds, label="freshet"):
    """The same for a shape of request, by at least 100 keys at a time."""
    many = dataclasses.replace(shape, keys=max(shape.keys, 100))
    warm(process,
         lambda seed: of_shape(many, target, seconds, seed=seed, label=label,
                               keep=False))
