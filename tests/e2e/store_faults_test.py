# SPDX-License-Identifier: Apache-2.0
"""Snapshots that arrive in a real S3 server while it fails: answers are
dropped, delayed, refused with 503 or truncated, and objects are replaced while
they are fetched. Whatever goes live is one whole snapshot, and each round ends
with the one that is there.

FRESHET_STORE_ROUNDS says how many rounds (40), FRESHET_SEED makes a run repeat
another's choices; which request meets a fault also depends on threads.
"""

import collections
import concurrent.futures
import dataclasses
import os
import random
import struct
import time
import unittest

import pyarrow
import pyarrow.parquet

import object_store
from freshet_daemon import Daemon
from store_proxy import Fault, StoreProxy

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}", block_cache: 256MiB}
  load:
    roots: ['s3://warehouse/features']
    sort_buffer: 256MiB
  s3:
    endpoint: http://ENDPOINT
    connect_timeout: 2s
    request_timeout: REQUEST_TIMEOUT_Ss
project: warehouse
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
batch_feature_views:
  - name: users
    entities: [user]
    source:
      path: s3://warehouse/features/users
      watch: {every: 1s, each: directory}
    retention: {versions: 3}
    features:
      - {name: content, type: int64}
      - {name: part, type: int64}
      - {name: payload, type: bytes}
