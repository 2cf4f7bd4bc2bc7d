# SPDX-License-Identifier: Apache-2.0
"""A person asks to be erased: nothing answers with them any more, and a moment
later nothing on the disk does."""

import datetime
import json
import signal
import unittest

from freshet_daemon import Daemon
from watch_test import eventually

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}", erase_after: ERASE_AFTER}
  load: {roots: [.], sort_buffer: 32MiB}
project: shop
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
  - name: item
    join_keys: [{name: item, type: string}]
batch_feature_views:
  - name: users
    entities: [user]
    source: {path: users.csv}
    features: [{name: address, type: string}]
  - name: views
    entities: [user, item]
    source: {path: views.csv}
    features: [{name: note, type: string}]
"""
LIVE = CONFIG + """\
  - name: noted
    entities: [user]
    live: {source: visits}
    features: [{name: note, type: string}]
stream_sources:
  - name: visits
    fields:
      - {name: id, type: int64}
      - {name: item, type: string}
      - {name: note, type: string}
      - {name: at, type: timestamp}
    timestamp_field: at
    single_node: true
stream_feature_views:
  - name: visited
    entities: [item, user]
    source: visits
    duplicates: counted
    on_incomplete: value
    aggregations: [{column: note, functions: [last], windows: [1d]}]
"""
HISTORY = LIVE + """\
  - name: visited_ever
    entities: [item, user]
    source: visits
    duplicates: counted
    on_incomplete: value
    aggregations: [{column: note, functions: [last], windows: [90d]}]
    batch_source: {path: visits.csv, since: "2020-01-01T00:00:00Z"}
