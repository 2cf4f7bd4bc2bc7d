# SPDX-License-Identifier: Apache-2.0
"""Sources that go bad while they are watched: what the operator sees of each,
that what serves stays, and that it heals by itself when the source does."""

import datetime
import os
import random
import re
import time
import unittest

import pyarrow

import object_store
from freshet_daemon import program
from store_proxy import Fault
from watched_source import (ALREADY_EXISTS, DATA_LOSS, FILES, INVALID_ARGUMENT,
                            PERMISSION_DENIED, PREFIX, ROWS, UNAVAILABLE,
                            WITH_MANIFEST, WITH_TIMES, SourceTest, parquet)


class BadSourcesTest(SourceTest):

    # An object store that lists half.

    @staticmethod
    def list_half(body):
        entries = [entry for entry in re.findall(
            rb"<Contents>.*?</Contents>", body, re.DOTALL) if b"part-" in entry]
        for entry in entries[len(entries) // 2:]:
            body = body.replace(entry, b"")
        return body

    def lists_lack_half(self, when=lambda: True):
        def spoil(request):
            if not request.is_list or not when():
                return None
            return Fault("edit", act=self.list_half)

        self.proxy.spoil = spoil

    def test_a_list_that_always_lacks_half_is_held(self):
        self.start()
        self.lists_lack_half()
        self.later()
        self.snapshot(2)
        self.expect_held(r"it has 200 rows, the current version \d+ has 400")
        self.assertEqual(self.score(), 1)
        self.heal()
        self.expect_score(2)

    def test_lists_that_lack_half_now_and_then_never_serve(self):
        choice = random.Random(1)
        self.start()
        for score in range(2, 5):
            self.lists_lack_half(lambda: choice.random() < 0.3)
            self.later()
            self.snapshot(score)
            self.expect_score(score)
            self.heal()
        for version in self.daemon.versions("users").values():
            if version["phase"] in ("VERSION_PHASE_CURRENT",
                                    "VERSION_PHASE_KEPT"):
                self.assertEqual(int(version["rows"]), FILES * ROWS)

    def test_with_a_manifest_a_list_that_lacks_half_is_waited_for(self):
        self.start(WITH_MANIFEST)
        self.lists_lack_half()
        self.later()
        self.snapshot(2)
        self.manifest()
        self.expect_waiting("is not there, which '_manifest.json' lists")
        self.assertEqual(self.score(), 1)
        self.assertEqual(len(self.loads()), 1)
        self.heal()
        self.expect_score(2)

    # One that does not answer.

    def test_a_store_that_answers_503(self):
        self.start()
        self.proxy.spoil = lambda request: Fault(503)
        self.expect_failing_looks("the object store did not answer")
        self.assertEqual(self.score(), 1)
        self.heal()
        self.later()
        self.snapshot(2)
        self.expect_score(2)
        self.assertEqual(self.metric("freshet_source_watch_ok"), 1)

    def test_a_store_that_stalls(self):
        self.start()
        self.proxy.spoil = lambda request: Fault("stall", 600)
        self.expect_failing_looks("the object store did not answer")
        self.assertEqual(self.score(), 1)
        self.heal()
        self.later()
        self.snapshot(2)
        self.expect_score(2)

    def test_a_store_that_goes_away_in_a_download(self):
        self.start()
        gone = []

        def spoil(request):
            if request.is_piece and "part-2" in request.key:
                gone.append(request)
            return Fault(503) if gone else None

        self.proxy.spoil = spoil
        self.later()
        self.snapshot(2)
        self.expect_failed_load(UNAVAILABLE, "the object store did not answer")
        self.expect_failing_looks("the object store did not answer")
        self.assertEqual(self.score(), 1)
        self.heal()
        self.daemon.wait_for_log("is tried again in 5 s or later")
        self.expect_score(2)

    # Credentials.

    def test_credentials_that_expire_in_a_download(self):
        """Those given out anew are read from the file, without a restart."""
        self.proxy.spoil = lambda request: None
        for name in object_store.credentials():
            os.environ.pop(name, None)
        home = self.s3.directory / "aws"
        home.mkdir(exist_ok=True)
        file = home / "credentials"

        def give(access_key, secret_key):
            new = home / "new"
            new.write_text(f"[default]\naws_access_key_id={access_key}\n"
                           f"aws_secret_access_key={secret_key}\n")
            new.rename(file)

        give(object_store.ACCESS_KEY, object_store.SECRET_KEY)
        self.start(environment={
            "AWS_SHARED_CREDENTIALS_FILE": str(file),
            "AWS_CONFIG_FILE": str(home / "none"),
            "AWS_EC2_METADATA_DISABLED": "true"})
        expired = []

        def spoil(request):
            if request.is_piece and "part-2" in request.key:
                expired.append(request)
            return (Fault("expired") if expired and
                    request.access_key == object_store.ACCESS_KEY else None)

        self.proxy.spoil = spoil
        self.later()
        self.snapshot(2)
        self.expect_failed_load(PERMISSION_DENIED,
                                "the object store refuses the credentials")
        self.expect_failing_looks("the object store refuses the credentials")
        self.assertEqual(self.score(), 1)
        give(object_store.ACCESS_KEY_2, object_store.SECRET_KEY_2)
        self.expect_score(2)
        for secret in (object_store.SECRET_KEY, object_store.SECRET_KEY_2):
            self.assertNotIn(secret, self.daemon.log() + self.described())

    # A manifest that lies.

    def test_a_manifest_that_lies(self):
        self.start(WITH_MANIFEST)
        self.later()
        self.snapshot(2)
        for lies, message in (
                ({"size": 1}, r"'part-0.parquet' has \d+ bytes, "
                 r"'_manifest.json' says \d+"),
                ({"name": "part-9"}, "'part-9.parquet' is not there")):
            self.manifest(**lies)
            self.expect_waiting(message)
        self.assertEqual(len(self.loads()), 1)
        self.manifest(rows=401)
        self.expect_failed_load(DATA_LOSS, "hold 400 rows, .* says 401")
        self.daemon.wait_for_log("is left alone until it changes")
        self.assertEqual(self.score(), 1)
        self.manifest()
        self.expect_score(2)

    # Two writers.

    def test_two_writers_in_one_prefix(self):
        self.start()
        self.later()
        self.s3.put(f"{PREFIX}other-0.parquet", parquet(0, 3))
        self.expect_waiting("'other-0.parquet' is younger than the `_SUCCESS`")
        self.snapshot(2)  # Of the first; the rows of the other are in it, too.
        self.expect_failed_load(
            ALREADY_EXISTS, "100 keys occur more than once, in 200 rows")
        self.daemon.wait_for_log("is left alone until it changes")
        self.assertEqual(self.score(), 1)
        self.s3.remove(f"{PREFIX}other-0.parquet")
        self.expect_score(2)

    # Snapshots that are bad.

    def test_a_snapshot_that_lost_half_its_rows(self):
        self.start()
        self.later()
        self.snapshot(2, rows=ROWS // 2)
        self.expect_held(r"it has 200 rows, the current version \d+ has 400; "
                         "at least 240 wanted")
        self.assertEqual(self.score(), 1)
        self.later()
        self.snapshot(3)
        self.expect_score(3)

    def test_a_column_that_changed_its_type(self):
        self.start()
        self.later()
        self.snapshot("2", kind=pyarrow.string())
        self.expect_failed_load(INVALID_ARGUMENT, "'score'.*string")
        self.daemon.wait_for_log("is left alone until it changes")
        self.assertEqual(self.score(), 1)
        self.later()
        self.snapshot(3)
        self.expect_score(3)

    # Clocks.

    def test_a_writer_whose_clock_is_wrong(self):
        """Rows of the future do not keep those of later out; those that claim
        to be old are held."""
        self.start(WITH_TIMES, guards="age_max: 1h")
        for score, hours in ((2, 2), (3, 0)):
            self.later()
            self.snapshot(score, seen=self.now(hours))
            self.expect_score(score)
        as_of = self.metric("freshet_view_data_timestamp_seconds")
        self.assertLess(abs(as_of - time.time()), 60)
        self.later()
        self.snapshot(4, seen=self.now(-2))
        self.expect_held("its data is of .*, older than 1h")
        self.assertEqual(self.score(), 3)
        self.later()
        self.snapshot(5, seen=self.now())
        self.expect_score(5)

    def test_a_reader_whose_clock_is_wrong(self):
        """By more than the quarter of an hour that S3 forgives."""
        if os.environ.get("FRESHET_SANITIZE"):
            self.skipTest("a library would be preloaded before the sanitizer's")
        clock = program("FRESHET_SKEWED_CLOCK")
        for hours in (2, -2):
            with self.subTest(hours=hours):
                self.s3.remove_all("")
                self.proxy.spoil = self.strict_about_time
                refused = len(self.proxy.spoiled)
                self.start(WITH_TIMES, {"LD_PRELOAD": clock,
                                        "FRESHET_SKEW_S": str(hours * 3600)})
                self.assertGreater(len(self.proxy.spoiled), refused)
                self.later()
                self.snapshot(2, seen=self.now())
                self.expect_score(2)
                self.daemon.stop()

    @staticmethod
    def strict_about_time(request):
        signed = datetime.datetime.strptime(
            request.signed_at, "%Y%m%dT%H%M%SZ").replace(
                tzinfo=datetime.timezone.utc).timestamp()
        return Fault("skewed") if abs(signed - time.time()) > 900 else None


if __name__ == "__main__":
    unittest.main()
