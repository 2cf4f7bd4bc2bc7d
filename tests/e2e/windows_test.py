# SPDX-License-Identifier: Apache-2.0
"""What GetFeatures answers for windows equals what is computed from the raw
events, at points on edges and elsewhere, also when events arrive shuffled by
hours. FRESHET_SEED repeats a run, FRESHET_WINDOW_POINTS says at how many
points each test looks; with FRESHET_WINDOWS=long it takes all data."""

import math
import os
import random
import unittest

import numpy

import flight_events
import hard_events
from lock_step import LockStep
from window_functions import FUNCTIONS, NAN, Call, Values, compute
from window_model import DAY, hop_of, micros
from window_points import Points, shuffle

LONG = os.environ.get("FRESHET_WINDOWS") == "long"
POINTS = int(os.environ.get("FRESHET_WINDOW_POINTS",
                            "2000" if LONG else "400"))
SEED = int(os.environ.get("FRESHET_SEED", random.randrange(2**32)))
HARD_EVENTS = 1_000_000 if LONG else 60_000


class WindowsTest(unittest.TestCase):
    """Rules 4, 24 to 28 and, of groups, 31 of docs/semantics.md."""

    def setUp(self):
        self.chance = numpy.random.default_rng(SEED)

    def run_through(self, project, data, special=(), changed=()):
        """Goes through all points, on the way a restart, and a change of views
        to those that are `changed`."""
        streams, views, span = data
        made = span[0] // DAY * DAY - DAY
        for view in views:
            view.whole_from = made + view.stream.skew
        points = Points(self.chance, views, span, special)
        drawn = points.draw(POINTS)
        steps = LockStep(self.chance, project, streams, views)
        self.addCleanup(steps.close)
        steps.start(made)
        for i, point in enumerate(drawn):
            steps.go_to(point)
            if i == len(drawn) // 2:
                steps.restart()
            if i == len(drawn) * 2 // 3 and changed:
                steps.change(changed)
        print(f"\n{self.id()}: seed {SEED}\n{steps.report()}\n"
              f"moments: {dict(points.kinds)}")
        self.assertFalse(steps.differences, "\n".join(
            [f"{steps.differing} values differ; seed {SEED}:",
             *steps.differences]))
        self.check_nothing_is_left_out(steps, views)

    def check_nothing_is_left_out(self, steps, views):
        """A run that compares nothing would find nothing."""
        self.assertEqual(steps.points, POINTS)
        if POINTS < 400:
            return
        for name in {*FUNCTIONS, *(str(window) for view in views
                                   for window in view.windows())}:
            self.assertGreaterEqual(steps.compared[name], 100, name)
        for edge, times in steps.seen.items():
            self.assertGreaterEqual(times, 10, edge)
        for state in ("PRESENT", "NULL", "INCOMPLETE", "partial"):
            self.assertGreaterEqual(steps.states[state], 100, state)
        self.assertGreaterEqual(steps.beyond, 20)
        if any(one.by for view in views for one in view.aggregations):
            self.assertGreaterEqual(steps.some_groups, 20)
            self.assertGreaterEqual(steps.all_groups, 20)
        # Nearly always the exact sum, rounded once.
        self.assertLessEqual(steps.rounded_otherwise,
                             steps.compared["sum"] // 1_000)

    def test_flights(self):
        self.run_through("flights", flight_events.streams_and_views(LONG),
                         flight_events.SPECIAL)

    def test_flights_shuffled(self):
        data = flight_events.streams_and_views(LONG)
        shuffle(self.chance, data[0])
        self.run_through("flights", data, flight_events.SPECIAL)

    def test_hard_events(self):
        data = hard_events.streams_and_views(self.chance, HARD_EVENTS)
        self.run_through("hard", data, changed=hard_events.changed(data[0][0]))

    def test_hard_events_shuffled(self):
        data = hard_events.streams_and_views(self.chance, HARD_EVENTS)
        shuffle(self.chance, data[0])
        self.run_through("hard", data, changed=hard_events.changed(data[0][0]))


class ComputationTest(unittest.TestCase):
    """The computation that Freshet is compared with, by hand."""

    def error(self, function, values, answered, kind="double"):
        return compute(Call(function), Values(kind, values)).error(answered)

    def test_a_wrong_value_is_seen(self):
        thirds = [1 / 3] * 10
        exact = math.fsum(thirds)
        self.assertEqual(self.error("sum", thirds, exact), 0)
        self.assertIsNone(self.error("sum", thirds, exact + 1e-14))
        self.assertIsNone(self.error("max", [1.0, 3.0], math.nextafter(3, 4)))
        self.assertIsNone(self.error("min", [0.0, -0.0], 0.0))
        self.assertEqual(self.error("min", [0.0, -0.0], -0.0), 0)
        self.assertEqual(self.error("max", [1.0, NAN], NAN), 0)
        self.assertEqual(self.error("variance", [1.0, 3.0], 2.0), 0)
        self.assertIsNone(self.error("variance", [1.0, 3.0], 2 + 4e-9))
        self.assertIsNone(self.error("last_n(2)", [1, 2, 3], [3, 2], "int64"))
        self.assertIsNone(self.error("top_k(2)", ["b", "a"], ["b", "a"],
                                     "string"))
        self.assertEqual(self.error("top_k(2)", ["b", "a"], ["a", "b"],
                                    "string"), 0)
        self.assertIsNone(self.error("approx_percentile(0.5)", [100.0] * 3,
                                     101.1))
        self.assertEqual(self.error("mean", [125, 126], 1.255,
                                    "decimal(5,2)"), 0)

    def test_hops_are_those_of_rule_26(self):
        for window, hop in (("1m", "1s"), ("10m", "10s"), ("1h", "1m"),
                            ("90m", "1m"), ("1d", "5m"), ("7d", "1h"),
                            ("30d", "1h"), ("61d", "1d")):
            self.assertEqual(hop_of(micros(window)), micros(hop), window)

    def test_clocks_are_read_where_they_hang(self):
        """Flights take as long as they are in the air, and some for taxiing,
        through every zone, midnight and change of clocks."""
        flights = flight_events.flights_of(LONG)
        flights = flights[flights.air_time.notna()]
        ground = ((flights.arrived - flights.departed).dt.total_seconds() / 60
                  - flights.air_time)
        self.assertGreater(len(flights), 20_000)
        self.assertGreaterEqual(ground.min(), 1)
        self.assertLessEqual(ground.max(), 240)


if __name__ == "__main__":
    unittest.main()