"""
SECRET = "4711 Unmistakable Street"
NOTE = "Unmistakable note"


class ForgetTest(unittest.TestCase):
    def daemon_with(self, erase_after, config=CONFIG):
        self.daemon = Daemon(config.replace("ERASE_AFTER", erase_after))
        self.addCleanup(self.daemon.close)
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        self.load()

    def load(self):
        users, views = ["id,address"], ["id,item,note"]
        for user in range(1000):
            users.append(f"{user},{SECRET if user == 471 else 'a street'}")
            for item in ("shoe", "sock"):
                views.append(f"{user},{item},{NOTE if user == 471 else 'x'}")
        for name, lines in (("users", users), ("views", views)):
            (self.daemon.directory / f"{name}.csv").write_text(
                "\n".join(lines) + "\n", encoding="utf-8")
            self.daemon.must("load", name, f"{name}.csv")

    def push(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        lines = [json.dumps({"id": user, "item": item, "at": now.isoformat(),
                             "note": NOTE if user == 471 else "x"})
                 for user in range(460, 480) for item in ("shoe", "sock")]
        path = self.daemon.directory / "visits.jsonl"
        path.write_text("\n".join(lines), encoding="utf-8")
        self.daemon.must("push", "visits", path)

    def live_answers(self, user=471):
        reply = self.daemon.get("noted.note", "visited.note_last_1d",
                                "--shared", f"id={user}",
                                "--key", "item=shoe,sock")
        return [row["features"][name].get("value") for row in reply["rows"]
                for name in ("noted.note", "visited.note_last_1d")]

    def answers(self, user=471):
        """What of the user is there: address, notes."""
        address = self.daemon.get("users.address", "--key", f"id={user}")
        notes = self.daemon.get("views.note", "--shared", f"id={user}",
                                "--key", "item=shoe,sock")
        return [row["features"][name].get("value")
                for name, reply in (("users.address", address),
                                    ("views.note", notes))
                for row in reply["rows"]]

    def on_disk(self):
        return [str(path) for path in self.daemon.store.rglob("*")
                if path.is_file() and (SECRET.encode() in path.read_bytes() or
                                       NOTE.encode() in path.read_bytes())]

    def forgotten(self):
        return self.daemon.must("forget", "--list", "--json").json()["keys"]

    def audit(self):
        text = (self.daemon.store / "audit.jsonl").read_text()
        return [json.loads(line) for line in text.splitlines()]

    def test_nothing_answers_with_them_any_more(self):
        self.daemon_with("1h")
        self.load()
        self.assertEqual(self.answers(), [SECRET, NOTE, NOTE])

        said = self.daemon.must("forget", "user", "471", "--json").json()

        key, = said["keys"]
        self.assertEqual([(view["view"], view["versions"], view["certain"])
                          for view in key["views"]],
                         [("users", [1, 2], True), ("views", [1, 2], False)])
        gone = [None] * 3
        self.assertEqual(self.answers(), gone)
        self.assertEqual(self.answers(472), ["a street", "x", "x"])
        for view in ("users", "views"):
            self.daemon.must("rollback", view)
        self.assertEqual(self.answers(), gone)
        self.daemon.must("pin", "users", "2")
        pinned = self.daemon.get("users.address", "--key", "id=471",
                                 "--pin", "users=2")
        self.assertEqual(pinned["rows"][0]["features"]["users.address"]
                         .get("value"), None)
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.answers(), gone)
        self.assertEqual(self.forgotten(), said["keys"])
        self.assertTrue(self.on_disk())
        line, = self.audit()
        self.assertEqual((line["action"], line["entity"], line["key"]),
                         ("forget", "user", key["hash"]))
        self.assertNotIn("471", str(line["views"]))

        self.load()  # With them in it: it is the source that has to be cleaned.
        self.assertEqual(self.answers(), [SECRET, NOTE, NOTE])

    def test_they_are_erased_from_the_disk(self):
        self.daemon_with("0s")
        self.load()
        self.assertTrue(self.on_disk())
        self.daemon.must("forget", "user", "id=471")

        eventually(self, lambda: not self.forgotten(),
                   lambda: f"{self.forgotten()} {self.daemon.log()}")

        self.assertEqual(self.on_disk(), [])
        self.assertEqual(self.answers(), [None] * 3)
        self.assertEqual([version["rows"] for version in
                          self.daemon.versions("users").values()], [999, 999])
        self.assertEqual([line["action"] for line in self.audit()],
                         ["forget", "erased", "erased"])
        self.daemon.must("rollback", "users")
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.answers(), [None] * 3)
        self.assertEqual(self.answers(472), ["a street", "x", "x"])
        self.load()
        self.assertEqual(self.answers(), [SECRET, NOTE, NOTE])

    def test_what_events_brought_is_forgotten_and_erased(self):
        self.daemon_with("1h", LIVE)
        self.push()
        self.assertEqual(self.live_answers(), [NOTE] * 4)
        said = self.daemon.must("forget", "user", "471").out

        for view in ("noted ", "visited "):
            self.assertRegex(said, view + r" +live ")
        self.assertIn("change log", said)
        # What is noted of them first has the store write its files.
        self.assertEqual({path.rsplit(".", 1)[-1] for path in self.on_disk()
                          if "/live/" in path or "/change_log/" in path},
                         {"sst", "segment"})
        self.assertEqual(self.live_answers(), [None] * 4)
        self.assertEqual(self.live_answers(472), ["x"] * 4)
        self.daemon.signal(signal.SIGKILL)
        self.daemon.wait()
        self.daemon.start()
        self.assertEqual(self.live_answers(), [None] * 4)
        self.assertEqual(self.daemon.must("forget", "--list").out, said)
        self.daemon.stop()
        config = self.daemon.config.read_text(encoding="utf-8")
        self.daemon.config.write_text(
            config.replace("erase_after: 1h", "erase_after: 0s"),
            encoding="utf-8")
        self.daemon.start()
        self.daemon.must("forget", "user", "460")  # Has it look at once.

        eventually(self, lambda: not self.forgotten(),
                   lambda: f"{self.forgotten()} {self.daemon.log()}")

        self.assertEqual(self.on_disk(), [])
        self.assertEqual(self.live_answers(), [None] * 4)
        self.assertEqual(self.live_answers(472), ["x"] * 4)
        self.assertIn({"noted", "visited"}, [
            set(line["live_views"]) for line in self.audit()
            if line["action"] == "erased" and "live_views" in line])
        self.push()  # It is who pushes that has to know.
        self.assertEqual(self.live_answers(), [NOTE] * 4)

    def test_events_that_no_view_has_them_by_are_erased(self):
        only_items = LIVE.replace("entities: [item, user]", "entities: [item]"
                                  ).replace("column: note, functions: [last]",
                                            "functions: [count]")
        noted = only_items.index("  - name: noted")
        only_items = (only_items[:noted]
                      + only_items[only_items.index("stream_sources:"):])
        self.daemon_with("0s", only_items)
        self.push()
        self.assertIn("segment", {path.rsplit(".", 1)[-1]
                                  for path in self.on_disk()})

        self.daemon.must("forget", "user", "471")

        eventually(self, lambda: not self.forgotten(),
                   lambda: f"{self.forgotten()} {self.daemon.log()}")
        self.assertEqual(self.on_disk(), [])

    def test_what_files_of_events_had_is_erased(self):
        self.daemon_with("0s", HISTORY)
        now = datetime.datetime.now(datetime.timezone.utc)
        lines = ["id,item,note,at"]
        for days in (30, 1):
            at = (now - datetime.timedelta(days=days)).isoformat()
            lines += [f"{user},shoe,{NOTE if user == 471 else 'x'},{at}"
                      for user in range(460, 480)]
        (self.daemon.directory / "visits.csv").write_text(
            "\n".join(lines), encoding="utf-8")
        self.daemon.must("load", "visited_ever.history")

        def ever(user):
            reply = self.daemon.get("visited_ever.note_last_90d", "--key",
                                    f"id={user}", "--key", "item=shoe")
            row, = reply["rows"]
            return row["features"]["visited_ever.note_last_90d"].get("value")

        self.assertEqual([ever(471), ever(472)], [NOTE, "x"])
        self.daemon.must("forget", "user", "471")
        self.assertEqual([ever(471), ever(472)], [None, "x"])

        eventually(self, lambda: not self.forgotten(),
                   lambda: f"{self.forgotten()} {self.daemon.log()}")

        self.assertEqual(self.on_disk(), [])
        self.assertEqual([ever(471), ever(472)], [None, "x"])
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual([ever(471), ever(472)], [None, "x"])

    def test_what_is_wrong_is_said(self):
        self.daemon_with("1h")
        for words, message in (
                (("usr", "471"), "no entity 'usr'; there is: 'user', 'item'"),
                (("user", "ada"), "key 'id': 'ada' is no int64"),
                (("user", "item=2"), "key 'id': 'item=2' is no int64")):
            self.assertIn(message, str(self.daemon.run("forget", *words)))
        self.assertEqual(self.forgotten(), [])
        self.assertEqual(self.answers(), [SECRET, NOTE, NOTE])


if __name__ == "__main__":
    unittest.main()
