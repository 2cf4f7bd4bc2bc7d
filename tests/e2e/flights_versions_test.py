# SPDX-License-Identifier: Apache-2.0
"""Two days of the flights example as two versions: swap, rollback, labels,
pins, and what an older snapshot may not do."""

import unittest

from freshet_daemon import (CARDS, DEC_30, DEC_31, VIEWS, Daemon, differences,
                            entity_arguments, expected, flights_config,
                            snapshot)

ENTITIES = {
    "carrier_daily": [("UA",), ("B6",), ("OO",), ("ZZ",)],
    "plane_history": [("N768JB",), ("N14228",), ("N0FRESH",)],
    "origin_hourly": [("JFK", 2014010104), ("JFK", 2013123023)],
    "route_history": [("JFK", "LAX"), ("EWR", "SJU"), ("JFK", "JFK")],
}


def setUpModule():
    global wanted
    wanted = {day: expected(day) for day in (DEC_30, DEC_31)}


class FlightsVersionsTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(flights_config())
        self.addCleanup(self.daemon.close)
        self.daemon.start()

    def check(self, day, views=VIEWS, arguments=()):
        """Every cell of the entities is that of the day's snapshot."""
        for view in views:
            reply = self.daemon.get(
                "--service", CARDS[view], *arguments,
                *entity_arguments(view, ENTITIES[view]))
            found = differences(
                reply["rows"],
                [wanted[day].answer(view, key) for key in ENTITIES[view]])
            self.assertEqual(found[:10], [], f"{view} as of {day}")

    def state(self, view, version):
        return self.daemon.versions(view)[version]["phase"]

    def test_a_swap_and_a_rollback_of_every_view(self):
        self.daemon.load_flights(DEC_30)
        self.check(DEC_30)

        self.daemon.load_flights(DEC_31)
        self.check(DEC_31)

        for view in VIEWS:
            self.daemon.must("rollback", view)
        self.check(DEC_30)

        for view in VIEWS:
            self.daemon.must("activate", view, 2)
        self.check(DEC_31)
        self.assertEqual(self.state("route_history", 1), "VERSION_PHASE_KEPT")
        self.assertEqual(self.state("route_history", 2),
                         "VERSION_PHASE_CURRENT")

    def test_what_serves_survives_a_kill(self):
        self.daemon.load_flights(DEC_30)
        self.daemon.load_flights(DEC_31)
        self.daemon.must("rollback", "route_history")

        self.daemon.process.kill()
        self.daemon.wait()
        self.daemon.start()

        self.check(DEC_30, ["route_history"])
        self.check(DEC_31, ["carrier_daily", "plane_history",
                            "origin_hourly"])

    def test_an_older_snapshot_is_kept_but_does_not_take_over(self):
        view = "plane_history"
        self.daemon.must("load", view, snapshot(view, DEC_31))

        older = self.daemon.run("load", view, snapshot(view, DEC_30))

        self.assertEqual(older.code, 2, older)
        self.assertIn(f"freshet activate {view} 2", older.err)
        self.check(DEC_31, [view])
        self.assertEqual(self.state(view, 2), "VERSION_PHASE_KEPT")
        self.daemon.must("activate", view, 2)
        self.check(DEC_30, [view])

    def test_a_version_that_is_not_activated_serves_its_label_and_pins(self):
        view = "route_history"
        self.daemon.must("load", view, snapshot(view, DEC_30))

        self.daemon.must("load", view, snapshot(view, DEC_31),
                         "--no-activate", "--label", "canary")

        self.check(DEC_30, [view])
        self.check(DEC_31, [view], ["--label", "canary"])
        self.check(DEC_31, [view], ["--pin", f"{view}=2"])
        self.assertEqual(self.daemon.versions(view)[2]["labels"], ["canary"])

    def test_an_as_of_of_the_epoch_is_not_taken_for_none(self):
        view = "plane_history"
        self.daemon.must("load", view, snapshot(view, DEC_31),
                         "--as-of", "1970-01-01")

        # Without one it is that of the newest row.
        version = self.daemon.versions(view)[1]
        self.assertEqual(version["as_of_micros"], 0)
        self.assertGreater(version["event_time_max_micros"], 0)

    def test_a_plan_is_applied_only_as_long_as_it_is_true(self):
        other = self.daemon.directory / "other.yaml"
        other.write_text(flights_config().replace(
            "{store}", str(self.daemon.store)).replace("ttl: 14d", "ttl: 15d"))
        plan = self.daemon.must("--json", "apply", "--dry-run", other).json()
        applied = self.daemon.must("--json", "apply", "--yes", other).json()

        self.assertEqual(plan["changes"][0]["effect"], "ttl: instant")
        self.assertEqual(plan["deletions"], [])
        self.assertEqual(applied["base_hash"], plan["base_hash"])
        again = self.daemon.must("--json", "apply", "--dry-run", other).json()
        self.assertEqual(again["base_hash"], applied["hash"])

    def test_a_dry_run_leaves_nothing(self):
        view = "route_history"
        self.daemon.must("load", view, snapshot(view, DEC_30), "--dry-run")

        self.assertEqual(
            [state["phase"] for state in self.daemon.versions(view).values()
             if state["phase"] in ("VERSION_PHASE_CURRENT",
                                   "VERSION_PHASE_KEPT")], [])
        left = [path for path in self.daemon.store.rglob("*.sst")]
        self.assertEqual(left, [])

    def test_one_idempotency_key_loads_once(self):
        view = "route_history"
        load = ("load", view, snapshot(view, DEC_30), "--key",
                "nightly-2013-12-30")
        self.daemon.must(*load)
        self.daemon.stop()
        self.daemon.start()

        again = self.daemon.must(*load).out

        self.assertEqual(list(self.daemon.versions(view)), [1])
        self.assertIn("made version 1; nothing was loaded now", again)

    def test_old_versions_go_and_pinned_ones_stay(self):
        view = "plane_history"  # Keeps two versions.
        self.daemon.must("load", view, snapshot(view, DEC_30))
        self.daemon.must("pin", view, 1)
        for _ in range(3):
            self.daemon.must("load", view, snapshot(view, DEC_31))

        kept = [number for number, state in self.daemon.versions(view).items()
                if state["phase"] in ("VERSION_PHASE_CURRENT",
                                      "VERSION_PHASE_KEPT")]
        self.assertEqual(kept, [1, 3, 4])
        self.check(DEC_30, [view], ["--pin", f"{view}=1"])
        self.check(DEC_31, [view])


if __name__ == "__main__":
    unittest.main()
