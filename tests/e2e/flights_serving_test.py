# SPDX-License-Identifier: Apache-2.0
"""What the daemon answers for the flights example is what the independent
computation over the raw data says."""

import random
import unittest

from freshet_daemon import (CARDS, DEC_31, VIEWS, Daemon, differences,
                            entity_arguments, expected, flights_config)

SEED = 20131231


def setUpModule():
    global daemon, wanted
    wanted = expected(DEC_31)
    daemon = Daemon(flights_config())
    unittest.addModuleCleanup(daemon.close)
    daemon.start()
    daemon.load_flights(DEC_31)


class FlightsServingTest(unittest.TestCase):
    def check(self, view, keys):
        """Asks for all features of the entities and compares every cell."""
        reply = daemon.get("--service", CARDS[view],
                           *entity_arguments(view, keys))
        found = differences(reply["rows"],
                            [wanted.answer(view, key) for key in keys])
        self.assertEqual(found[:10], [], f"{len(found)} cells differ")
        return reply

    def test_three_carriers_planes_and_routes(self):
        self.check("carrier_daily", [("UA",), ("B6",), ("DL",)])
        self.check("plane_history", [("N768JB",), ("N14228",), ("N665JB",)])
        self.check("route_history",
                   [("JFK", "LAX"), ("LGA", "ORD"), ("EWR", "SJU")])

    def test_a_sample_of_500_entities(self):
        print(f"seed {SEED}")
        chance = random.Random(SEED)
        asked = 0
        for view, most in zip(VIEWS, (16, 184, 150, 100)):
            keys = chance.sample(wanted.keys(view), most)
            self.check(view, keys)
            self.check_expired_values(view, keys)
            asked += most
        # Of the hours most have expired; so ask for fresh ones too.
        fresh = [key for key in wanted.keys("origin_hourly")
                 if key[1] > 2013123006]
        self.check("origin_hourly", chance.sample(fresh, 50))
        self.assertEqual(asked + 50, 500)

    def check_expired_values(self, view, keys):
        """The same with the values of expired rows."""
        reply = daemon.get("--service", CARDS[view], "--expired",
                           *entity_arguments(view, keys))
        answers = [wanted.answer(view, key, expired_values=True)
                   for key in keys]
        found = differences(reply["rows"], answers)
        self.assertEqual(found[:10], [], f"{len(found)} cells differ")

    def test_every_state_is_among_the_answers(self):
        cases = [
            ("carrier_daily", ("OO",), "airline", "EXPIRED", None),
            ("carrier_daily", ("OO",), "disrupted", "EXPIRED", "DEFAULTED"),
            ("carrier_daily", ("ZZ",), "airline", "NOT_FOUND", None),
            ("plane_history", ("N0FRESH",), "flights_28d", "NOT_FOUND",
             "DEFAULTED"),
            ("route_history", ("EWR", "SJU"), "dest_name", "NULL", None),
            ("origin_hourly", ("JFK", 2014010104), "temperature", "NULL",
             None),
            ("origin_hourly", ("JFK", 2014010104), "departures", "PRESENT",
             None),
        ]
        for view, key, feature, status, cause in cases:
            with self.subTest(view=view, key=key, feature=feature):
                reply = self.check(view, [key])
                cell = reply["rows"][0]["features"][f"{view}.{feature}"]
                self.assertEqual(cell["status"], status)
                self.assertEqual(cell.get("cause"), cause)

    def test_one_request_over_four_views(self):
        keys = {"carrier": "B6", "tailnum": "N768JB", "origin": "JFK",
                "hour": 2014010101, "dest": "LAX"}
        arguments = [word for name, value in keys.items()
                     for word in ("--key", f"{name}={value}")]

        reply = daemon.get("--service", "departure_delay", *arguments)

        (row,) = reply["rows"]
        self.assertEqual(row["keys"], keys)
        self.assertEqual(len(row["features"]), 19)
        all_cells = {}
        for view, key in (("carrier_daily", ("B6",)),
                          ("plane_history", ("N768JB",)),
                          ("origin_hourly", ("JFK", 2014010101)),
                          ("route_history", ("JFK", "LAX"))):
            all_cells.update(wanted.answer(view, key)["features"])
        self.assertEqual(
            row["features"],
            {name: all_cells[name] for name in row["features"]})
        self.assertEqual(set(reply["versions"]), set(VIEWS))

    def test_one_shared_airport_for_many_destinations(self):
        dests = ["LAX", "ORD", "SJU", "NOWHERE"]

        reply = daemon.get("--service", "route_card", "--shared", "origin=JFK",
                           "--key", "dest=" + ",".join(dests))

        found = differences(
            reply["rows"],
            [wanted.answer("route_history", ("JFK", dest)) for dest in dests])
        self.assertEqual(found, [])

    def test_expired_values_are_answered_on_request(self):
        reply = daemon.get("carrier_daily.airline", "--expired",
                           "--key", "carrier=OO")

        cell = reply["rows"][0]["features"]["carrier_daily.airline"]
        self.assertEqual(cell["status"], "EXPIRED")
        self.assertEqual(cell["value"], "SkyWest Airlines Inc.")

    def test_the_clock_decides_what_has_expired(self):
        name = "carrier_daily.flights"
        before = daemon.get(name, "--key", "carrier=UA")

        daemon.must("set-clock", "2014-01-20T00:00:00Z")
        self.addCleanup(daemon.must, "set-clock", "2014-01-01T06:00:00Z")
        after = daemon.get(name, "--key", "carrier=UA")

        self.assertEqual(before["rows"][0]["features"][name]["status"],
                         "PRESENT")
        self.assertEqual(after["rows"][0]["features"][name]["status"],
                         "EXPIRED")

    def test_the_comparison_sees_a_wrong_cell(self):
        answer = wanted.answer("route_history", ("JFK", "LAX"))
        other = wanted.answer("route_history", ("JFK", "LAX"))
        other["features"]["route_history.distance"]["value"] = 2475.0

        self.assertEqual(differences([answer], [answer]), [])
        self.assertEqual(len(differences([other], [answer])), 1)


if __name__ == "__main__":
    unittest.main()
