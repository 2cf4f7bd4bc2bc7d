# SPDX-License-Identifier: Apache-2.0
"""When and of whom windows are asked, and in which order events arrive."""

import collections
import dataclasses

import numpy

from window_model import HOUR, MINUTE


@dataclasses.dataclass
class Point:
    """A moment, and the entities that are asked for then: a value of each join
    key of all views."""

    now: int
    entities: list


class Points:
    """Moments at which something begins or ceases to count, and others."""

    def __init__(self, chance, views, span, special=()):
        self._chance, self._views, self._special = chance, views, special
        self._first, self._last = span
        self._keys = sorted({key for view in views for key in view.keys})
        self._streams = list({view.stream.name: view.stream
                              for view in views}.values())
        self.kinds = collections.Counter()

    def draw(self, count):
        points = []
        asked = 0
        while asked < count:
            stream, row = self._event()
            kind, now = self._moment(stream, int(stream.times[row]))
            if not self._first < now < self._last:
                continue
            self.kinds[kind] += 1
            entities = [self._entity(stream, row)]
            if self._chance.random() < 0.5 and asked + 1 < count:
                entities.append(self._other_entity())
            points.append(Point(now, entities))
            asked += len(entities)
        return sorted(points, key=lambda point: point.now)

    def _event(self):
        weights = [len(stream) for stream in self._streams]
        stream = self._streams[self._chance.choice(
            len(weights), p=[one / sum(weights) for one in weights])]
        return stream, int(self._chance.integers(len(stream)))

    def _moment(self, stream, time):
        """By an event's time, mostly."""
        view = self._views[self._chance.integers(len(self._views))]
        window = self._one_of(one for one in view.windows()
                              if not one.lifetime)
        # Of a series one of its edges, also the first.
        after = int(self._chance.integers(1, window.count, endpoint=True))
        length, hop = window.length * after, window.hop
        gone = time // hop * hop + hop + length
        moments = {
            "at the moment of an event": time,
            "just after it": time + 1,
            "a window after it": time + length,
            "the last moment in a window": gone - 1,
            "the first out of it": gone,
            "at a hop": time // hop * hop + hop,
            "the last before it is whole": view.whole_from + window.reach - 1,
            "the first in which it is": view.whole_from + window.reach,
            "at any time": int(self._chance.integers(self._first, self._last)),
        }
        exact = sorted({one.length for each in self._views
                        if each.stream is stream
                        for one in each.windows() if one.exact})
        if exact:
            left = time + self._one_of(exact)
            moments["as it is the first of an exact window"] = left
            moments["a microsecond after that"] = left + 1
        inner = sorted({one.length * later for each in self._views
                        if each.stream is stream
                        for one in each.windows() if one.exact
                        for later in range(1, one.count)})
        if inner:
            left = time + self._one_of(inner)
            moments["at an edge of a series"] = left
            moments["a microsecond after it"] = left + 1
        if self._special:
            moments["on a special day"] = self._special_moment()
        kind = list(moments)[self._chance.integers(len(moments))]
        return kind, moments[kind]

    def _one_of(self, choices):
        choices = list(choices)
        return choices[self._chance.integers(len(choices))]

    def _special_moment(self):
        around = self._special[self._chance.integers(len(self._special))]
        return int(around + self._chance.integers(-60, 60) * 10 * MINUTE)

    def _entity(self, stream, row):
        """Of an event; what its stream does not have is of another one."""
        entity = {}
        for key in self._keys:
            if key in stream.fields and not stream.fields[key].nulls[row]:
                entity[key] = stream.fields[key].values[row]
            else:
                entity[key] = self._any_value(key)
        return entity

    def _any_value(self, key):
        for stream in self._streams:
            if key in stream.fields:
                return stream.fields[key].values[
                    self._chance.integers(len(stream))]
        raise KeyError(key)

    def _other_entity(self):
        entity = {key: self._any_value(key) for key in self._keys}
        if self._chance.random() < 0.2:  # Of no event.
            entity = {key: "nowhere" if isinstance(value, str) else 77
                      for key, value in entity.items()}
        return entity


def shuffle(chance, streams):
    """Each event comes hours late, or, up to an hour, before its time."""
    for one in streams:
        kind = chance.random(len(one))
        delay = numpy.select(
            [kind < 0.3, kind < 0.8, kind < 0.95],
            [0, chance.random(len(one)) * 3 * HOUR,
             -chance.random(len(one)) * HOUR],
            chance.random(len(one)) * 26 * HOUR)
        one.arrives = one.arrives + delay.astype(numpy.int64)
