# SPDX-License-Identifier: Apache-2.0
"""Whether anything waits for reads that are stuck on a slow disk.

Eight requests meet keys that are not in memory, and a failpoint holds each
read for 3 s. Meanwhile a health check, a read of cached keys and a rollback
are timed, as whole `freshet` commands and an HTTP call. Failpoints are left
out of release builds: this one runs against build/dev.
"""

import concurrent.futures
import contextlib
import os
import pathlib
import time

import freshet_daemon
import tables

ROWS = 200_000
STUCK = 8


@contextlib.contextmanager
def _dev_build():
    """Programs of the dev build meanwhile."""
    before = dict(os.environ)
    dev = pathlib.Path(__file__).resolve().parents[1] / "build" / "dev"
    for name, path in (("FRESHETD", "bin/freshetd"),
                       ("FRESHET", "bin/freshet"),
                       ("FRESHET_LOAD", "bin/freshet-load")):
        if not (dev / path).exists():
            raise SystemExit(f"no {dev / path}; run ./dev build")
        os.environ[name] = str(dev / path)
    os.environ["FRESHET_FAILPOINTS"] = ""
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _timed(what, action):
    start = time.monotonic()
    action()
    return (what, f"{(time.monotonic() - start) * 1000:.0f} ms",
            "within 100 ms")


def run(scratch, _arguments):
    with _dev_build():
        return _rows(scratch)


def _rows(scratch):
    paths = [scratch / f"v{n}.parquet" for n in (1, 2)]
    for number, path in enumerate(paths, 1):
        tables.write(str(path), ROWS, version=number)
    # A cache far smaller than the table, so that most keys are not in it.
    daemon = freshet_daemon.Daemon(
        tables.config(scratch, block_cache="8MiB"))
    try:
        daemon.start()
        for path in paths:
            daemon.must("load", "wide", path)
        daemon.stop()
        os.environ["FRESHET_FAILPOINTS"] = f"read.disk={STUCK + 1}*sleep:3000"
        daemon.start()
        get = ("get", "wide.f0", "--json", "--key")
        daemon.must(*get, "id=0")  # Takes one sleep; now it is cached.
        with concurrent.futures.ThreadPoolExecutor(STUCK) as pool:
            begin = time.monotonic()
            stuck = [pool.submit(daemon.run, *get, f"id={20_000 * (i + 1)}")
                     for i in range(STUCK)]
            time.sleep(0.5)  # Until all eight are inside their reads.
            rows = [
                _timed("health", lambda: daemon.http("/healthz")),
                _timed("read of a cached key",
                       lambda: daemon.must(*get, "id=0")),
                _timed("rollback", lambda: daemon.must("rollback", "wide")),
            ]
            waiting = sum(not call.done() for call in stuck)
            for call in stuck:
                call.result()
            rows.append(("reads still stuck when the last of these answered",
                         f"{waiting} of {STUCK}", f"{STUCK}"))
            rows.append(("until the stuck reads returned",
                         f"{time.monotonic() - begin:.1f} s", ""))
    finally:
        daemon.stop()
        daemon.close()
    return rows
