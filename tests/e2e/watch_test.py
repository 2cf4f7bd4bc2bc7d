# SPDX-License-Identifier: Apache-2.0
"""Snapshots that arrive by themselves: what is written into a watched source
serves without being asked for, once, and nothing else does."""

import hashlib
import json
import os
import pathlib
import signal
import sys
import time
import unittest
import urllib.error
import urllib.request

import pyarrow
import pyarrow.parquet

import object_store
from freshet_daemon import Daemon

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] /
                       "deploy" / "object-store-trigger"))
import lambda_function  # noqa: E402

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load:
    roots: [., 's3://warehouse/features']
    sort_buffer: 32MiB
  s3:
    endpoint: http://ENDPOINT
    connect_timeout: 2s
    request_timeout: 5s
project: warehouse
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
batch_feature_views:
  - name: users
    entities: [user]
    source: {path: SOURCE, watch: WATCH}
    guards: {rows_ratio_min: 0.5}
    features:
      - {name: score, type: int64}
"""
PATIENCE_S = 60


def parquet(score, rows=None, kind=pyarrow.int64()):
    """Of another size for each score: a store's times are whole seconds, within
    which two snapshots with files of equal sizes look the same."""
    rows = rows or 100 + ord(str(score)[0]) + len(str(score))
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(
        pyarrow.table({"id": pyarrow.array(range(rows), pyarrow.int64()),
                       "score": pyarrow.array([score] * rows, kind)}), sink)
    return sink.getvalue().to_pybytes()


def eventually(test, condition, what):
    """Waits until it is true; the time that it took is nobody's concern."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            test.fail(f"not in {PATIENCE_S} s: {what()}")
        time.sleep(0.05)


