# SPDX-License-Identifier: Apache-2.0
"""A daemon and a model go through the same events in lock step: all that
arrives before a moment is sent, the clock is put there, and what the daemon
answers is compared with what the model says."""

import collections
import contextlib
import json
import time

import numpy

from freshet_daemon import PATIENCE_S, Daemon
from raw_api import Api, column_values
from window_definitions import definitions
from window_functions import (ERROR, ESTIMATE, INCOMPLETE, NULL, OVERFLOW,
                              PARTIAL, PRESENT, same)
from window_model import HOUR, MINUTE, SECOND, Model, moment

CONFIG = """
project: {project}
settings:
  listen: {{data: "127.0.0.1:0", admin: "127.0.0.1:0", http: "127.0.0.1:0"}}
  storage: {{directory: "{{store}}"}}
  log: {{slow_request: 10s}}
  clock: {{simulated_start: "{clock}"}}
"""
BEFORE_ALL = 978_307_200 * SECOND  # 2001-01-01
EVENTS_AT_ONCE = 5_000
SPREADS = ("stddev", "stddev_pop", "variance", "variance_pop")
VALUE_FIELDS = {"bool": "bools", "string": "strings", "double": "doubles",
                "float": "doubles"}  # Of pushes; the others are integers.
DIFFERENCES_SHOWN = 12
STATES = {PRESENT: "PRESENT", NULL: "NULL", ERROR | OVERFLOW: "overflow",
          INCOMPLETE: "INCOMPLETE", INCOMPLETE | PARTIAL: "partial",
          ESTIMATE: "estimate"}


def _near(left, right):
    """But for the last bits."""
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_near, left, right))
    if left is None or right is None:
        return left is right
    return bool(numpy.isclose(left, right, rtol=1e-9, atol=0, equal_nan=True))


