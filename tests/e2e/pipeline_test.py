# SPDX-License-Identifier: Apache-2.0
"""The pipeline of the flights example over real days: DuckDB, dbt, Airflow, an
S3 server, Freshet. 14 days around the change of clocks of March 2013, or with
FRESHET_PIPELINE_DAYS=year all of 2013."""

import datetime
import os
import pathlib
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "examples" / "flights" / "pipeline"))

import pipeline  # noqa: E402

DAY = datetime.timedelta(days=1)
YEAR = os.environ.get("FRESHET_PIPELINE_DAYS") == "year"
FIRST = datetime.date(2013, 1, 1) if YEAR else datetime.date(2013, 3, 4)
DAYS = [FIRST + i * DAY for i in range(365 if YEAR else 14)]
# The days whose clocks change in New York, and their hours.
HOURS = {datetime.date(2013, 3, 10): 23, datetime.date(2013, 11, 3): 25}


def midnight(day):
    """The end of a day in New York, in UTC."""
    summer = datetime.date(2013, 3, 10) <= day < datetime.date(2013, 11, 3)
    return datetime.datetime.combine(
        day + DAY, datetime.time(4 if summer else 5), datetime.timezone.utc)


class PipelineTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="freshet-pipeline-")
        cls.addClassCleanup(folder.cleanup)
        cls.pipeline = pipeline.Pipeline(pathlib.Path(folder.name) / "run",
                                         FIRST)
        cls.addClassCleanup(cls.pipeline.close)

    def test_each_day_serves_what_an_independent_query_says(self):
        slowest = 0.0
        for number, day in enumerate(DAYS, 1):
            with self.subTest(day=day):
                done = self.pipeline.run(day)
                worst = max(done.seconds.values(), default=float("nan"))
                slowest = max(slowest, worst)
                print(f"{day}: {sum(done.rows.values())} rows, live "
                      f"{worst:.2f} s after _SUCCESS, {done.values} values",
                      flush=True)
                self.assertEqual(done.problems[:10], [],
                                 f"{len(done.problems)} differ")
                self.check_day(done, number)
        print(f"slowest of {len(DAYS)} days x {len(pipeline.VIEWS)} views: "
              f"{slowest:.2f} s from _SUCCESS to live")
        self.check_loads()

    def check_day(self, done, number):
        self.assertEqual(done.run["hours"], HOURS.get(done.day, 24))
        self.assertEqual(set(done.run["tasks"].values()), {"success"})
        self.assertEqual(set(done.seconds), set(pipeline.VIEWS))
        self.assertGreater(done.values, 10_000)
        for view in self.pipeline.admin.views():
            self.assertEqual(view.version, number)
            self.assertEqual(view.pending, 0)
            if view.name == "carrier_daily":
                self.assertEqual(view.as_of, midnight(done.day))
            else:  # The last departure or hour of the day.
                self.assertGreater(view.as_of, midnight(done.day - DAY))
                self.assertLess(view.as_of, midnight(done.day))

    def check_loads(self):
        """Each day was loaded once, in order."""
        for view in pipeline.VIEWS:
            loads = self.pipeline.admin.loads(view)
            wanted = [f"ds={day}" for day in DAYS]
            self.assertEqual([load.path.rsplit("/", 1)[-1] for load in loads],
                             wanted[-len(loads):])
            self.assertGreaterEqual(len(loads), min(len(DAYS), 200))
            self.assertEqual({load.outcome for load in loads}, {"ACTIVE"})


if __name__ == "__main__":
    unittest.main()