class WatchTest(unittest.TestCase):
    """On files of this machine."""

    def start(self, watch, source="snapshots/users"):
        self.daemon = Daemon(
            CONFIG.replace("WATCH", watch).replace("SOURCE", f"'{source}'")
            .replace("ENDPOINT", self.endpoint()))
        self.addCleanup(self.daemon.close)
        self.addCleanup(self.daemon.stop)
        self.source = self.daemon.directory / "snapshots" / "users"
        self.source.mkdir(parents=True)
        self.daemon.start()

    def endpoint(self):
        return "127.0.0.1:1"

    def put(self, name, content=b""):
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def snapshot(self, score, directory="", **more):
        prefix = directory + "/" if directory else ""
        self.put(f"{prefix}part-0.parquet", parquet(score, **more))
        self.put(f"{prefix}_SUCCESS")

    def loads(self):
        reply = self.daemon.must("loads", "--json", "users").json()
        return reply.get("loads", [])

    def score(self):
        reply = self.daemon.get("users.score", "--key", "id=7")
        return reply["rows"][0]["features"]["users.score"].get("value")

    def expect_score(self, score):
        eventually(self, lambda: self.score() == score,
                   lambda: f"score {score}; {self.score()} {self.loads()} "
                           f"{self.daemon.log()}")

    def looked(self, times=2):
        """Waits for so many looks more."""
        for _ in range(times):
            name = 'freshet_source_looked_timestamp_seconds{view="users"} '
            def value():
                return next((line for line in self.daemon.http("/metrics")[1]
                             .splitlines() if line.startswith(name)), "")
            before = value()
            eventually(self, lambda: value() != before, lambda: "a look")

    def test_each_snapshot_serves_once_and_without_being_asked_for(self):
        self.start("{every: 1s}")
        self.put("part-0.parquet", parquet(1))
        self.looked()
        self.assertEqual(self.loads(), [])
        self.put("_SUCCESS")
        self.expect_score(1)
        self.snapshot(2)
        self.expect_score(2)
        self.looked()
        self.assertEqual(len(self.loads()), 2)

    def manifest(self, content, rows):
        self.put("_manifest.json", json.dumps({"rows": rows, "files": [
            {"name": "part-0.parquet", "bytes": len(content),
             "sha256": hashlib.sha256(content).hexdigest()}]}).encode())

    def test_a_manifest_says_what_a_snapshot_is(self):
        self.start("{every: 1s}, manifest: _manifest.json")
        self.put("part-0.parquet", parquet(1))
        self.put("part-1.parquet", b"another job's")
        self.put("_SUCCESS")
        self.looked()
        self.assertEqual(self.loads(), [])
        self.manifest(parquet(1), rows=150)
        self.expect_score(1)
        # It lies: nobody has counted, and what serves stays.
        self.put("part-0.parquet", parquet(2, rows=150))
        self.manifest(parquet(2, rows=150), rows=151)
        eventually(self, lambda: len(self.loads()) == 2 and
                   "files hold 150 rows" in str(self.loads()), self.loads)
        self.looked()
        self.assertEqual(len(self.loads()), 2)
        self.assertEqual(self.score(), 1)
        self.manifest(parquet(2, rows=150), rows=150)
        self.expect_score(2)
        # Its file became another one.
        self.put("part-0.parquet", parquet(3, rows=150))
        self.manifest(parquet(4, rows=150), rows=150)
        eventually(self, lambda: len(self.loads()) == 4 and
                   "SHA-256" in str(self.loads()), self.loads)
        self.assertEqual(self.score(), 2)

    def test_nothing_is_loaded_again_after_a_restart(self):
        self.start("{every: 1s}")
        self.snapshot(1)
        self.expect_score(1)
        self.daemon.stop()
        self.daemon.start()
        self.looked()
        self.assertEqual(len(self.loads()), 1)
        self.snapshot(2)
        self.expect_score(2)

    def test_what_was_rolled_back_stays_so(self):
        self.start("{every: 1s}")
        self.snapshot(1)
        self.expect_score(1)
        self.snapshot(2)
        self.expect_score(2)
        self.daemon.must("rollback", "users")
        self.looked()
        self.assertEqual(self.score(), 1)
        self.daemon.must("delete", "users", "2")
        self.looked()
        self.assertEqual(self.score(), 1)
        self.daemon.stop()
        self.daemon.start()
        self.looked()
        self.assertEqual(self.score(), 1)
        self.assertEqual(len(self.loads()), 2)

    def test_a_bad_snapshot_is_tried_once_and_what_serves_goes_on(self):
        self.start("{every: 1s}")
        self.snapshot(1)
        self.expect_score(1)
        self.snapshot("x", kind=pyarrow.string())
        self.daemon.wait_for_log("is left alone until it changes")
        self.looked()
        self.assertEqual(self.score(), 1)
        self.assertEqual(len(self.loads()), 2)
        self.snapshot(3)
        self.expect_score(3)

    def test_one_that_a_guard_holds_is_not_loaded_again(self):
        self.start("{every: 1s}")
        self.snapshot(1)
        self.expect_score(1)
        self.snapshot(2, rows=10)
        eventually(self, lambda: len(self.loads()) == 2 and
                   self.loads()[1].get("ended_micros"), self.loads)
        self.looked()
        self.daemon.must("reject", "users", "2")
        self.looked()
        self.assertEqual(self.score(), 1)
        self.assertEqual(len(self.loads()), 2)

    def test_of_directories_the_last_complete_one_serves(self):
        self.start("{every: 1s, each: directory}")
        self.snapshot(9, "ds=2013-03-09")
        self.expect_score(9)
        self.put("ds=2013-03-10/part-0.parquet", parquet(10))
        self.snapshot(8, "ds=2013-03-08")
        self.looked()
        self.assertEqual(self.score(), 9)
        self.put("ds=2013-03-10/_SUCCESS")
        self.expect_score(10)
        self.assertEqual(len(self.loads()), 2)

    def test_a_notification_has_it_looked_at_now(self):
        self.start("{every: 1w}")
        eventually(self, lambda: 'freshet_source_watch_ok{view="users"} 1' in
                   self.daemon.http("/metrics")[1], self.daemon.log)
        self.snapshot(1)
        self.daemon.must("notify", "users")
        self.expect_score(1)
        refused = self.daemon.run("notify", "nobody")
        self.assertNotEqual(refused.code, 0)
        self.assertIn("no view 'nobody'", refused.err)

    def test_without_a_watch_there_is_nothing_to_notify(self):
        self.start("{every: 1s}")
        definitions = self.daemon.config.read_text("utf-8")
        self.daemon.config.write_text(
            definitions.replace(", watch: {every: 1s}", ""), "utf-8")
        self.daemon.must("reload")
        refused = self.daemon.run("notify", "users")
        self.assertIn("is not watched", refused.err)
        eventually(self, lambda: "freshet_source_watch_ok{" not in
                   self.daemon.http("/metrics")[1], self.daemon.log)
        self.snapshot(1)
        self.daemon.config.write_text(definitions, "utf-8")
        self.daemon.must("reload")
        self.expect_score(1)

    def test_a_watcher_that_is_killed_comes_back(self):
        self.start("{every: 1s}")
        self.snapshot(1)
        self.expect_score(1)
        self.kill_watcher()
        self.daemon.wait_for_log("no source is watched for 1 s: the watcher "
                                 "ended by signal 9")
        self.snapshot(2)
        self.expect_score(2)

    def test_a_source_that_is_not_there_is_said_once(self):
        self.start("{every: 1s}")
        self.source.rmdir()
        self.daemon.wait_for_log(
            "the source of view 'users' cannot be looked at")
        eventually(self, lambda: 'freshet_source_watch_ok{view="users"} 0' in
                   self.daemon.http("/metrics")[1], self.daemon.log)
        time.sleep(2.5)
        self.assertEqual(self.daemon.log().count("cannot be looked at"), 1)
        self.assertIn(", FAILS: ", self.daemon.must("describe", "users").out)
        self.source.mkdir()
        eventually(self, lambda: "waits: " in
                   self.daemon.must("describe", "users").out,
                   self.daemon.log)
        self.snapshot(1)
        self.expect_score(1)
        self.assertIn("users' is complete\n",
                      self.daemon.must("describe", "users").out)

    def kill_watcher(self):
        children = pathlib.Path(
            f"/proc/{self.daemon.process.pid}/task").glob("*/children")
        for pid in {int(pid) for one in children
                    for pid in one.read_text("utf-8").split()}:
            os.kill(pid, signal.SIGKILL)


