# SPDX-License-Identifier: Apache-2.0
"""How soon a day that a job wrote into an object store serves.

Parquet of 20 doubles in shuffled order lies in a bucket of a real S3 server
(SeaweedFS); then `_SUCCESS` is written, and nothing is asked for: the source is
watched, looked at every second, each day a directory of its own. Time counts
from before `_SUCCESS` is sent until the version's load has ended; then its
values are asked for and have to be that day's. The parts are by the load's own
record and by the phases that `freshet watch` tells: noticed, until the load
begins; fetched, until every row is read and sorted; built, until the version is
written, synced and verified; activated, until requests are answered from it,
with the rows read ahead. `notified` is the same with a look every week and
`freshet notify` right after `_SUCCESS`. The small day comes five times, of
which the median and the slowest are shown. Server, daemon and loader share all
cores.
"""

import json
import os
import subprocess
import time

import freshet_daemon
import object_store
import tables

LARGE, LARGE_FILES = 10_000_000, 8
SMALL = 100_000
SMALL_DAYS = 5
SLACK_S = 5
ROWS_PER_S = 300_000
PHASES = ("noticed", "fetched", "built", "activated")


def _config(endpoint, every):
    text = tables.config("s3://warehouse/features")
    text = text.replace("roots: [s3://warehouse/features]",
                        "roots: ['s3://warehouse/features']")
    text = text.replace(
        "source: {path: s3://warehouse/features/wide.parquet}",
        "source: {path: 's3://warehouse/features/wide', "
        f"watch: {{every: {every}, each: directory}}}}")
    return text.replace("entities:", f"  s3: {{endpoint: 'http://{endpoint}'}}\n"
                        "entities:", 1)


def _upload(s3, directory, day):
    for path in sorted(directory.iterdir()):
        with open(path, "rb") as file, s3.files.open_output_stream(
                f"{object_store.BUCKET}/{_key(day)}/{path.name}") as stream:
            while piece := file.read(8 << 20):
                stream.write(piece)


def _key(day):
    return f"features/wide/ds={day:04}"


def _load_of(daemon, day):
    """The job that loads a day, or None."""
    reply = daemon.must("loads", "--json", "wide").json()
    return next((load for load in reply.get("loads", [])
                 if load["path"].endswith(_key(day))), None)


def _follow(daemon, load):
    """When each phase of it was first seen, by the clock of the day."""
    seen = {}
    with subprocess.Popen(daemon.command("watch", "--json", load["id"]),
                          stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            last = json.loads(line)
            seen.setdefault(last["phase"], time.time())
    if last["outcome"] != "LOAD_OUTCOME_ACTIVE":
        raise SystemExit(f"the load ended so: {last}")
    return seen, last


def _arrive(daemon, s3, day, rows, is_notified):
    """The seconds of each of PHASES."""
    began = time.time()
    s3.put(f"{_key(day)}/_SUCCESS", b"")
    if is_notified:
        daemon.must("notify", "wide")
    while (load := _load_of(daemon, day)) is None:
        if time.time() > began + 120:
            raise SystemExit(f"no load of day {day}:\n{daemon.log()[-2000:]}")
        time.sleep(0.02)
    seen, last = _follow(daemon, load)
    _check(daemon, day, rows)
    started, ended = (last[name] / 1e6
                      for name in ("started_micros", "ended_micros"))
    # A phase that was too short to be seen took no time.
    built = seen.get("LOAD_PHASE_COMMITTING",
                     seen.get("LOAD_PHASE_ACTIVATING", ended))
    read = seen.get("LOAD_PHASE_WRITING", built)
    return [started - began, read - started, built - read, ended - built]


def _check(daemon, day, rows):
    keys = (0, rows // 2, rows - 1)
    reply = daemon.get("wide.f0", "wide.f19", "--key",
                       f"id={','.join(map(str, keys))}")
    for key, row in zip(keys, reply["rows"]):
        for i in (0, 19):
            found = row["features"][f"wide.f{i}"]["value"]
            if found != key + i + day:
                raise SystemExit(f"f{i} of key {key} is {found} on day {day}")


def _days(scratch, s3, rows, files, days, is_notified=False):
    """One list of seconds for each day, on a daemon of its own."""
    daemon = freshet_daemon.Daemon(
        _config(s3.address, "1w" if is_notified else "1s"))
    try:
        daemon.start()
        found = []
        for day in range(1, days + 1):
            directory = scratch / f"day-{rows}-{day}"
            tables.write_parts(directory, rows, day, files)
            _upload(s3, directory, day)
            for path in directory.iterdir():
                path.unlink()
            found.append(_arrive(daemon, s3, day, rows, is_notified))
        return found
    finally:
        daemon.stop()
        daemon.close()
        s3.remove_all("features")


def _split(seconds):
    return ", ".join(f"{name} {value:.2f}"
                     for name, value in zip(PHASES, seconds))


def run(scratch, _arguments):
    os.environ.update(object_store.credentials())
    s3 = object_store.S3Server(volumes=200)
    try:
        rows = []
        for name, is_notified in (("looked at every second", False),
                                  ("notified", True)):
            days = sorted(_days(scratch, s3, SMALL, 1, SMALL_DAYS, is_notified),
                          key=sum)
            median = days[len(days) // 2]
            rows.append((f"a day of {SMALL:,} rows, {name}",
                         f"{sum(median):.2f} s ({_split(median)}); slowest "
                         f"{sum(days[-1]):.2f} s", f"under {SLACK_S} s"))
        (large,) = _days(scratch, s3, LARGE, LARGE_FILES, 1)
        rows.append((f"a day of {LARGE:,} rows in {LARGE_FILES} files",
                     f"{sum(large):.1f} s ({_split(large)})",
                     f"under {SLACK_S + LARGE / ROWS_PER_S:.1f} s"))
        return rows
    finally:
        s3.close()
