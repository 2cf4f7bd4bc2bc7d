# SPDX-License-Identifier: Apache-2.0
"""The example's SQL job against the independent computation, cell by cell."""

import datetime
import math
import pathlib
import sys
import tempfile
import unittest

import pyarrow.parquet

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "examples" / "flights"))

import expected_rows  # noqa: E402
import prepare  # noqa: E402

UTC = datetime.timezone.utc
AS_OF = datetime.date(2013, 12, 31)
KEYS = {
    "carrier_daily": ("carrier", "day"),
    "plane_history": ("tailnum",),
    "origin_hourly": ("origin", "hour"),
    "route_history": ("origin", "dest"),
}
EVENT_TIMES = {
    "carrier_daily": "day",
    "plane_history": "last_departure",
    "origin_hourly": "observed_at",
    "route_history": "last_departure",
}
# What the warehouse's columns are called as features, where that differs.
FEATURES = {
    "temp": "temperature", "humid": "humidity", "wind_dir": "wind_direction",
    "precip": "precipitation", "visib": "visibility",
}


def as_instant(value):
    """An event time as UTC. The end of a day in New York for a date."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=value.tzinfo or UTC)
    return expected_rows.instant_in_new_york(
        value + datetime.timedelta(days=1), 0)


def same(left, right):
    """Equal, of one type, and floats in every bit."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and isinstance(right, float):
        return left == right and math.copysign(1, left) == math.copysign(
            1, right)
    return type(left) is type(right) and left == right


def differences(view, table, rows):
    """What differs between a table as the job wrote it and the rows expected,
    one line each."""
    found = []
    seen = set()
    for row in table.to_pylist():
        key = tuple(row[name] for name in KEYS[view])
        if key in seen:
            found.append(f"{view} {key}: twice")
        seen.add(key)
        if key not in rows:
            found.append(f"{view} {key}: not expected")
            continue
        event_time, values = rows[key]
        if as_instant(row[EVENT_TIMES[view]]) != event_time:
            found.append(f"{view} {key}: event time is "
                         f"{row[EVENT_TIMES[view]]}, expected {event_time}")
        got = {FEATURES.get(name, name): value for name, value in row.items()}
        if "last_departure" in got:
            got["last_departure"] = as_instant(got["last_departure"])
        for name, value in values.items():
            if not same(got[name], value):
                found.append(f"{view} {key}: {name} is {got[name]!r}, "
                             f"expected {value!r}")
    found += [f"{view} {key}: missing" for key in rows.keys() - seen]
    return found


class FlightsSqlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.expected = expected_rows.compute(AS_OF)
        cls.warehouse = prepare.open_warehouse()
        cls.sql = prepare.job()

    def run_job(self, sql, views=KEYS):
        """All differences of the tables that the job writes."""
        prepare.run_job(self.warehouse, AS_OF, sql)
        found = []
        for view in views:
            with tempfile.TemporaryDirectory() as folder:
                directory = pathlib.Path(folder) / view
                prepare.write_table(self.warehouse, view, directory)
                table = pyarrow.parquet.read_table(directory)
            found += differences(view, table, self.expected[view])
        return found

    def test_every_cell_equals_the_independent_computation(self):
        found = self.run_job(self.sql)

        self.assertEqual(found[:10], [], f"{len(found)} cells differ")
        self.assertEqual(
            {view: len(rows) for view, rows in self.expected.items()},
            {"carrier_daily": 5432, "plane_history": 4043,
             "origin_hourly": 26223, "route_history": 224})

    def test_a_job_with_one_small_error_differs(self):
        errors = [
            ("carrier_daily", "arr_delay >= 15", "arr_delay > 15"),
            ("carrier_daily", "JOIN range(7)", "JOIN range(6)"),
            ("plane_history", "'as_of') - 28", "'as_of') - 27"),
            ("plane_history", "BY departs_at DESC", "BY departs_at"),
            ("origin_hourly", "now_.visib < 3", "now_.visib <= 3"),
            ("origin_hourly", "hours_ago < 3", "hours_ago <= 3"),
            ("route_history", "(arr_delay, 0.9)", "(arr_delay, 0.89)"),
        ]
        for view, right, wrong in errors:
            with self.subTest(wrong):
                self.assertIn(right, self.sql)
                sql = self.sql.replace(right, wrong)
                self.assertNotEqual(self.run_job(sql, [view]), [])

    def test_the_same_inputs_give_the_same_bytes(self):
        written = []
        for _ in range(2):
            prepare.run_job(self.warehouse, AS_OF, self.sql)
            with tempfile.TemporaryDirectory() as folder:
                directory = pathlib.Path(folder) / "route_history"
                prepare.write_table(self.warehouse, "route_history", directory)
                written.append({path.name: path.read_bytes()
                                for path in sorted(directory.iterdir())})

        self.assertEqual(written[0], written[1])
        self.assertEqual(list(written[0]), ["_SUCCESS", "part-00000.parquet"])


if __name__ == "__main__":
    unittest.main()
