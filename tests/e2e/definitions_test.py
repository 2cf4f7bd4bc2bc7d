# SPDX-License-Identifier: Apache-2.0
"""Definitions that change while versions of older ones are served."""

import unittest

from freshet_daemon import DEC_31, Daemon, flights_config, snapshot

VIEW = "route_history"
KEYS = ["--key", "origin=JFK", "--key", "dest=LAX"]
DISTANCE = "      - {name: distance, type: int32, description: Miles.}\n"


class DefinitionsTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(flights_config())
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        self.daemon.must("load", VIEW, snapshot(VIEW, DEC_31))

    def apply(self, text, *arguments):
        """Applies definitions that are not the daemon's own file."""
        path = self.daemon.directory / "other.yaml"
        path.write_text(text.replace("{store}", str(self.daemon.store)))
        return self.daemon.run("apply", "--yes", path, *arguments)

    def cell(self, feature):
        reply = self.daemon.get(f"{VIEW}.{feature}", *KEYS)
        return reply["rows"][0]["features"][f"{VIEW}.{feature}"]

    def test_a_new_feature_is_not_in_the_version_until_the_next_load(self):
        # The column was in the file all along, under another name.
        text = flights_config().replace(DISTANCE, DISTANCE + (
            "      - {name: length, type: int64}\n")).replace(
            "      timestamp_field: last_departure\n    ttl: 14d\n",
            "      timestamp_field: last_departure\n"
            "      columns: {length: distance}\n    ttl: 14d\n")
        result = self.apply(text)
        self.assertEqual(result.code, 0, result)
        self.assertIn("length", result.out)

        before = self.cell("length")
        self.daemon.must("load", VIEW, snapshot(VIEW, DEC_31))
        after = self.cell("length")

        self.assertEqual((before["status"], before["cause"]),
                         ("ERROR", "NOT_IN_VERSION"))
        self.assertEqual((after["status"], after["value"]),
                         ("PRESENT", 2475))

    def test_a_renamed_feature_still_answers_from_the_older_version(self):
        text = flights_config().replace(
            DISTANCE, "      - {name: miles, was: distance, type: int32}\n")
        text = text.replace("route_history.distance", "route_history.miles")

        result = self.apply(text)

        self.assertEqual(result.code, 0, result)
        self.assertEqual(self.cell("miles")["value"], 2475)

    def test_a_wider_type_answers_from_the_older_version(self):
        text = flights_config().replace(
            DISTANCE, DISTANCE.replace("int32", "int64"))

        result = self.apply(text)

        self.assertEqual(result.code, 0, result)
        self.assertEqual(self.cell("distance")["value"], 2475)

    def test_a_view_goes_only_when_deletion_is_allowed(self):
        head, tail = flights_config().split("  - name: route_history\n")
        text = head + "feature_services:\n" + tail.split(
            "feature_services:\n")[1].split("  - name: route_card\n")[0]
        text = "\n".join(line for line in text.splitlines()
                         if "route_history." not in line) + "\n"

        refused = self.apply(text)
        self.assertNotEqual(refused.code, 0)
        self.assertIn("--allow-delete", refused.err)
        self.assertEqual(self.cell("distance")["value"], 2475)

        allowed = self.apply(text, "--allow-delete")
        self.assertEqual(allowed.code, 0, allowed)
        gone = self.daemon.run("get", f"{VIEW}.distance", *KEYS)
        self.assertIn("no view", gone.err + gone.out)
        left = [path for path in self.daemon.store.glob(f"views/{VIEW}/v*")]
        self.assertEqual(left, [])

    def test_a_feature_that_a_service_uses_cannot_go(self):
        text = flights_config().replace(DISTANCE, "")

        refused = self.apply(text, "--allow-delete")

        self.assertNotEqual(refused.code, 0)
        for name in ("departure_delay", "route_history", "distance"):
            self.assertIn(f"'{name}'", refused.err)
        self.assertEqual(self.cell("distance")["value"], 2475)

    def test_the_later_application_wins(self):
        applied = flights_config() + (
            "  - {name: by_apply, features: [route_history.distance]}\n")
        self.assertEqual(self.apply(applied).code, 0)

        # The file has not changed since it was last applied.
        self.daemon.stop()
        self.daemon.start()
        self.daemon.get("--service", "by_apply", *KEYS)

        # It changes: without what was applied since, which it must not remove,
        self.daemon.stop()
        self.daemon.write_config(flights_config() + (
            "  - {name: by_file, features: [route_history.distance]}\n"))
        self.daemon.start()
        self.assertIn("removes service 'by_apply'", self.daemon.log())
        self.daemon.get("--service", "by_apply", *KEYS)

        # and with it.
        self.daemon.stop()
        self.daemon.write_config(applied + (
            "  - {name: by_file, features: [route_history.distance]}\n"))
        self.daemon.start()
        self.daemon.get("--service", "by_file", *KEYS)
        self.daemon.get("--service", "by_apply", *KEYS)


if __name__ == "__main__":
    unittest.main()
