# SPDX-License-Identifier: Apache-2.0
"""What a swap costs the readers, and how long a rollback takes.

Two versions of a table of 1 million rows of 20 doubles. An open-loop generator
(Poisson, 100 uniform keys, 20 features) reads for 40 s; after 15 s the other
version is activated, after 27 s it is rolled back. Steady is the p99 of the
seconds 5 to 15; the p99 after a swap is that of the 10 s that follow it. The
time of a rollback is that of the whole command.
"""

import threading
import time

import freshet_daemon
import load_client
import tables

ROWS = 1_000_000
RATE = 200


def _p99(by_second, begin, end):
    return max(by_second[begin:end])


def run(scratch, _arguments):
    paths = [scratch / f"v{n}.parquet" for n in (1, 2)]
    for number, path in enumerate(paths, 1):
        tables.write(str(path), ROWS, version=number)
    daemon = freshet_daemon.Daemon(tables.config(scratch))
    try:
        daemon.start()
        for path in paths:
            daemon.must("load", "wide", path)
        took = {}

        def act(after, *words):
            threading.Event().wait(after - (time.monotonic() - start))
            begin = time.monotonic()
            daemon.must(*words)
            took[words[0]] = time.monotonic() - begin

        # Everything in cache first, so that steady is steady.
        load_client.warm(
            daemon.process,
            lambda seed: load_client.wide(daemon.ports["data"], ROWS, 0, 3,
                                          seed, label=""))
        start = time.monotonic()
        client = load_client.wide(daemon.ports["data"], ROWS, RATE, 40)
        act(15, "activate", "wide", "1")
        act(27, "rollback", "wide")
        result = client.result()
    finally:
        daemon.stop()
        daemon.close()
    seconds = result["p99_ms_by_second"]
    steady = _p99(seconds, 5, 15)
    return [
        ("steady: worst second's p99", f"{steady} ms", ""),
        ("10 s after the activation", f"{_p99(seconds, 15, 25)} ms",
         f"at most {2 * steady:.2f} ms"),
        ("10 s after the rollback", f"{_p99(seconds, 27, 37)} ms",
         f"at most {2 * steady:.2f} ms"),
        ("activation", f"{took['activate']:.3f} s", ""),
        ("rollback", f"{took['rollback']:.3f} s", "under 1 s"),
    ]
