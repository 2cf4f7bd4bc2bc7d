# SPDX-License-Identifier: Apache-2.0
"""One bad snapshot for each guard: it is held with the evidence, seen in what
alerts, what serves goes on, and somebody may approve or reject it."""

import re
import unittest

from freshet_daemon import Daemon

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load: {roots: [.], sort_buffer: 32MiB}
project: shop
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
batch_feature_views:
  - name: users
    entities: [user]
    source: {path: users.csv}
    guards: {rows_ratio_max: 3, age_max: 1d}
    retention: {versions: 100}
    features:
      - {name: age, type: int32, guard: {min: 0, max: 150, nulls_max: 0.2}}
      - {name: name, type: string}
feature_services:
  - {name: all, features: [users]}
"""

HELD = 2  # What `freshet load` ends with.
NAME = "n" * 50


def snapshot(rows=100, age=lambda i: 30, name=lambda i: NAME):
    """CSV; None is NULL."""
    lines = ["id,age,name"]
    for i in range(rows):
        value = age(i)
        lines.append(f"{i},{'' if value is None else value},{name(i) or ''}")
    return "\n".join(lines) + "\n"


# What is wrong, the snapshot, words for its load, and the evidence.
BAD = {
    "empty": (snapshot(rows=0), (), "it is empty and guards.allow_empty"),
    "fewer rows": (snapshot(rows=49), (),
                   "it has 49 rows, the current version N has 100; at least 50 "
                   "wanted (guards.rows_ratio_min 0.5)"),
    "more rows": (snapshot(rows=301), (),
                  "it has 301 rows, the current version N has 100; at most 300 "
                  "wanted (guards.rows_ratio_max 3)"),
    "shorter rows": (snapshot(name=lambda i: "n"), (),
                     "(guards.bytes_ratio_min 0.5)"),
    "lost values": (snapshot(name=lambda i: NAME if i < 40 else None), (),
                    "feature 'name' has a value in 40 % of the rows, in 100 % "
                    "of the current version N; at least 50 % wanted"),
    "too little": (snapshot(age=lambda i: -1 if i == 9 else 30), (),
                   "feature 'age' goes down to -1; at least 0 wanted"),
    "too much": (snapshot(age=lambda i: 151 if i == 9 else 30), (),
                 "feature 'age' goes up to 151; at most 150"),
    "nulls": (snapshot(age=lambda i: None if i < 21 else 30), (),
              "feature 'age' has no value in 21 of 100 rows; at most 20 %"),
    "old data": (snapshot(), ("--as-of", "2020-02-29"),
                 "its data is of 2020-02-29T00:00:00Z, older than 1d"),
}


class GuardsTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon(CONFIG)
        cls.addClassCleanup(cls.daemon.close)
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.start()
        cls.daemon.must("load", "users", cls.write(snapshot()))

    @classmethod
    def write(cls, text):
        path = cls.daemon.directory / "users.csv"
        path.write_text(text, "utf-8")
        return path

    def current(self):
        return next(number for number, version in
                    self.daemon.versions("users").items()
                    if version["phase"] == "VERSION_PHASE_CURRENT")

    def pending(self):
        metrics = self.daemon.http("/metrics")[1]
        return int(re.search(
            r'^freshet_view_pending_approvals\{view="users"\} (\d+)$',
            metrics, re.MULTILINE)[1])

    def hold(self, text, words, evidence):
        """The number of the version that is held."""
        current = self.current()
        result = self.daemon.run("load", "users", self.write(text), *words)
        self.assertEqual(result.code, HELD, result)
        held, version = next(
            (number, version) for number, version in
            self.daemon.versions("users").items()
            if version["phase"] == "VERSION_PHASE_PENDING_APPROVAL")
        message = version["message"]
        self.assertIn(evidence.replace("N", str(current)), message)
        self.assertIn(f"freshet approve users {held}", message)
        self.assertEqual(self.current(), current)
        self.assertEqual(self.pending(), 1)
        reply = self.daemon.get("--service", "all", "--key", "id=7")
        self.assertEqual(reply["rows"][0]["features"]["users.age"]["value"], 30)
        return held

    def test_what_is_bad_is_held_and_may_be_approved(self):
        for what, case in BAD.items():
            with self.subTest(what):
                before = self.current()
                held = self.hold(*case)
                diff = self.daemon.must("diff", "users", str(before), str(held))
                self.assertIn(f"VERSION {held}", diff.out)
                self.daemon.must("approve", "users", str(held))
                self.assertEqual(self.current(), held)
                self.assertEqual(self.pending(), 0)
                self.daemon.must("activate", "users", str(before))

    def test_what_is_bad_is_held_and_may_be_rejected(self):
        held = self.hold(*BAD["fewer rows"])
        self.daemon.must("reject", "users", str(held))
        self.assertEqual(self.pending(), 0)
        self.assertNotIn(held, self.daemon.versions("users"))

    def test_all_that_is_wrong_is_said(self):
        held = self.hold(snapshot(rows=49, age=lambda i: None), (), "49 rows")
        message = self.daemon.versions("users")[held]["message"]
        for guard in ("rows_ratio_min", "values_ratio_min", "nulls_max"):
            self.assertIn(guard, message)
        self.daemon.must("reject", "users", str(held))

    def test_statistics_say_what_a_version_holds(self):
        described = self.daemon.must("describe", "--json", "users").json()
        age = described["features"][0]["statistics"]
        self.assertEqual((age["measure"], age["min"], age["max"], age["mean"]),
                         ("value", 30, 30, 30))
        self.assertEqual((age["distinct"], age["quantiles"]), (1, [30] * 5))
        self.assertIn('freshet_feature_missing_ratio{view="users",'
                      'feature="age"} 0', self.daemon.http("/metrics")[1])


if __name__ == "__main__":
    unittest.main()
