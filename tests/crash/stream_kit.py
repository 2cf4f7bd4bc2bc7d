# SPDX-License-Identifier: Apache-2.0
"""A daemon on two topics of a real cluster, whose clock stands, and how what it
answers compares with everything that was written to them."""

import base64
import collections
import json
import os
import pathlib
import shutil
import tempfile
import threading
import time

from crash_kit import PATIENCE_S, CrashDaemon
from raw_api import Api, column_values
from stream_events import (END, FIELDS, KEYS, MADE, MINUTE, NOW, document,
                           variants)
from window_functions import PRESENT

# Nobody listens there: where it is before there is anything to read.
NOWHERE = "127.0.0.1:1"
# Of which little can be compressed.
BLOBS = [base64.b64encode(os.urandom(768 << 10)).decode() for _ in range(3)]
SHOWN = 10  # Differences.


class StreamDaemon(CrashDaemon):
    """`topics`: a Topics of a cluster whose brokers are `brokers`; None: its
    sources have nothing to read. `more` adds to what its file has."""

    def __init__(self, brokers, topics, directory=None, more=lambda whole: None):
        names = topics.of_source if topics else dict.fromkeys(FIELDS, ["none"])
        first, whole = (document(where, names, clock) for where, clock in (
            (NOWHERE, MADE), (brokers, NOW - 10 * MINUTE)))
        for each in (first, whole):
            more(each)
        super().__init__(json.dumps(first), directory)
        self.topics = topics
        self.data = self.admin = None
        self.ballast = [0, 0]  # Events that were acknowledged, and sent.
        self.queued = 0  # Events that are in the topic of their source.
        self._now = MADE
        # Not in its directory, whose disk may lose power.
        self._files = pathlib.Path(tempfile.mkdtemp(prefix="freshet-files-"))
        self.config = self._files / "freshet.yaml"
        self.write_config(json.dumps(first))
        self._variants = []
        for number, each in enumerate(variants(whole)):
            path = self._files / f"{number}.yaml"
            path.write_text(json.dumps(each).replace(
                "{store}", str(self.store)), encoding="utf-8")
            self._variants.append(path)

    def make(self):
        """Makes the views, three days ago: their windows are whole now."""
        self.start_with()
        self.stop()
        self.write_config(self._variants[0].read_text(encoding="utf-8"))
        self._now = NOW

    def start(self):
        self._disconnect()
        super().start()
        self.data = Api(self.ports["data"])
        self.admin = Api(self.ports["admin"])
        self.set_clock(self._now)
        return self

    def set_clock(self, now):
        self._now = now
        self.admin.call("AdminService", "SetClock", now_micros=now, hold=True)

    def _disconnect(self):
        for api in (self.data, self.admin):
            if api is not None:
                api.close()
        self.data = self.admin = None

    def close(self):
        self._disconnect()
        super().close()
        shutil.rmtree(self._files)

    # What is done to it.

    def apply(self, chance):
        """Applies one of the variants; how it ended, for who kills it
        meanwhile."""
        return self.run("apply", chance.choice(self._variants), "--yes",
                        "--allow-delete")

    def push_ballast(self):
        """Makes the change log some MiB longer."""
        self.ballast[1] += len(BLOBS)
        self.data.call("PushService", "Push", source="ballast", columns=[
            {"name": "user", "strings": ["user0"] * len(BLOBS)},
            {"name": "blob", "strings": BLOBS},
            {"name": "at", "integers": [NOW - MINUTE] * len(BLOBS)}])
        self.ballast[0] += len(BLOBS)

    def push_queued(self):
        """One event through its topic. It is there, also where the daemon is
        killed before it says so."""
        self.queued += 1
        self.data.call("PushService", "Push", source="queued", columns=[
            {"name": "user", "strings": ["user0"]},
            {"name": "number", "integers": [self.queued]},
            {"name": "at", "integers": [NOW - MINUTE]}])

    def log_bytes(self):
        return sum(path.stat().st_size for path in
                   (self.store / "change_log").glob("*.segment"))

    # What it answers.

    def read(self, features, key, values):
        """(statuses, values) of each feature, by name."""
        field = "strings" if isinstance(values[0], str) else "int64s"
        reply = self.data.call("OnlineService", "GetFeatures",
                               features=features, include_names=True,
                               keys=[{"name": key, field: values}])
        return {column.name: (column.statuses, column_values(column))
                for column in reply.columns}

    def letters(self, source):
        path = self.store / "dead_letters" / f"{source}.jsonl"
        if not path.exists():
            return collections.Counter()
        lines = path.read_text("utf-8").split("\n")
        # The last one may not be whole yet.
        return collections.Counter(
            (line["topic"], line["partition"], line["offset"], line["reason"])
            for line in map(json.loads, lines[:-1]))

    def _windows_differ(self, view, wanted):
        key, = view.keys
        found = self.read([f"{view.name}.*"], key, KEYS[key])
        for row, one in enumerate(KEYS[key]):
            for (name, *_), answer in zip(view.features(), wanted[one]):
                statuses, values = found[name]
                alike = statuses[row] == answer.state and (
                    answer.state != PRESENT
                    or answer.error(values[row]) is not None)
                if not alike:
                    yield (f"{name} of {one}: {values[row]!r} (state "
                           f"{statuses[row]}), wanted {answer.value!r} "
                           f"({answer.state})")

    def _rows_differ(self, rows, wanted):
        found = self.read([f"{rows.name}.*"], rows.key, KEYS[rows.key])
        for row, one in enumerate(KEYS[rows.key]):
            for feature, (state, value) in zip(rows.features, wanted[one]):
                statuses, values = found[f"{rows.name}.{feature}"]
                alike = statuses[row] == state and (
                    state != PRESENT or values[row] == value)
                if not alike:
                    yield (f"{rows.name}.{feature} of {one}: {values[row]!r} "
                           f"(state {statuses[row]}), wanted {value!r} "
                           f"({state})")

    def _letters_differ(self):
        for source in FIELDS:
            found, wanted = self.letters(source), self.topics.letters(source)
            for one in found.keys() | wanted.keys():
                if found[one] != wanted[one]:
                    yield (f"dead letter {one} of {source} is there "
                           f"{found[one]} times, wanted {wanted[one]}")

    def _count(self, view):
        _, (count,) = self.read([f"{view}.count_1d"], "user", ["user0"])[
            f"{view}.count_1d"]
        return count

    def _pushed_differ(self):
        count = self._count("queued_by_user")
        if count != self.queued:
            yield f"{count} events through a topic, wanted {self.queued}"
        count = self._count("ballast_by_user")
        if not self.ballast[0] <= count <= self.ballast[1]:
            yield (f"{count} events of ballast, acknowledged and sent were "
                   f"{self.ballast}")

    def expect_whole(self, patience_s=PATIENCE_S):
        """Waits until it answers what everything that was written makes; says
        how many values that were."""
        self.topics.flush()
        windows, rows = self.topics.windows(self._now), self.topics.rows()

        def differences():
            for view, wanted in windows:
                yield from self._windows_differ(view, wanted)
            for view, wanted in rows:
                yield from self._rows_differ(view, wanted)
            yield from self._letters_differ()
            yield from self._pushed_differ()

        deadline = time.monotonic() + patience_s
        while found := list(differences()):
            if time.monotonic() > deadline:
                raise AssertionError("\n".join(
                    [f"{len(found)} differences in {patience_s} s:",
                     *found[:SHOWN], self.log()[-3000:]]))
            threading.Event().wait(0.05)
        return sum(len(answers) for _, wanted in [*windows, *rows]
                   for answers in wanted.values())

    def expect_nothing_waits(self, **environment):
        """The same at a later time, when what was ahead of it has come; and
        after a restart."""
        self.set_clock(END)
        self.expect_whole()
        self.kill()
        self.start_with(**environment)
        return self.expect_whole()