class WatchObjectStoreTest(WatchTest):
    """The same in a real S3 server."""

    @classmethod
    def setUpClass(cls):
        os.environ.update(object_store.credentials())
        cls.s3 = object_store.S3Server()
        cls.addClassCleanup(cls.s3.close)

    def endpoint(self):
        return self.s3.address

    def start(self, watch, source="s3://warehouse/features/users"):
        for info in self.s3.files.get_file_info(
                object_store.pyarrow.fs.FileSelector(
                    "warehouse", recursive=True)):
            if info.is_file:
                self.s3.files.delete_file(info.path)
        self.s3.put("features/users/.keep", b"")
        super().start(watch, source)

    def put(self, name, content=b""):
        self.s3.put(f"features/users/{name}", content)

    def post(self, body):
        """(status, answer) of a notification by HTTP."""
        request = urllib.request.Request(
            f"http://{self.daemon.ports['http']}/v1/object-events",
            body.encode(), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def test_a_bucket_notification_has_it_looked_at_now(self):
        self.start("{every: 1w}")
        eventually(self, lambda: 'freshet_source_watch_ok{view="users"} 1' in
                   self.daemon.http("/metrics")[1], self.daemon.log)
        self.snapshot(1)
        event = json.dumps({"Records": [{"s3": {
            "bucket": {"name": "warehouse"},
            "object": {"key": "features/users/_SUCCESS"}}}]})
        self.assertEqual(
            self.post(event.replace("features/users/", "features/usersx/")),
            (200, "looks at sources: 0\n"))
        self.assertEqual(self.post("{}")[0], 400)
        self.assertEqual(self.post("x" * (1 << 20 | 1))[0], 413)
        self.assertEqual(self.daemon.http("/v1/object-events")[0], 405)
        self.assertEqual(self.loads(), [])
        self.assertEqual(self.post(event), (200, "looks at sources: 1\n"))
        self.expect_score(1)

    def test_the_trigger_for_lambda_hands_a_notification_over(self):
        self.start("{every: 1w}")
        eventually(self, lambda: 'freshet_source_watch_ok{view="users"} 1' in
                   self.daemon.http("/metrics")[1], self.daemon.log)
        self.snapshot(1)
        http = f"http://{self.daemon.ports['http']}"
        os.environ["FRESHET_URL"] = f"{http}, {http}"
        self.addCleanup(os.environ.pop, "FRESHET_URL")
        with self.assertRaises(urllib.error.HTTPError):
            lambda_function.handler({}, None)
        self.assertEqual(self.loads(), [])
        lambda_function.handler({"Records": [{"s3": {
            "bucket": {"name": "warehouse"},
            "object": {"key": "features/users/_SUCCESS"}}}]}, None)
        self.expect_score(1)

    def test_a_source_that_is_not_there_is_said_once(self):
        pass  # A prefix is there as soon as something is beneath it.


if __name__ == "__main__":
    unittest.main()
