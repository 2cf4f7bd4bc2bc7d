# SPDX-License-Identifier: Apache-2.0
"""Snapshots in a real S3 server: what is read, what is refused and how that is
said, and that a store which fails or changes gives no wrong version."""

import io
import os
import re
import unittest

import pyarrow
import pyarrow.parquet

import object_store
from freshet_daemon import Daemon
from store_proxy import Fault, StoreProxy

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load:
    roots: [., 's3://warehouse/features', 's3://absent']
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
    source: {path: 's3://warehouse/features/users', require_success: true}
    guards: {rows_ratio_min: 0, bytes_ratio_min: 0}
    features:
      - {name: score, type: int64}
      - {name: filler, type: bytes}
feature_services:
  - {name: all, features: ['users[score]']}
"""

ROWS, FILES = 2_000, 4
# Not compressible, so that each file takes several pieces of 4 MiB.
FILLER_BYTES = 4096


def parquet(first, rows, score, filler=0):
    """Rows with the keys from `first` on; score is key + `score`."""
    keys = range(first, first + rows)
    table = pyarrow.table({
        "id": pyarrow.array(keys, pyarrow.int64()),
        "score": pyarrow.array([key + score for key in keys],
                               pyarrow.int64()),
        "filler": pyarrow.array([os.urandom(filler) for _ in keys],
                                pyarrow.binary())})
    sink = io.BytesIO()
    pyarrow.parquet.write_table(table, sink, use_dictionary=False,
                                compression="none")
    return sink.getvalue()


class ObjectStoreTest(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        os.environ.update(object_store.credentials())
        cls.s3 = object_store.S3Server()
        cls.addClassCleanup(cls.s3.close)

    def setUp(self):
        self.proxy = StoreProxy(self.s3.address)
        self.addCleanup(self.proxy.close)
        self.daemon = Daemon(CONFIG.replace("ENDPOINT", self.proxy.address))
        self.addCleanup(self.daemon.close)
        self.addCleanup(self.daemon.stop)

    def tearDown(self):
        self.s3.remove_all("")

    def put_snapshot(self, score, filler=0, files=FILES):
        for i in range(files):
            self.s3.put(f"features/users/part-{i}.parquet",
                        parquet(i * ROWS, ROWS, score, filler))
        self.s3.put("features/users/_SUCCESS", b"")

    def refused(self, *arguments):
        result = self.daemon.run("load", "users", *arguments)
        self.assertNotEqual(result.code, 0, result)
        self.assertNotIn(object_store.SECRET_KEY, str(result))
        self.assertNotIn(object_store.SECRET_KEY, self.daemon.log())
        return result.err

    def expect_scores(self, score, rows=FILES * ROWS):
        keys = [0, 1, ROWS, rows - 1, rows]
        reply = self.daemon.get("--service", "all", "--key",
                                "id=" + ",".join(map(str, keys)))
        found = [row["features"]["users.score"] for row in reply["rows"]]
        wanted = [{"value": key + score} if key < rows
                  else {"value": None, "status": "NOT_FOUND"} for key in keys]
        self.assertEqual([one.get("value") for one in found],
                         [one["value"] for one in wanted], reply)

    def test_a_prefix_is_its_objects_without_hidden_ones(self):
        self.put_snapshot(score=5)
        for key in ("_temporary/0/part.parquet", ".part.crc", "_meta.parquet"):
            self.s3.put(f"features/users/{key}", b"not Parquet")
        self.s3.put("features/users/day=2/part.parquet",
                    parquet(FILES * ROWS, ROWS, 5))
        self.s3.put("features/users2/part.parquet", b"of another")
        self.daemon.start()

        self.daemon.must("load", "users")

        self.expect_scores(5, rows=(FILES + 1) * ROWS)
        version = self.daemon.versions("users")[1]
        self.assertEqual(version["source"], "s3://warehouse/features/users")

    def test_one_object_is_a_snapshot_without_success(self):
        self.s3.put("features/users/one.parquet", parquet(0, ROWS, 7))
        self.daemon.start()

        self.daemon.must("load", "users",
                         "s3://warehouse/features/users/one.parquet")

        self.expect_scores(7, rows=ROWS)

    def test_what_is_not_there_or_not_allowed_is_said(self):
        self.daemon.start()
        self.assertIn("no snapshot at 's3://warehouse/features/never'",
                      self.refused("s3://warehouse/features/never"))
        self.s3.put("features/users/part.parquet", parquet(0, 1, 0))
        self.assertIn("has no `_SUCCESS`", self.refused())
        self.assertIn("outside settings.load.roots",
                      self.refused("s3://warehouse/features2"))
        self.assertIn("segment '..'",
                      self.refused("s3://warehouse/features/../secret"))
        self.assertIn("no user, password", self.refused(
            f"s3://a:{object_store.SECRET_KEY}@warehouse/features"))
        self.assertIn("'ftp' is not an object store",
                      self.refused("ftp://warehouse/features"))
        self.assertRegex(self.refused("s3://absent/features"),
                         "no snapshot at|NO_SUCH_BUCKET")
        self.s3.put("features/users/_SUCCESS", b"")
        self.s3.put("features/users/bad.csv", b"id,score\n1,x\n")
        self.assertIn("file 'bad.csv'", self.refused())
        self.assertNotIn(1, self.daemon.versions("users"))

    def test_refused_credentials_are_named_and_not_shown(self):
        self.put_snapshot(score=1)
        wrong = object_store.credentials(
            secret_key=object_store.SECRET_KEY + "x")
        os.environ.update(wrong)
        self.addCleanup(os.environ.update, object_store.credentials())
        self.daemon.start()
        self.assertIn("the object store refuses the credentials", self.refused())

    def test_a_store_that_fails_for_moments_is_asked_again(self):
        """Each piece and each list fails once, in turn by each fault."""
        self.put_snapshot(score=9, filler=FILLER_BYTES)
        faults = [Fault(503), Fault("drop"), Fault("cut"), Fault("short")]
        seen = set()

        def spoil(request):
            if request.method != "GET" or request in seen:
                return None
            seen.add(request)
            return faults[len(seen) % (4 if request.is_piece else 3)]

        self.proxy.spoil = spoil
        self.daemon.start()

        self.daemon.must("load", "users")

        self.expect_scores(9)
        self.assertGreaterEqual(len(self.proxy.spoiled), 2 * FILES)

    def test_a_store_that_stays_down_fails_the_load_and_the_next_heals(self):
        self.put_snapshot(score=1)
        self.daemon.start()
        self.daemon.must("load", "users")
        self.put_snapshot(score=2)
        self.proxy.spoil = lambda request: Fault(503)
        self.assertIn("the object store did not answer", self.refused())
        self.expect_scores(1)

        self.proxy.spoil = lambda request: None
        self.daemon.must("load", "users")
        self.expect_scores(2)

    def test_objects_replaced_while_they_are_fetched_are_never_mixed(self):
        """Once in the middle of an object, once after it was read whole."""
        self.put_snapshot(score=1, filler=FILLER_BYTES)
        self.daemon.start()
        self.daemon.must("load", "users")
        for replaced, when in ((0, lambda request: "part-0" in request.key and
                                request.first),
                               (0, lambda request: "part-3" in request.key and
                                request.first == 0)):
            self.put_snapshot(score=2, filler=FILLER_BYTES)
            pending = [parquet(replaced * ROWS, ROWS, 3, FILLER_BYTES)]

            def spoil(request, when=when, pending=pending, replaced=replaced):
                if pending and when(request):
                    new = pending.pop()
                    return Fault("meanwhile", act=lambda: self.s3.put(
                        f"features/users/part-{replaced}.parquet", new))
                return None

            self.proxy.spoil = spoil
            self.assertRegex(self.refused(), "part-0.parquet' was replaced")
            self.assertEqual(pending, [], "nothing was replaced")
            self.expect_scores(1)
        self.proxy.spoil = lambda request: None
        self.put_snapshot(score=4)
        self.daemon.must("load", "users")
        self.expect_scores(4)


if __name__ == "__main__":
    unittest.main()
