# SPDX-License-Identifier: Apache-2.0
"""What windows over streams of events have to answer: sources, views, and the
events that each window holds. Nothing of Freshet has a part in it.
docs/semantics.md, rules 4, 19, 24, 26, 27 and 28."""

import collections
import dataclasses
import datetime

import numpy

from window_functions import (ERROR, ESTIMATE, INCOMPLETE, OVERFLOW, PARTIAL,
                              PRESENT, Answer, Call, Values, compute, series,
                              some_of)

SECOND = 1_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
TILES = [SECOND, 10 * SECOND, MINUTE, 5 * MINUTE, HOUR, DAY, 32 * DAY]
UNITS = {"s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}


def micros(text):
    """Of `10m`."""
    return int(text[:-1]) * UNITS[text[-1]]


def moment(micros_of_time):
    """Of microseconds since 1970, as definitions and JSON write it."""
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (epoch + datetime.timedelta(microseconds=int(micros_of_time))
            ).isoformat()


def hop_of(length):
    """By how much the old end of a sawtooth window moves at a time."""
    return max(tile for tile in TILES if tile * 60 <= length)


class Column:
    """A field's values in all events; what stands where it is null says
    nothing."""

    def __init__(self, kind, values, nulls=None):
        self.kind = kind
        self.values = values
        self.nulls = (numpy.zeros(len(values), bool) if nulls is None
                      else numpy.asarray(nulls))

    def of(self, rows):
        return Column(self.kind, self.values[rows], self.nulls[rows])

    def at(self, rows):
        """Values of the rows in which it is not null."""
        return Values(self.kind,
                      self.values[rows[~self.nulls[rows]]].tolist())


@dataclasses.dataclass
class Stream:
    """A source with all that happens in it."""

    name: str
    fields: dict  # Name -> Column.
    id_field: str = ""
    deduplicate: int = 10 * MINUTE
    skew: int = 2 * HOUR
    kafka: dict = None  # Where it is read from; None: it is pushed.
    arrives: numpy.ndarray = None  # When each event is sent, at the earliest.
    # Once it was sent: what the clock was, and how many were before it.
    came: numpy.ndarray = None
    place: numpy.ndarray = None

    @property
    def times(self):
        return self.fields["at"].values

    def __len__(self):
        return len(self.times)

    def begin(self):
        """As if nothing was sent. Sends in the order of `arrives`."""
        self.order = numpy.argsort(self.arrives, kind="stable")
        self.came = numpy.full(len(self), numpy.iinfo(numpy.int64).max)
        self.place = numpy.empty(len(self), numpy.int64)
        self.place[self.order] = numpy.arange(len(self))
        self.duplicate = numpy.zeros(len(self), bool)
        self.sent = 0
        self._last = {}

    def take(self, before, now):
        """The rows that are sent at `now`: those that arrive before a time."""
        arrives = self.arrives[self.order]
        end = int(numpy.searchsorted(arrives, before))
        rows = self.order[self.sent:end]
        self.sent = max(self.sent, end)
        self.came[rows] = now
        if self.id_field:
            self._find_duplicates(rows, now)
        return rows

    def _find_duplicates(self, rows, now):
        for row, name in zip(rows.tolist(), self.fields[self.id_field]
                             .values[rows].tolist()):
            last = self._last.get(name)
            self.duplicate[row] = (last is not None
                                   and now - last <= self.deduplicate)
            self._last[name] = now


@dataclasses.dataclass(frozen=True, order=True)
class Window:
    """Which events before a request a feature is of."""

    text: str  # As definitions write it.
    exact: bool = False
    count: int = 1  # Of a series: so many, each before the next.

    def __str__(self):
        return (self.text + f" x{self.count}" * (self.count > 1)
                + " exact" * self.exact)

    @property
    def lifetime(self):
        return self.text == "lifetime"

    @property
    def length(self):
        return micros(self.text)

    @property
    def reach(self):
        """How far back the first of a series begins."""
        return self.length * self.count

    @property
    def hop(self):
        """By how much its old end moves at a time."""
        return 1 if self.exact else hop_of(self.length)


@dataclasses.dataclass
class Aggregation:
    column: str  # "": rows.
    functions: list
    windows: list
    exact: bool = False
    force: bool = False
    series: tuple = ()  # A window, and how many.
    by: str = ""  # A field.
    max_groups: int = 100

    def all_windows(self):
        found = [Window(text, self.exact) for text in self.windows]
        if self.series:
            found.append(Window(self.series[0], self.exact, self.series[1]))
        return found


@dataclasses.dataclass
class History:
    """What files of events say of a stretch of time, in the place of what was
    sent (rule 29)."""

    begin: int
    end: int
    rows: numpy.ndarray  # Of the stream's events: which are in the files.


@dataclasses.dataclass
class View:
    name: str
    stream: Stream
    keys: list  # Join keys; each is a field, and an entity of that name.
    aggregations: list
    filter: str = ""
    passes: object = None  # Of fields: which rows pass.
    columns: dict = dataclasses.field(default_factory=dict)
    # Name -> (expression, what computes its Column of fields).
    since: int = 0
    grace: str = ""
    on_incomplete: str = "nothing"
    whole_from: int = 0  # Set when it is made.
    batch_source: dict = None  # As a definition has it.
    history: History = None  # What is loaded of it.

    def features(self):
        """(name, column, call, window), as it defines them."""
        for aggregation in self.aggregations:
            prefix = aggregation.column + "_" if aggregation.column else ""
            by = f"_by_{aggregation.by}" if aggregation.by else ""
            keys = ["keys"] if aggregation.by else []
            for text in aggregation.functions + keys:
                call = Call(text, aggregation.by, aggregation.max_groups)
                for window in aggregation.all_windows():
                    suffix = f"_x{window.count}" * (window.count > 1)
                    yield (f"{self.name}.{prefix}{call.feature()}_"
                           f"{window.text}{suffix}{by}",
                           aggregation.column, call, window)

    def windows(self):
        return sorted({window for aggregation in self.aggregations
                       for window in aggregation.all_windows()})

    def late(self):
        """How long after it happened an event still counts."""
        finite = [window.reach + (0 if window.exact else hop_of(window.reach))
                  for window in self.windows() if not window.lifetime]
        return max(finite, default=0) + (micros(self.grace) if self.grace
                                         else 0)

    def begin_of(self, window, now):
        """Of the window of a request at `now`, which ends there."""
        if window.lifetime:
            return min(self.since, now)
        return self.edges_of(window, now)[0]

    def edges_of(self, window, now):
        """Where each window of a series begins, and where the last ends."""
        if window.lifetime:
            return [self.begin_of(window, now), now]
        return [(now - later * window.length) // window.hop * window.hop
                for later in range(window.count, 0, -1)] + [now]


class Model:
    """What a view has to answer."""

    def __init__(self, view):
        self.view = view
        stream = view.stream
        fields = dict(stream.fields)
        for name, (_, compute_column) in view.columns.items():
            fields[name] = compute_column(stream.fields)
        self._fields = fields
        self._rows_field = Column("int64", numpy.ones(len(stream), int))
        self._passes = (numpy.ones(len(stream), bool) if view.passes is None
                        else view.passes(stream.fields))
        self._keyed = numpy.ones(len(stream), bool)
        for key in view.keys:
            self._keyed &= ~fields[key].nulls
        kept = numpy.flatnonzero(self._passes & self._keyed)
        # By time, and those of one time as they came.
        kept = kept[numpy.lexsort((stream.place[kept], stream.times[kept]))]
        self._of_key = {}
        keys = list(zip(*(fields[key].values[kept].tolist()
                          for key in view.keys)))
        for row, key in zip(kept.tolist(), keys):
            self._of_key.setdefault(key, []).append(row)

    def _late(self, rows):
        """Which of the rows came when they were in no window any more."""
        view, times = self.view, self.view.stream.times[rows]
        late = times < view.stream.came[rows] - view.late()
        if any(window.lifetime for window in view.windows()):
            late &= times < view.since
        return late

    def _counted(self, key):
        """All events of the key that came and count, by time."""
        stream = self.view.stream
        rows = numpy.asarray(self._of_key.get(key, []), numpy.int64)
        self._of_key[key] = rows
        sent = stream.place[rows] < stream.sent
        counts = sent & ~self._late(rows) & ~stream.duplicate[rows]
        history = self.view.history
        if history:
            times = stream.times[rows]
            past = (times >= history.begin) & (times < history.end)
            counts = numpy.where(past, history.rows[rows], counts)
        return rows[counts]

    def outcomes(self, now):
        """How many of the events that were sent became what until `now`. One
        that is of the future counts again once it is not."""
        stream = self.view.stream
        rows = numpy.flatnonzero(stream.place < stream.sent)
        counts = collections.Counter()

        def take(outcome, which):
            nonlocal rows
            counts[outcome] += int(which.sum())
            rows = rows[~which]

        take("duplicate", stream.duplicate[rows])
        take("filtered", ~self._passes[rows])
        ahead = stream.times >= stream.came
        counts["future"] = int(ahead[rows].sum())
        rows = rows[~ahead[rows] | (stream.times[rows] < now)]
        take("late", self._late(rows))
        take("no_key", ~self._keyed[rows])
        counts["added"] = len(rows)
        return counts

    def answers(self, key, now, seen=None):
        """An Answer for each feature of an entity at `now`. `seen` counts what
        edges were among them."""
        view = self.view
        rows = self._counted(key)
        times = view.stream.times[rows]
        in_window, columns = {}, {}
        for window in view.windows():
            edges = view.edges_of(window, now)
            places = [int(place) for place in numpy.searchsorted(times, edges)]
            in_window[window] = [rows[first:end] for first, end in
                                 zip(places, places[1:])]
            if seen is not None:
                self._note_edges(window, edges, times, seen)
        found = []
        for _, column, call, window in view.features():
            if (column, window) not in columns:
                field = self._fields[column] if column else self._rows_field
                columns[column, window] = [field.at(part) for part in
                                           in_window[window]]
            if call.by:
                answer = self._by_group(column, call, in_window[window][0])
            elif window.count > 1:
                answer = series([compute(call, part)
                                 for part in columns[column, window]])
            else:
                answer = compute(call, columns[column, window][0])
            found.append(self._whole_or_not(answer, window, now))
        return found

    def _by_group(self, column, call, rows):
        """What a function is of each group of the rows; more groups than are
        kept are some of them, in the same order."""
        by = self._fields[call.by]
        field = self._fields[column] if column else self._rows_field
        groups = {}
        for row in rows[~by.nulls[rows] & ~field.nulls[rows]].tolist():
            groups.setdefault(by.at(numpy.array([row])).values[0],
                              []).append(row)
        keys = sorted(groups)
        answers = [Answer(key) if call.function == "keys" else
                   compute(call, field.at(numpy.array(groups[key])))
                   for key in keys]
        if len(keys) <= call.max_groups:
            return series(answers)
        return some_of(answers, call.max_groups)

    def _note_edges(self, window, edges, times, seen):
        begin, now = edges[0], edges[-1]
        for edge in edges[1:-1]:
            places = numpy.searchsorted(times, [edge - 1, edge, edge + 1])
            seen["event at an edge of a series"] += places[2] > places[1]
            seen["event just before that"] += places[1] > places[0]
        seen["windows"] += 1
        present = numpy.searchsorted(times, [begin, begin + 1, now, now + 1])
        seen["empty"] += present[0] == present[2]
        seen["event at the old end"] += present[1] > present[0]
        seen["event at the request's time"] += present[3] > present[2]
        seen["event just before it"] += now - 1 in times[
            max(0, present[2] - 1):present[2]]
        if window.exact:
            seen["event at the old end, exactly"] += present[1] > present[0]
            seen["event a microsecond before that"] += begin - 1 in times[
                max(0, present[0] - 1):present[0]]
        elif not window.lifetime:
            exact = numpy.searchsorted(times, now - window.reach)
            seen["events before W, after the hop"] += present[0] < exact

    def _whole_or_not(self, answer, window, now):
        if answer.state == ERROR | OVERFLOW:
            return answer
        if answer.some:
            answer.state = INCOMPLETE | (
                PARTIAL if self.view.on_incomplete == "value" else 0)
            return answer
        begin, history = self.view.begin_of(window, now), self.view.history
        if begin >= self.view.whole_from:
            return answer
        if history and (begin >= history.begin
                        and self.view.whole_from <= history.end):
            return answer
        partial = (answer.state in (PRESENT, ESTIMATE)
                   and self.view.on_incomplete == "value")
        answer.state = INCOMPLETE | (PARTIAL if partial else 0)
        return answer
