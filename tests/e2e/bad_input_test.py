# SPDX-License-Identifier: Apache-2.0
"""Wrong names are answered with the nearest right ones; wrong snapshots are
refused with the reason, change nothing and leave nothing on disk."""

import os
import re
import shutil
import unittest

import pyarrow
import pyarrow.parquet

from freshet_daemon import (CARDS, DEC_30, DEC_31, Daemon, entity_arguments,
                            flights_config, shared_directory, snapshot)

VIEW = "route_history"
KEYS = [("JFK", "LAX")]


def setUpModule():
    global daemon, workshop
    # Under the daemon's root for snapshots, so that only what is in them is
    # wrong.
    workshop = shared_directory() / "flights" / f"bad-{os.getpid()}"
    workshop.mkdir(parents=True)
    unittest.addModuleCleanup(shutil.rmtree, workshop)
    daemon = Daemon(flights_config())
    unittest.addModuleCleanup(daemon.close)
    daemon.start()
    daemon.must("load", VIEW, snapshot(VIEW, DEC_31))


def read(view=VIEW):
    return pyarrow.parquet.read_table(snapshot(view, DEC_31))


def with_column(table, name, values):
    return table.set_column(table.column_names.index(name), name, values)


class WrongNamesTest(unittest.TestCase):
    def refused(self, *arguments):
        result = daemon.run("get", *arguments)
        self.assertNotEqual(result.code, 0, result)
        return result.err

    def test_a_service(self):
        message = self.refused("--service", "rout_card",
                               *entity_arguments(VIEW, KEYS))
        self.assertIn("'rout_card'", message)
        self.assertIn("route_card", message)

    def test_a_view(self):
        message = self.refused("route_histroy.distance",
                               *entity_arguments(VIEW, KEYS))
        self.assertIn("route_histroy", message)
        self.assertIn("route_history", message)

    def test_a_feature(self):
        message = self.refused("route_history.distanse",
                               *entity_arguments(VIEW, KEYS))
        self.assertIn("distanse", message)
        self.assertRegex(message, r"distance\b")

    def test_a_join_key(self):
        message = self.refused("--service", CARDS[VIEW], "--key",
                               "origin=JFK", "--key", "dst=LAX")
        self.assertIn("'dst'", message)
        self.assertRegex(message, r"\bdest\b")

    def test_a_missing_join_key(self):
        message = self.refused("--service", CARDS[VIEW], "--key",
                               "origin=JFK")
        self.assertIn("dest", message)

    def test_a_ragged_key_column(self):
        message = self.refused("--service", CARDS[VIEW], "--key",
                               "origin=JFK,LGA", "--key", "dest=LAX")
        self.assertRegex(message, "origin|dest")
        self.assertRegex(message, r"\b2\b")
        self.assertRegex(message, r"\b1\b")

    def test_a_key_of_the_wrong_type(self):
        message = self.refused("--service", CARDS["origin_hourly"], "--key",
                               "origin=JFK", "--key", "hour:string=noon")
        self.assertIn("hour", message)
        self.assertIn("int64", message)

    def test_a_view_to_load(self):
        result = daemon.run("load", "route_histori")
        self.assertNotEqual(result.code, 0)
        self.assertIn("route_history", result.err)

    def test_a_view_to_describe_and_a_version_to_activate(self):
        self.assertIn("route_history",
                      daemon.run("describe", "route_histor").err)
        message = daemon.run("activate", VIEW, "999").err
        self.assertIn("999", message)
        self.assertIn(VIEW, message)

    def test_every_error_ends_with_a_request_id(self):
        first = self.refused("--service", "nothing_like_it")
        second = self.refused("--service", "nothing_like_it")
        self.assertIn("request", first)
        self.assertNotEqual(first, second)


