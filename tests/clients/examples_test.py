# SPDX-License-Identifier: Apache-2.0
"""The example clients in C++, Java and Go against a real daemon: values of every
type, errors, and what the service config has retried.

    examples_test.py cpp|java|go

`build_example.sh` built them; FRESHET_EXAMPLES is where.
"""

import datetime
import decimal
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest

import pyarrow
import pyarrow.parquet

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from freshet_daemon import PATIENCE_S, Daemon  # noqa: E402

from breaking_proxy import BreakingProxy  # noqa: E402

LANGUAGE = "cpp"  # The first word of the command line.

CONFIG = """
settings:
  listen: {data: 127.0.0.1:{port}, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load: {roots: [.], sort_buffer: 32MiB}
project: shop
entities:
  - name: user
    join_keys: [{name: user_id, type: int64}]
batch_feature_views:
  - name: users
    entities: [user]
    source: {path: users.parquet}
    features:
      - {name: flag, type: bool}
      - {name: small, type: int32, default: -1}
      - {name: big, type: int64}
      - {name: half, type: float}
      - {name: score, type: double}
      - {name: name, type: string}
      - {name: raw, type: bytes}
      - {name: seen, type: timestamp}
      - {name: price, type: "decimal(10,2)"}
      - {name: words, type: list<string>}
      - {name: numbers, type: list<int32>}
      - {name: embedding, type: "float[2]"}
"""

SCHEMA = pyarrow.schema([
    ("user_id", pyarrow.int64()), ("flag", pyarrow.bool_()),
    ("small", pyarrow.int32()), ("big", pyarrow.int64()),
    ("half", pyarrow.float32()), ("score", pyarrow.float64()),
    ("name", pyarrow.string()), ("raw", pyarrow.binary()),
    ("seen", pyarrow.timestamp("us", "UTC")),
    ("price", pyarrow.decimal128(10, 2)),
    ("words", pyarrow.list_(pyarrow.string())),
    ("numbers", pyarrow.list_(pyarrow.int32())),
    ("embedding", pyarrow.list_(pyarrow.float32(), 2))])
FEATURES = [f"users.{name}" for name in SCHEMA.names[1:]]

MOMENT = datetime.datetime(2025, 6, 1, 10, tzinfo=datetime.timezone.utc)
ROWS = [
    {"user_id": 42, "flag": True, "small": -7, "big": 2**62 + 1, "half": 0.25,
     "score": -1.5, "name": "Zoë", "raw": b"\x00\xff", "seen": MOMENT,
     "price": decimal.Decimal("-0.05"), "words": ["a", None, "ccc"],
     "numbers": [], "embedding": [0.5, -2.25]},
    {"user_id": 43, "name": "", "price": decimal.Decimal("1234.50"),
     "numbers": [1, None, 3]},
]
# As a person reads them off the table above.
FULL = ["true", "-7", "4611686018427387905", "0.25", "-1.5", "Zoë", "0x00ff",
        "1748772000000000", "-0.05", "[a, null, ccc]", "[]", "[0.5, -2.25]"]
SPARSE = {"name": "", "price": "1234.50", "numbers": "[1, null, 3]"}


def line(key, feature, value, state):
    return "\t".join((str(key), feature, value, state))


def answer(key):
    """What is printed of one user."""
    lines = []
    for feature, full in zip(FEATURES, FULL):
        name = feature.split(".")[1]
        if key == 42:
            lines.append(line(key, feature, full, "PRESENT"))
        elif key == 43 and name in SPARSE:
            lines.append(line(key, feature, SPARSE[name], "PRESENT"))
        else:
            state = "NULL" if key == 43 else "NOT_FOUND"
            lines.append(line(key, feature, "-1", state + " DEFAULTED")
                         if name == "small" else line(key, feature, "-", state))
    return lines


