# SPDX-License-Identifier: Apache-2.0
"""What windows answer whose past comes from files of events, and what happened
since from the stream, equals what is computed from all raw events, around the
cut-over and elsewhere: with events that come late, a correction as a new
version, a rollback, other tiles, restarts and kills. FRESHET_SEED repeats a
run."""

import decimal
import os
import random
import subprocess
import unittest

import numpy
import pyarrow
import pyarrow.parquet

import hard_events
from lock_step import BEFORE_ALL, CONFIG, LockStep
from window_model import DAY, HOUR, History, moment
from window_points import Points, shuffle

SEED = int(os.environ.get("FRESHET_SEED", random.randrange(2**32)))
POINTS = int(os.environ.get("FRESHET_WINDOW_POINTS", "120"))
EVENTS = 20_000
MADE = hard_events.FIRST_DAY + 15 * DAY  # The views, and the first push.
SINCE = hard_events.FIRST_DAY + DAY // 2  # The files are whole from then on.
SETTLE = 2 * HOUR
# Windows that are shorter than what settles reach no history.
SHORT = ("account_short", "account_exact")
ARROW = {"int64": pyarrow.int64(), "int32": pyarrow.int32(),
         "double": pyarrow.float64(), "string": pyarrow.string(),
         "bool": pyarrow.bool_(), "timestamp": pyarrow.timestamp("us", "UTC"),
         "decimal(12,2)": pyarrow.decimal128(12, 2)}


def arrow_array(column):
    values = column.values.tolist()
    if column.kind.startswith("decimal"):
        values = [decimal.Decimal(value).scaleb(-2) for value in values]
    return pyarrow.array(values, ARROW[column.kind], mask=column.nulls)