class WrongSnapshotsTest(unittest.TestCase):
    def setUp(self):
        self.folder = workshop / self.id().rsplit(".", 1)[-1]
        self.folder.mkdir()

    def write(self, table, **options):
        pyarrow.parquet.write_table(table, self.folder / "part-0.parquet",
                                    **options)
        (self.folder / "_SUCCESS").touch()
        return self.folder

    def refused(self, path, *parts):
        """The load fails, says each of `parts`, and changes nothing: not what
        is served, not what is on disk."""
        before = self.disk()
        answer = self.answer()
        result = daemon.run("load", VIEW, path)
        self.assertNotEqual(result.code, 0, result)
        for part in parts:
            self.assertRegex(result.err, part)
        self.assertEqual(self.answer(), answer)
        self.assertEqual(self.disk(), before)
        if " failed: " in result.err:  # It began, which the log tells.
            self.assertIn(result.err.split(" failed: ")[1].strip(),
                          daemon.log())

    def disk(self):
        """The directories and files of the store's versions."""
        views = daemon.store / "views"
        return sorted(str(path.relative_to(views))
                      for path in views.rglob("*"))

    def answer(self):
        reply = daemon.get("--service", CARDS[VIEW],
                           *entity_arguments(VIEW, KEYS))
        return reply["rows"], reply["versions"]

    def test_a_path_that_is_not_there(self):
        self.refused(self.folder / "nowhere", "nowhere")

    def test_a_path_outside_the_roots(self):
        self.refused("/etc", "/etc", "root")

    def test_a_link_that_leads_outside_the_roots(self):
        (self.folder / "link").symlink_to("/etc")
        self.refused(self.folder / "link", "root")

    def test_a_directory_without_success(self):
        folder = self.write(read())
        (folder / "_SUCCESS").unlink()
        self.refused(folder, "_SUCCESS")

    def test_a_missing_column(self):
        folder = self.write(read().drop_columns(["distance"]))
        self.refused(folder, "'distance'", r"part-0\.parquet")

    def test_a_column_of_another_type(self):
        table = read()
        folder = self.write(with_column(
            table, "distance", table["distance"].cast(pyarrow.string())))
        self.refused(folder, "'distance'", "string", "int32")

    def test_a_lossy_column(self):
        table = read()
        folder = self.write(with_column(
            table, "distance", table["distance"].cast(pyarrow.float64())))
        self.refused(folder, "'distance'", "double", "int32")

    def test_a_duplicate_key(self):
        table = read()
        folder = self.write(pyarrow.concat_tables([table, table.slice(0, 1)]))
        self.refused(folder, "(?i)duplicate|twice", "EWR", "ALB")

    def test_a_null_in_the_key(self):
        table = read()
        dest = table["dest"].to_pylist()
        dest[7] = None
        folder = self.write(with_column(
            table, "dest", pyarrow.array(dest, pyarrow.string())))
        self.refused(folder, "'dest'", "null", r"\b[78]\b")

    def test_a_key_that_is_not_utf8(self):
        table = read()
        dest = [name.encode() for name in table["dest"].to_pylist()]
        dest[7] = b"\xff\xfe"
        folder = self.write(with_column(
            table, "dest", pyarrow.array(dest, pyarrow.binary())
            .view(pyarrow.string())))
        self.refused(folder, "'dest'", "UTF-8")

    def test_a_truncated_file(self):
        folder = self.write(read())
        path = folder / "part-0.parquet"
        os.truncate(path, path.stat().st_size // 2)
        self.refused(folder, r"part-0\.parquet")

    def test_a_file_with_a_flipped_byte(self):
        folder = self.write(read(), write_page_checksum=True)
        path = folder / "part-0.parquet"
        content = bytearray(path.read_bytes())
        content[200] ^= 0xFF
        path.write_bytes(content)
        self.refused(folder, r"part-0\.parquet")

    def test_an_empty_file(self):
        (self.folder / "part-0.parquet").touch()
        (self.folder / "_SUCCESS").touch()
        self.refused(self.folder, r"part-0\.parquet")

    def test_an_embedding_of_another_length(self):
        table = read()
        lists = table["departures_by_hour"].to_pylist()
        lists[3] = lists[3][:23]
        folder = self.write(with_column(
            table, "departures_by_hour",
            pyarrow.array(lists, pyarrow.list_(pyarrow.float32()))))
        self.refused(folder, "'departures_by_hour'", r"\b23\b", r"\b24\b")


class HeldSnapshotsTest(unittest.TestCase):
    """What may be right and may be wrong waits for a person."""

    def setUp(self):
        self.daemon = Daemon(flights_config())
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        self.folder = workshop / self.id().rsplit(".", 1)[-1]
        self.folder.mkdir()
        (self.folder / "_SUCCESS").touch()

    def load_short(self, rows):
        self.daemon.must("load", VIEW, snapshot(VIEW, DEC_30))
        pyarrow.parquet.write_table(read().slice(0, rows),
                                    self.folder / "part-0.parquet")
        return self.daemon.run("load", VIEW, self.folder)

    def follow(self, held, command):
        """Does what the message says one can do."""
        words = re.search(rf"`freshet ({command} [^`]*)`", held.err)
        self.assertIsNotNone(words, held.err)
        self.daemon.must(*words[1].split())

    def phases(self):
        return [state["phase"].removeprefix("VERSION_PHASE_")
                for state in self.daemon.versions(VIEW).values()]

    def test_half_a_snapshot_is_held_until_approved(self):
        held = self.load_short(100)

        self.assertEqual(held.code, 2, held)
        for part in ("100", "224"):
            self.assertIn(part, held.err)
        self.assertEqual(self.phases(), ["CURRENT", "PENDING_APPROVAL"])

        self.follow(held, "approve")
        self.assertEqual(self.phases(), ["KEPT", "CURRENT"])

    def test_a_directory_without_files_is_held_as_empty(self):
        self.daemon.must("load", VIEW, snapshot(VIEW, DEC_30))

        held = self.daemon.run("load", VIEW, self.folder)

        self.assertEqual(held.code, 2, held)
        self.assertIn("is empty", held.err)
        self.assertEqual(self.phases(), ["CURRENT", "PENDING_APPROVAL"])

    def test_an_empty_snapshot_is_held_and_goes_when_rejected(self):
        held = self.load_short(0)
        self.assertEqual(held.code, 2, held)
        self.assertEqual(self.phases(), ["CURRENT", "PENDING_APPROVAL"])

        self.follow(held, "reject")

        self.assertEqual(self.phases()[0], "CURRENT")
        self.assertFalse((self.daemon.store / "views" / VIEW / "v2").exists())


if __name__ == "__main__":
    unittest.main()