class LockStep:
    """One daemon with some views, which were made at a moment of its clock."""

    def __init__(self, chance, project, streams, views):
        self._chance, self._streams, self._views = chance, streams, views
        self._project = project
        self.daemon = Daemon("")
        self._data = self._admin = None
        self._first = None  # When something was sent first.
        self.seen = collections.Counter()
        self.states = collections.Counter()
        self.compared = collections.Counter()
        self.largest = collections.Counter()  # Error by function.
        self.points = self.events = self.differing = 0
        self.rounded_otherwise = self.beyond = 0
        self.some_groups = self.all_groups = 0
        self.seconds = collections.Counter()
        self.differences = []

    def start(self, made):
        """`made`: when the daemon's clock makes the views."""
        self._configure()
        self._connect()
        self._set_clock(made)
        reply = self._admin.call(
            "AdminService", "ApplyDefinitions", source_name="windows",
            definitions=definitions(self._project, self._streams, self._views))
        if not reply.applied:
            raise AssertionError("\n".join(reply.problems))
        for stream in self._streams:
            stream.begin()
        self._models = [Model(view) for view in self._views]
        self._now = made

    def change(self, views):
        """Has these in the place of those of their names: made of the change
        log, which begins with the first event that was sent."""
        for view in views:
            view.whole_from = self._first + view.stream.skew
            place = [one.name for one in self._views].index(view.name)
            self._views[place] = view
            self._models[place] = Model(view)
        reply = self._admin.call(
            "AdminService", "ApplyDefinitions", source_name="windows",
            definitions=definitions(self._project, self._streams, self._views))
        if not reply.applied:
            raise AssertionError("\n".join(reply.problems))
        deadline = time.monotonic() + PATIENCE_S
        while any(view.HasField("build_records_left") for view in
                  self._admin.call("AdminService", "ListViews").stream_views):
            if time.monotonic() > deadline:
                raise AssertionError("it is not made:\n" + self.daemon.log())

    def _configure(self, clock=BEFORE_ALL):
        """`clock`: what the daemon's says from its start until it is set."""
        self.daemon.write_config(CONFIG.format(project=self._project,
                                               clock=moment(clock)))

    def _connect(self):
        self.daemon.start()
        self._data = Api(self.daemon.ports["data"])
        self._admin = Api(self.daemon.ports["admin"])

    def restart(self):
        self._disconnect()
        self.daemon.stop()
        self._connect()
        self._set_clock(self._now)

    def _disconnect(self):
        for api in (self._data, self._admin):
            if api is not None:
                api.close()

    def close(self):
        self._disconnect()
        self.daemon.close()

    @contextlib.contextmanager
    def _timed(self, what):
        began = time.monotonic()
        yield
        self.seconds[what] += time.monotonic() - began

    def _set_clock(self, now):
        with self._timed("clock"):
            self._admin.call("AdminService", "SetClock", now_micros=int(now),
                             hold=True)

    def go_to(self, point):
        """Sends what arrives before it, now and then at some moments on the
        way and some of it before its time, and compares what is answered."""
        way = sorted(self._chance.integers(
            self._now, point.now, self._chance.integers(3), endpoint=True))
        ahead = self._chance.choice([0, 1, SECOND, HOUR])
        for now in way:
            self._send(now, now + ahead)
        near = max(self._now, point.now - int(self._chance.choice([0, MINUTE])))
        # No further ahead of the clock than on the way, or it is refused.
        self._send(near, max(point.now, near + ahead))
        self.look(point)

    def look(self, point):
        """Compares what is answered there."""
        self._set_clock(point.now)
        self._now = point.now
        self._compare(point)

    def _send(self, now, before):
        self._set_clock(now)
        for stream in self._streams:
            rows = stream.take(before, now)
            if len(rows) and self._first is None:
                self._first = now
            self.events += len(rows)
            for at in range(0, len(rows), EVENTS_AT_ONCE):
                self._push(stream, rows[at:at + EVENTS_AT_ONCE])

    def _push(self, stream, rows):
        reply = self._push_fields(stream.name, {
            name: column.of(rows) for name, column in stream.fields.items()})
        if reply.accepted != len(rows):
            raise AssertionError(f"{len(rows)} events were pushed to "
                                 f"'{stream.name}': {reply}")

    def _push_fields(self, source, fields):
        columns = []
        for name, column in fields.items():
            nulls = column.nulls
            columns.append({
                "name": name,
                "nulls": nulls.astype(numpy.uint8).tobytes() if nulls.any()
                else b"",
                VALUE_FIELDS.get(column.kind, "integers"):
                    column.values.tolist()})
        with self._timed("push"):
            return self._data.call("PushService", "Push", source=source,
                                   columns=columns)

    def _read(self, point, keys, **what):
        """(column, its values) by name."""
        columns = []
        for key in keys:
            values = [entity[key] for entity in point.entities]
            field = "strings" if isinstance(values[0], str) else "int64s"
            columns.append({"name": key, field: values})
        with self._timed("read"):
            reply = self._data.call("OnlineService", "GetFeatures",
                                    keys=columns, include_names=True, **what)
        if reply.request_time_micros != point.now:
            raise AssertionError(f"the clock stands at {point.now}, and the "
                                 f"request was at {reply.request_time_micros}")
        return {column.name: (column, column_values(column))
                for column in reply.columns}

    def _compare(self, point):
        columns = self._read(point, point.entities[0], feature_service="all")
        self.points += len(point.entities)
        for row, entity in enumerate(point.entities):
            for model in self._models:
                self._compare_view(model, columns, row, (point, entity))
        self._compare_some(point, columns)

    def _compare_some(self, point, columns):
        """Some features of a view by themselves are what they are among all;
        the last bits of spreads are those of the order of merges, which a
        flush between the two may change."""
        view = self._views[self._chance.integers(len(self._views))]
        calls = {name: call for name, _, call, _ in view.features()}
        names = self._chance.choice(list(calls), self._chance.integers(
            1, len(calls), endpoint=True), replace=False).tolist()
        some = self._read(point, view.keys, features=names)
        for name in names:
            (column, values), (other, others) = some[name], columns[name]
            function = calls[name].function
            # Beyond its size top_k is what merges in their order left of it.
            near = function == "top_k" or (
                function in SPREADS and _near(values, others))
            if column.statuses != other.statuses or not (
                    near or same(values, others)):
                self._differs(f"{name} by itself at {point.now}: {values}, "
                              f"among all {others}")

    def _compare_view(self, model, columns, row, where):
        point, entity = where
        key = tuple(entity[name] for name in model.view.keys)
        key = tuple(value if isinstance(value, str) else int(value)
                    for value in key)
        with self._timed("model"):
            answers = model.answers(key, point.now, self.seen)
        for (name, _, call, window), answer in zip(model.view.features(),
                                                   answers):
            column, values = columns[name]
            state = column.statuses[row]
            self.states[STATES.get(answer.state, answer.state)] += 1
            self.some_groups += answer.some
            self.all_groups += bool(call.by and answer.value
                                    and answer.state == PRESENT)
            value, error = None, 0.0 if state == answer.state else None
            if error is not None and answer.state in (PRESENT, ESTIMATE,
                                                      INCOMPLETE | PARTIAL):
                value = values[row]
                error = answer.error(value)
                self._count(call.function, window, answer, value)
            if error is not None:
                self.largest[call.function] = max(
                    self.largest[call.function], error)
                continue
            self._differs(
                f"{name} of {key} at {point.now}: "
                f"{STATES.get(state, state)} {value!r}, wanted "
                f"{STATES.get(answer.state, answer.state)} {answer.value!r}")

    def _count(self, function, window, answer, value):
        self.compared[function] += 1
        self.compared[str(window)] += 1
        if answer.some:
            return
        if function in ("sum", "mean"):
            self.rounded_otherwise += (answer.check is not None
                                       and not same(value, answer.value))
        elif function in ("top_k", "count_distinct"):
            self.beyond += answer.check is not None

    def _differs(self, text):
        self.differing += 1
        if len(self.differences) < DIFFERENCES_SHOWN:
            self.differences.append(text)

    def report(self):
        return "\n".join([
            f"{self.points} points, {self.events} events, "
            f"{sum(self.states.values())} values: " + json.dumps(self.states),
            *map(self._came, self._streams),
            "edges: " + json.dumps(
                {edge: int(times) for edge, times in self.seen.items()}),
            "values compared, and the largest error:",
            *(f"  {name:24}{self.compared[name]:8}  "
              f"{float(self.largest[name]):.2e}"
              for name in sorted(self.compared)),
            f"sums and means of doubles that are rounded otherwise: "
            f"{self.rounded_otherwise}",
            f"top_k and count_distinct beyond their sizes: {self.beyond}",
            f"of all groups: {self.all_groups}, of some: {self.some_groups}",
            "seconds: " + ", ".join(f"{what} {spent:.1f}" for what, spent
                                    in self.seconds.items())])

    def _came(self, stream):
        """How the events came that were sent."""
        sent = stream.order[:stream.sent]
        waited = stream.came[sent] <= stream.times[sent]
        hours = stream.came[sent] - stream.times[sent] > HOUR
        return (f"'{stream.name}': {stream.sent} sent, {waited.sum()} waited "
                f"for their time, {hours.sum()} came more than an hour after "
                f"it, {stream.duplicate[sent].sum()} came again")