"""

FILES, ROWS = 8, 320
PAYLOAD_BYTES = 64 << 10  # Of a row; random, so that no codec saves any.
FILE_BYTES_MIN = 20_000_000
PIECES = FILES * -(-ROWS * PAYLOAD_BYTES // (4 << 20))  # As they are fetched.
REQUEST_TIMEOUT_S = 2
STUCK_S = 240  # A round takes 2 to 20 where nothing else runs.

# What a load may end with: NOT_FOUND, of a list without anything in it, ABORTED
# and UNAVAILABLE. Each is tried again.
PASSING = (5, 10, 14)

KINDS = ("drop", "delay", "503", "truncate", "replace")
# Where the number of the content stands in a template.
MARK = struct.pack("<q", 0x5AFE_C0DE_0DD5_EED5)


def payload(part, row, content):
    """Begins with the number of the content, so that pieces of two objects
    never look like one."""
    tail = random.Random(part * ROWS + row).randbytes(PAYLOAD_BYTES -
                                                      len(content))
    return content + tail


def template(part):
    """A file whose content has no number yet: it stands there plainly."""
    columns = {
        "id": pyarrow.array(range(part * ROWS, (part + 1) * ROWS),
                            pyarrow.int64()),
        "content": pyarrow.array(struct.unpack("<q", MARK) * ROWS,
                                 pyarrow.int64()),
        "part": pyarrow.array([part] * ROWS, pyarrow.int64()),
        "payload": pyarrow.array([payload(part, row, MARK)
                                  for row in range(ROWS)], pyarrow.binary())}
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(
        pyarrow.table(columns), sink, compression="none",
        use_dictionary=False, write_statistics=False)
    found = sink.getvalue().to_pybytes()
    assert found.count(MARK) == 2 * ROWS and len(found) >= FILE_BYTES_MIN
    return found


@dataclasses.dataclass
class Plan:
    """What goes wrong in one round."""
    kind: str
    inside: bool  # A download; else lists, markers and looks.
    at: set  # Which of the requests of that sort, counted from 0.
    faults: list  # For these, in turn.
    replaced: list  # Parts.


def make_plan(kind, inside, choice):
    # Mostly a few; now and then more than the attempts of one request, or of
    # one load.
    size = choice.choices((1, 2, 3, 6, 24, 100 if inside else 12),
                          (40, 20, 20, 10, 7, 3))[0]
    if kind == "replace":
        size = 1
    elif kind == "delay":
        size = min(size, 4)
    span = PIECES if inside else 16
    if size > span // 2:
        start = choice.randrange(span // 2)
        at = set(range(start, start + size))
    else:
        at = set(choice.sample(range(span), size))
    faults = {
        "drop": [Fault("drop")],
        "503": [Fault(503)],
        "delay": [Fault("delay", 0.2), Fault("stall", 0.5),
                  Fault("delay", REQUEST_TIMEOUT_S + 0.5),
                  Fault("stall", REQUEST_TIMEOUT_S + 0.5)],
        "truncate": [Fault("cut"), Fault("short"), Fault("empty")],
        "replace": [],
    }[kind]
    choice.shuffle(faults)
    parts = list(range(FILES))
    replaced = (parts if choice.random() < 0.25 else
                sorted(choice.sample(parts, choice.choice((1, 1, 2)))))
    return Plan(kind, inside, at, faults, replaced)


def make_plans(count, choice):
    """Every kind as often, and more inside a download than elsewhere."""
    plans = []
    for i in range(count):
        kind = KINDS[i % len(KINDS)]
        inside = kind == "replace" or i // len(KINDS) % 4 != KINDS.index(kind)
        plans.append(make_plan(kind, inside, choice))
    where = collections.Counter()
    for plan in plans:
        where[plan.inside] += len(plan.at)
    if where[True] < 1.5 * where[False]:
        return make_plans(count, choice)
    choice.shuffle(plans)
    return plans


class Round:
    """One snapshot on its way, and what it may be seen as."""

    def __init__(self, number, plan, bucket):
        self.number = number
        self.plan = plan
        self.bucket = bucket
        self.contents = [number * 10] * FILES  # Of each part, now.
        self.states = [tuple(self.contents)]  # Complete ones, in order.
        self._seen = {True: 0, False: 0}
        self._spoiled = 0

    def spoil(self, request):
        inside = request.is_piece and request.key.endswith(".parquet")
        count = self._seen[inside]
        self._seen[inside] += 1
        if inside != self.plan.inside or count not in self.plan.at:
            return None
        if self.plan.kind == "replace":
            return Fault("meanwhile", act=self.replace)
        faults = self.plan.faults
        self._spoiled += 1
        return faults[self._spoiled % len(faults)]

    def replace(self):
        """As a job that runs again, in a later second: the store's times have
        no smaller parts."""
        time.sleep(1.0 - time.time() % 1 + 0.05)
        for part in self.plan.replaced:
            self.contents[part] = self.number * 10 + 1
            self.bucket.put(self.number, part, self.contents[part])
        self.bucket.complete(self.number)
        self.states.append(tuple(self.contents))


class Bucket:
    """What lies in the store: a directory for each round."""

    def __init__(self, s3):
        self.s3 = s3
        self.templates = [template(part) for part in range(FILES)]

    @staticmethod
    def directory(number):
        return f"features/users/ds={number:04}"

    def put(self, number, part, content):
        self.s3.put(f"{self.directory(number)}/part-{part}.parquet",
                    self.templates[part].replace(
                        MARK, struct.pack("<q", content)))

    def put_all(self, number):
        for part in range(FILES):
            self.put(number, part, number * 10)

    def complete(self, number):
        self.s3.put(f"{self.directory(number)}/_SUCCESS", b"")

    def remove(self, number):
        self.s3.remove_all(self.directory(number))


class StoreFaultsTest(unittest.TestCase):

    def setUp(self):
        os.environ.update(object_store.credentials())
        self.s3 = object_store.S3Server(volumes=200)
        self.addCleanup(self.s3.close)
        self.proxy = StoreProxy(self.s3.address)
        self.addCleanup(self.proxy.close)
        self.daemon = Daemon(
            CONFIG.replace("ENDPOINT", self.proxy.address)
            .replace("REQUEST_TIMEOUT_S", str(REQUEST_TIMEOUT_S)))
        self.addCleanup(self.daemon.close)
        self.addCleanup(self.daemon.stop)
        self.bucket = Bucket(self.s3)
        self.faults = collections.Counter()  # By kind.
        self.inside = self.rounds_inside = 0  # A download.
        self.live = 0  # Versions that went live.
        self.failed = collections.Counter()  # Loads, by code.
        self.checked = set()  # Versions.
        self.before = None  # What served before a round.

    def test_what_goes_live_is_whole_and_no_round_is_stuck(self):
        count = int(os.environ.get("FRESHET_STORE_ROUNDS", 40))
        seed = int(os.environ.get("FRESHET_SEED", time.time_ns() % 2**32))
        print(f"seed {seed}, {count} rounds of {FILES} files of "
              f"{len(self.bucket.templates[0]):,} bytes", flush=True)
        choice = random.Random(seed)
        plans = make_plans(count, choice)
        self.daemon.start()
        seconds = []
        with concurrent.futures.ThreadPoolExecutor(1) as writer:
            self.bucket.put_all(1)
            for number, plan in enumerate(plans, 1):
                # The next one is written while this one is fetched.
                ready = (writer.submit(self.bucket.put_all, number + 1)
                         if number < count else None)
                seconds.append(self.run_round(
                    Round(number, plan, self.bucket), choice))
                if ready is not None:
                    ready.result()
                self.bucket.remove(number - 1)
                if number % 8 == 0:
                    self.s3.vacuum()
        self.summarize(seconds)

    def summarize(self, seconds):
        total = sum(self.faults.values())
        print(f"{len(seconds)} rounds, {total} faults ({dict(self.faults)}), "
              f"{self.inside} of them inside a download, in "
              f"{self.rounds_inside} rounds; {self.live} versions "
              f"went live, all rows right; {sum(self.failed.values())} loads "
              f"failed and were tried again ({dict(self.failed)}); "
              f"{min(seconds):.1f} to {max(seconds):.1f} s a round, "
              f"{sum(seconds):.0f} s in all", flush=True)
        self.assertGreaterEqual(total, len(seconds))
        self.assertGreaterEqual(2 * self.inside, total)
        self.assertGreaterEqual(2 * self.rounds_inside, len(seconds))
        self.assertEqual(set(self.faults), set(KINDS))

    def run_round(self, one, choice):
        loads = {load["id"] for load in self.loads()}
        first = len(self.proxy.spoiled)
        began = time.monotonic()
        self.proxy.spoil = one.spoil
        self.bucket.complete(one.number)
        if choice.random() < 0.5:
            self.daemon.must("notify", "users")
        try:
            self.wait_until_it_serves(one, began + STUCK_S)
        finally:
            self.proxy.spoil = lambda request: None
        took = time.monotonic() - began
        failed = [load for load in self.loads()
                  if load["id"] not in loads and load["code"] != 0]
        self.check_versions(one)
        self.count(one, self.proxy.spoiled[first:], failed, took)
        self.before = one.states[-1]
        return took

    def count(self, one, spoiled, failed, took):
        inside = sum(request.is_piece and request.key.endswith(".parquet")
                     for request, _ in spoiled)
        self.faults[one.plan.kind] += len(spoiled)
        self.inside += inside
        self.rounds_inside += inside > 0
        codes = collections.Counter(load["code"] for load in failed)
        self.failed += codes
        print(f"round {one.number}: {len(spoiled)} x {one.plan.kind}, {inside} "
              f"inside a download, {len(failed)} loads failed, {took:.1f} s",
              flush=True)
        for load in failed:
            print(f"  {load['code']}: {load['message'][:200]}", flush=True)
            self.assertIn(load["code"], PASSING)

    def wait_until_it_serves(self, one, end):
        """Each answer on the way is of one whole snapshot."""
        while True:
            found = self.contents()
            if found == one.states[-1] and self.settled(one):
                return
            self.assertIn(found, [self.before, *one.states])
            if time.monotonic() > end:
                self.fail(f"round {one.number} is stuck at {found}, "
                          f"{one.plan}: {self.loads()[-3:]}\n"
                          f"{self.daemon.must('describe', 'users').out}\n"
                          f"{self.daemon.log()[-4000:]}")
            time.sleep(0.1)

    def settled(self, one):
        """Not if the objects are still to be replaced: then it was too early,
        and what is fetched next is another round's."""
        return one.plan.kind != "replace" or len(one.states) == 2

    def contents(self):
        """Of each part, by its first row; None before the first snapshot."""
        reply = self.daemon.get(
            "users.content", "--key",
            "id=" + ",".join(str(part * ROWS) for part in range(FILES)))
        found = tuple(row["features"]["users.content"].get("value")
                      for row in reply["rows"])
        return None if found == (None,) * FILES else found

    def check_versions(self, one):
        """Every row of every version that went live since the last round, and
        every byte of some."""
        versions = self.daemon.versions("users")
        new = [number for number, version in versions.items() if version["phase"]
               in ("VERSION_PHASE_CURRENT", "VERSION_PHASE_KEPT") and
               number not in self.checked]
        self.assertIn(len(new), (1, 2))
        for number in new:
            self.assertEqual(int(versions[number]["rows"]), FILES * ROWS)
            state = self.check_rows(number)
            self.assertIn(state, one.states)
            self.check_payloads(number, state)
        self.assertEqual(state, one.states[-1])
        self.checked.update(new)
        self.live += len(new)

    def check_rows(self, version):
        reply = self.daemon.get(
            "users.content", "users.part", "--pin", f"users={version}", "--key",
            "id=" + ",".join(map(str, range(FILES * ROWS))))
        found = [set() for _ in range(FILES)]
        for key, row in enumerate(reply["rows"]):
            self.assertEqual(row["features"]["users.part"]["value"],
                             key // ROWS)
            found[key // ROWS].add(row["features"]["users.content"]["value"])
        self.assertEqual([len(contents) for contents in found], [1] * FILES,
                         "contents are mixed within a part")
        return tuple(contents.pop() for contents in found)

    def check_payloads(self, version, state):
        keys = [part * ROWS + row for part in range(FILES)
                for row in (0, random.randrange(1, ROWS - 1), ROWS - 1)]
        reply = self.daemon.get(
            "users.payload", "--pin", f"users={version}", "--key",
            "id=" + ",".join(map(str, keys)))
        for key, row in zip(keys, reply["rows"]):
            part = key // ROWS
            wanted = payload(part, key % ROWS,
                             struct.pack("<q", state[part]))
            self.assertEqual(row["features"]["users.payload"]["value"],
                             "0x" + wanted.hex(), f"key {key}")

    def loads(self):
        reply = self.daemon.must("loads", "--json", "users").json()
        return reply.get("loads", [])


if __name__ == "__main__":
    unittest.main()