class HistoryStep(LockStep):
    """As LockStep, with files of what happened before."""

    def _configure(self, clock=BEFORE_ALL):
        text = CONFIG.format(project=self._project, clock=moment(clock))
        self.daemon.write_config(text.replace(
            "  log:", f"  load: {{roots: [{self.daemon.directory}]}}\n  log:"))

    def start(self, made):
        super().start(made)
        self._exports = 0
        for stream in self._streams:
            # What arrived before the views were made nobody sends.
            gone = stream.arrives[stream.order] < made
            stream.sent = int(gone.sum())
            stream.duplicate[stream.order[gone]] = True

    def now(self):
        return self._now

    def export(self, stream, until):
        """A directory of all events that have arrived, each once, and which
        they are."""
        rows = stream.order[stream.arrives[stream.order] <= until]
        first = numpy.unique(stream.fields["id"].values[rows],
                             return_index=True)[1]
        rows = rows[numpy.sort(first)]
        self._exports += 1
        directory = self.daemon.directory / f"export-{self._exports}"
        directory.mkdir()
        half = len(rows) // 2
        for name, some in (("a", rows[:half]), ("b", rows[half:])):
            pyarrow.parquet.write_table(pyarrow.table(
                {field: arrow_array(column.of(some))
                 for field, column in stream.fields.items()}),
                directory / f"{name}.parquet")
        chosen = numpy.zeros(len(stream), bool)
        chosen[rows] = True
        return directory, chosen

    def load(self, views, told):
        """A new version of the history of each. `told`: that they are of now;
        else they are of their newest event."""
        for stream in self._streams:
            directory, rows = self.export(stream, self._now)
            as_of = self._now if told else int(stream.times[
                rows & (stream.times <= self._now)].max())
            for view in views:
                if not view.batch_source:
                    continue
                arguments = ["--as-of", moment(self._now)] if told else []
                self.daemon.must("load", f"{view.name}.history", directory,
                                 *arguments)
                view.history = span_of(view, as_of, rows)

    def kill_in_a_load(self, view):
        """Ends the daemon whatever it does, in the middle of a load."""
        directory, _ = self.export(view.stream, self._now)
        mark = self.daemon.mark()
        with subprocess.Popen(
                self.daemon.command("load", f"{view.name}.history", directory),
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as load:
            self.daemon.wait_for_log(f"'{view.name}.history' .*begins", mark)
            self.daemon.process.kill()
            self.daemon.process.wait()
            load.wait()
        self.restart()


def span_of(view, as_of, rows):
    # Exact windows of up to three days have no tiles of a day.
    step = DAY if view.late() > 3 * DAY else HOUR
    end = (as_of - SETTLE) // step * step
    reach = end - view.late()
    if any(window.lifetime for window in view.windows()):
        reach = min(reach, view.since)
    begin = -(-max(SINCE, reach) // step) * step
    return History(begin, end, rows)


class HistoryTest(unittest.TestCase):
    """Rules 15, 16, 27, 28 and 29 of docs/semantics.md."""

    def setUp(self):
        self.chance = numpy.random.default_rng(SEED)
        streams, views, span = hard_events.streams_and_views(
            self.chance, EVENTS)
        shuffle(self.chance, streams)
        for stream in streams:
            # Some come when files have taken their place.
            stream.arrives += numpy.where(
                self.chance.random(len(stream)) < 0.04,
                self.chance.integers(DAY, 5 * DAY, len(stream)), 0)
        self.views = views
        for view in views:
            self.describe(view)
            view.whole_from = MADE + view.stream.skew
        self.points = Points(self.chance, views, (MADE, span[1])).draw(POINTS)
        self.steps = HistoryStep(self.chance, "history", streams, views)
        self.addCleanup(self.steps.close)

    def describe(self, view):
        if view.name in SHORT:
            return
        view.batch_source = {"path": "events", "since": moment(SINCE)}

    def go(self, day):
        """Looks at all points until a day, and comes to its end."""
        until = hard_events.FIRST_DAY + day * DAY
        while self.points and self.points[0].now < until:
            point = self.points.pop(0)
            if point.now >= self.steps.now():  # Not of the end of the last.
                self.steps.go_to(point)
        self.steps.go_to(Points(self.chance, self.views,
                                (until, until + HOUR)).draw(1)[0])

    def test_the_past_comes_from_files_and_the_rest_from_the_stream(self):
        steps, views = self.steps, self.views
        steps.start(MADE)
        self.go(17)  # Nothing but the stream.
        before = steps.states["INCOMPLETE"]
        self.assertGreater(before, 0)
        steps.load(views, told=True)
        self.go(20)
        steps.restart()
        self.go(22)
        steps.kill_in_a_load(views[0])
        first = {view.name: view.history for view in views}
        self.go(24)
        steps.load(views, told=False)  # What came late is in these files.
        self.go(28)
        self.check_late_events_are_counted()
        for view in views:
            if view.history:
                steps.daemon.must("rollback", f"{view.name}.history")
                view.history = first[view.name]
        self.go(31)
        # Tiles of others do not fit, until they are made anew.
        changed = hard_events.changed(views[0].stream)
        for view in changed:
            self.describe(view)
        steps.change(changed)
        self.check_others_are_not_read(changed)
        self.go(33)
        steps.load(changed, told=True)
        self.go(39)
        print(f"\n{self.id()}: seed {SEED}\n{steps.report()}")
        self.assertFalse(steps.differences, "\n".join(
            [f"{steps.differing} values differ; seed {SEED}:",
             *steps.differences]))
        self.assertGreaterEqual(steps.points, POINTS * 9 // 10)
        for state in ("PRESENT", "NULL", "INCOMPLETE", "partial"):
            self.assertGreaterEqual(steps.states[state], 100, state)

    def check_late_events_are_counted(self):
        for view in self.steps.daemon.must("views", "--json").json()[
                "stream_views"]:
            if view["name"] in SHORT:
                continue
            self.assertGreater(int(view["events"]["before_cutover"]), 0, view)

    def check_others_are_not_read(self, changed):
        views = self.steps.daemon.must("views", "--json").json()
        streams = {view["name"]: view for view in views["stream_views"]}
        histories = {view["name"]: view for view in views["views"]}
        for view in changed:
            if not view.batch_source:
                continue
            self.assertEqual(
                int(streams[view.name].get("history_version", 0)), 0)
            self.assertIn("load it anew",
                          histories[f"{view.name}.history"]["message"])


if __name__ == "__main__":
    unittest.main()