class Example:
    """The program, under way: a line of keys in, an answer out."""

    def __init__(self, address, features=None, timeout_ms=PATIENCE_S * 1000):
        command = pathlib.Path(os.environ["FRESHET_EXAMPLES"]) / LANGUAGE / "run"
        self._process = subprocess.Popen(
            [command, address, ",".join(features or FEATURES), "user_id",
             str(timeout_ms)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, encoding="utf-8")

    def send(self, keys):
        self._process.stdin.write(keys + "\n")
        self._process.stdin.flush()

    def receive(self):
        """The lines up to the empty one."""
        lines = []
        while (text := self._process.stdout.readline()) not in ("", "\n"):
            lines.append(text.rstrip("\n"))
        return lines

    def end(self):
        """(exit code, what stood on standard error)."""
        try:
            _, err = self._process.communicate(timeout=2 * PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise
        return self._process.returncode, err


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class ExampleTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = os.environ.get("FRESHET_EXAMPLES")
        if not command:
            raise unittest.SkipTest(
                "FRESHET_EXAMPLES is not set; run this by ctest")
        reason = pathlib.Path(command) / LANGUAGE / "skipped"
        if reason.exists():
            raise unittest.SkipTest(reason.read_text().strip())
        cls.port = free_port()
        cls.daemon = Daemon(CONFIG.replace("{port}", str(cls.port)))
        cls.addClassCleanup(cls.daemon.close)
        pyarrow.parquet.write_table(
            pyarrow.Table.from_pylist(ROWS, SCHEMA),
            cls.daemon.directory / "users.parquet")
        cls.daemon.start()
        cls.daemon.must("load", "users")
        cls.address = cls.daemon.ports["data"]

    def example(self, *arguments, **more):
        one = Example(*arguments, **more)
        self.addCleanup(one._process.kill)
        return one

    def ask(self, example, keys="42"):
        example.send(keys)
        return example.receive()

    def test_values_of_every_type_with_their_states(self):
        example = self.example(self.address)
        self.assertEqual(self.ask(example, "42,43,99"),
                         answer(42) + answer(43) + answer(99))
        self.assertEqual(self.ask(example, "43"), answer(43))
        self.assertEqual(example.end(), (0, ""))

    def test_unknown_feature_is_an_error_with_its_message(self):
        example = self.example(self.address, ["users.scores"])
        self.assertEqual(self.ask(example), [])
        code, err = example.end()
        self.assertEqual(code, 1)
        self.assertRegex(err, r"NOT_FOUND: .*'scores'; nearest: 'score'")

    def test_key_of_another_type_is_an_error(self):
        example = self.example(self.address)
        self.assertEqual(self.ask(example, "bob"), [])
        self.assertEqual(self.ask(example, "42"), answer(42))
        code, err = example.end()
        self.assertEqual(code, 1)
        self.assertIn("user_id", err)

    def test_call_without_an_answer_ends_at_its_deadline(self):
        with BreakingProxy(self.address, lambda n: "swallow") as proxy:
            example = self.example(proxy.address, timeout_ms=1500)
            begin = time.monotonic()
            self.assertEqual(self.ask(example), [])
            took = time.monotonic() - begin
            code, err = example.end()
        self.assertEqual(code, 75)
        self.assertIn("DEADLINE_EXCEEDED", err)
        self.assertGreater(took, 1.4)
        self.assertEqual(proxy.calls, 1)

    def test_calls_that_break_are_retried_by_the_service_config(self):
        with BreakingProxy(self.address,
                           lambda n: "break" if n <= 2 else "pass") as proxy:
            example = self.example(proxy.address)
            self.assertEqual(self.ask(example), answer(42))
            self.assertEqual(example.end(), (0, ""))
        self.assertEqual(proxy.calls, 3)

    def test_third_attempt_is_the_last(self):
        with BreakingProxy(self.address, lambda n: "break") as proxy:
            example = self.example(proxy.address)
            self.assertEqual(self.ask(example), [])
            code, err = example.end()
        self.assertEqual(code, 75)
        self.assertIn("UNAVAILABLE, retried: ", err)
        self.assertEqual(proxy.calls, 3)

    def test_daemon_that_starts_late_or_again_is_waited_for(self):
        self.daemon.stop()
        with socket.create_server(("127.0.0.1", self.port)) as nobody:
            nobody.settimeout(PATIENCE_S)
            example = self.example(self.address)
            example.send("42")
            nobody.accept()[0].close()  # It tried, and found nobody.
        self.daemon.start()
        self.assertEqual(example.receive(), answer(42))

        self.daemon.stop()
        example.send("43")
        self.daemon.start()
        self.assertEqual(example.receive(), answer(43))
        self.assertEqual(example.end(), (0, ""))


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        LANGUAGE = sys.argv.pop(1)
    unittest.main()
