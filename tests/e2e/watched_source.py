# SPDX-License-Identifier: Apache-2.0
"""A watched source in a real S3 server behind a proxy that spoils answers:
the job that writes it, and the operator who looks at what becomes of it."""

import datetime
import hashlib
import json
import os
import re
import time
import unittest

import pyarrow
import pyarrow.parquet

import object_store
from freshet_daemon import Daemon
from store_proxy import StoreProxy

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load:
    roots: ['s3://warehouse/features']
    sort_buffer: 32MiB
  s3:
    endpoint: http://ENDPOINT
    connect_timeout: 1s
    request_timeout: 1s
project: warehouse
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
batch_feature_views:
  - name: users
    entities: [user]
    source: {path: 's3://warehouse/features/users', SOURCE}
    guards: {rows_ratio_min: 0.6, GUARDS}
    features:
      - {name: score, type: int64}
"""
SOURCE = "watch: {every: 1s}"
WITH_TIMES = SOURCE + ", timestamp_field: seen"
WITH_MANIFEST = SOURCE + ", manifest: _manifest.json"
PREFIX = "features/users/"
FILES, ROWS = 4, 100
PATIENCE_S = 120  # With the pauses of the store's client and of the watch.
UNAVAILABLE, DATA_LOSS, PERMISSION_DENIED = 14, 15, 7
INVALID_ARGUMENT, ALREADY_EXISTS, ABORTED = 3, 6, 10


def parquet(part, score, rows=ROWS, **more):
    """Rows of one file: of each file other keys, and one score."""
    columns = {"id": pyarrow.array(range(part * ROWS, part * ROWS + rows),
                                   pyarrow.int64()),
               "score": pyarrow.array([score] * rows,
                                      more.get("kind", pyarrow.int64())),
               "seen": pyarrow.array([more.get("seen")] * rows,
                                     pyarrow.timestamp("us", "UTC"))}
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(pyarrow.table(columns), sink)
    return sink.getvalue().to_pybytes()


class SourceTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.s3 = object_store.S3Server()
        cls.addClassCleanup(cls.s3.close)

    def setUp(self):
        self.s3.remove_all("")
        os.environ.update(object_store.credentials())
        self.proxy = StoreProxy(self.s3.address)
        self.addCleanup(self.proxy.close)

    def start(self, source=SOURCE, environment=None, guards=""):
        """The daemon, with the first snapshot, of score 1, served."""
        self.daemon = Daemon(CONFIG.replace("ENDPOINT", self.proxy.address)
                             .replace("SOURCE", source)
                             .replace("GUARDS", guards))
        self.addCleanup(self.daemon.close)
        self.addCleanup(self.daemon.stop)
        before = dict(os.environ)
        os.environ.update(environment or {})
        try:
            self.daemon.start()
        finally:
            os.environ.clear()
            os.environ.update(before)
        self.snapshot(1, seen=self.now())
        self.manifest()
        self.expect_score(1)

    # The job that writes.

    def snapshot(self, score, **more):
        for part in range(FILES):
            self.s3.put(f"{PREFIX}part-{part}.parquet",
                        parquet(part, score, **more))
        self.s3.put(f"{PREFIX}_SUCCESS", b"")

    def manifest(self, rows=FILES * ROWS, size=0, name="part-0"):
        """Of what is there, where it does not lie."""
        files = []
        for part in range(FILES):
            content = self.s3.get(f"{PREFIX}part-{part}.parquet")
            files.append({"name": f"part-{part}.parquet",
                          "bytes": len(content),
                          "sha256": hashlib.sha256(content).hexdigest()})
        files[0]["bytes"] += size
        files[0]["name"] = f"{name}.parquet"
        self.s3.put(f"{PREFIX}_manifest.json",
                    json.dumps({"files": files, "rows": rows}).encode())

    @staticmethod
    def now(hours=0):
        return (datetime.datetime.now(datetime.timezone.utc) +
                datetime.timedelta(hours=hours))

    def later(self):
        """Goes on in another second: a store's times have no smaller parts."""
        time.sleep(1.0 - time.time() % 1 + 0.05)

    # The operator.

    def score(self):
        keys = ",".join(str(part * ROWS) for part in range(FILES))
        reply = self.daemon.get("users.score", "--key", f"id={keys}")
        found = {row["features"]["users.score"].get("value")
                 for row in reply["rows"]}
        self.assertEqual(len(found), 1, reply)
        return found.pop()

    def loads(self):
        reply = self.daemon.must("loads", "--json", "users").json()
        return reply.get("loads", [])

    def failed(self):
        return [load for load in self.loads() if load["code"] != 0]

    def described(self):
        return self.daemon.must("describe", "users").out

    def metric(self, name, labels=""):
        found = re.search(
            rf'^{name}\{{view="users"{labels}\}} (\S+)$',
            self.daemon.http("/metrics")[1], re.MULTILINE)
        return float(found[1]) if found else None

    def eventually(self, condition, what):
        end = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > end:
                self.fail(f"not in {PATIENCE_S} s: {what}\n{self.described()}\n"
                          f"{self.loads()}\n{self.daemon.log()[-4000:]}")
            time.sleep(0.05)

    def expect_score(self, score):
        self.eventually(lambda: self.score() == score, f"score {score}")

    def expect_failed_load(self, code, message):
        """Among the loads, in the log and in what alerts."""
        reason = {UNAVAILABLE: "unavailable", DATA_LOSS: "data_loss",
                  PERMISSION_DENIED: "permission_denied", ABORTED: "aborted",
                  ALREADY_EXISTS: "already_exists",
                  INVALID_ARGUMENT: "invalid_argument"}[code]
        self.eventually(
            lambda: any(load["code"] == code and
                        re.search(message, load["message"])
                        for load in self.failed()), f"{code} {message}")
        self.daemon.wait_for_log(f"failed after .*{message}")
        self.assertGreaterEqual(self.metric(
            "freshet_load_errors_total", f',reason="{reason}"'), 1)

    def expect_failing_looks(self, message):
        """In what alerts, in `describe`, and once in the log."""
        self.eventually(lambda: self.metric("freshet_source_watch_ok") == 0,
                        "a look that fails")
        self.assertRegex(self.described(), f", FAILS: .*{message}")
        self.daemon.wait_for_log(
            f"the source of view 'users' cannot be looked at: .*{message}")

    def expect_waiting(self, message):
        self.eventually(
            lambda: re.search(f"waits: .*{message}", self.described()),
            f"waiting because {message}")
        self.assertEqual(self.metric("freshet_source_watch_ok"), 1)

    def expect_held(self, evidence):
        self.eventually(
            lambda: self.metric("freshet_view_pending_approvals") == 1, "held")
        held = [version["message"]
                for version in self.daemon.versions("users").values()
                if version["phase"] == "VERSION_PHASE_PENDING_APPROVAL"]
        self.assertRegex(held[0], evidence)

    def heal(self):
        self.proxy.spoil = lambda request: None
