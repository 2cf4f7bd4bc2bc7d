# SPDX-License-Identifier: Apache-2.0
"""Values on the edge of every type come out of the daemon as they went into
the file, under keys that are easily confused."""

import datetime
import decimal
import math
import struct
import unittest

import pyarrow
import pyarrow.parquet

from freshet_daemon import Daemon

UTC = datetime.timezone.utc
INT64_MAX, INT64_MIN = 2**63 - 1, -(2**63)
NAN, INFINITY = math.nan, math.inf
WHEN = datetime.datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
project: edges
entities:
  - name: edge
    join_keys:
      - {name: left, type: bytes}
      - {name: right, type: bytes}
      - {name: number, type: int64}
batch_feature_views:
  - name: edges
    entities: [edge]
    source: {path: FILE, timestamp_field: at}
    features:
FEATURES
feature_services:
  - {name: all, features: [edges]}
"""

# By feature: its type, the file's, and a value for each key.
COLUMNS = {
    "a_bool": ("bool", pyarrow.bool_(), [True, False, None, True]),
    "an_int32": ("int32", pyarrow.int32(), [2**31 - 1, -(2**31), None, 0]),
    "an_int64": ("int64", pyarrow.int64(),
                 [2**53 + 1, INT64_MIN, None, INT64_MAX]),
    "a_float": ("float", pyarrow.float32(), [0.1, -0.0, None, NAN]),
    "a_double": ("double", pyarrow.float64(), [5e-324, -0.0, None, NAN]),
    "infinite": ("double", pyarrow.float64(),
                 [INFINITY, -INFINITY, None, 1.7976931348623157e308]),
    "a_string": ("string", pyarrow.string(), ["", "a\0b", None, "naïve ☃"]),
    "some_bytes": ("bytes", pyarrow.binary(),
                   [b"", b"\0\xff", None, b"0x41"]),
    "a_time": ("timestamp", pyarrow.timestamp("us", "UTC"),
               [WHEN, datetime.datetime(2013, 11, 3, 6, 30, tzinfo=UTC), None,
                datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]),
    "a_decimal": ("decimal(18,4)", pyarrow.decimal128(18, 4),
                  [decimal.Decimal("99999999999999.9999"),
                   decimal.Decimal("-0.0001"), None, decimal.Decimal("0")]),
    "ints": ("list<int64>", pyarrow.list_(pyarrow.int64()),
             [[], [None], None, [2**53 + 1, None, INT64_MIN]]),
    "doubles": ("list<double>", pyarrow.list_(pyarrow.float64()),
                [[NAN, -0.0], [], None, [None, INFINITY]]),
    "strings": ("list<string>", pyarrow.list_(pyarrow.string()),
                [["", "a", ""], [None, ""], None, []]),
    "bools": ("list<bool>", pyarrow.list_(pyarrow.bool_()),
              [[True, None, False], [], None, [False]]),
    "decimals": ("list<decimal(5,1)>", pyarrow.list_(pyarrow.decimal128(5, 1)),
                 [[decimal.Decimal("-0.1"), None], [], None,
                  [decimal.Decimal("9999.9")]]),
    "vector": ("float[3]", pyarrow.list_(pyarrow.float32()),
               [[0.1, -0.0, NAN], [1.5, 2.5, 3.5], None, [INFINITY, 0, 0]]),
}
KEYS = [(b"", b"\0", 1), (b"\0", b"", 1), (b"\0\0", b"\xff\0", INT64_MIN),
        (b"\0\xff", b"\0", INT64_MAX)]
ABSENT = [(b"", b"", 1), (b"\0", b"\0", 1), (b"\0\0", b"\xff", INT64_MIN)]


def table():
    columns = {"left": pyarrow.array([key[0] for key in KEYS]),
               "right": pyarrow.array([key[1] for key in KEYS]),
               "number": pyarrow.array([key[2] for key in KEYS]),
               "at": pyarrow.array([WHEN] * len(KEYS),
                                   pyarrow.timestamp("us", "UTC"))}
    for name, (_, arrow, values) in COLUMNS.items():
        columns[name] = pyarrow.array(values, arrow)
    return pyarrow.table(columns)


def as_shown(value, kind):
    """A value as `freshet get --json` shows it, by docs/cli.md."""
    if value is None:
        return None
    if isinstance(value, list):
        return [as_shown(item, kind) for item in value]
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, datetime.datetime):
        text = value.strftime("%Y-%m-%dT%H:%M:%S.%f").rstrip("0").rstrip(".")
        return text + "Z"
    if isinstance(value, decimal.Decimal):
        places = int(kind.split(",")[1].rstrip(")>"))
        return f"{value:.{places}f}"
    if "float" in kind:
        value = struct.unpack("<f", struct.pack("<f", value))[0]
    if isinstance(value, float) and not math.isfinite(value):
        return ("NaN" if math.isnan(value)
                else "Infinity" if value > 0 else "-Infinity")
    return value


def signed(value):
    """Tells -0.0 from 0.0 and 1 from 1.0 and True."""
    if isinstance(value, list):
        return [signed(item) for item in value]
    if isinstance(value, float):
        return ("float", value.hex())
    return (type(value).__name__, value)


class RoundTripTest(unittest.TestCase):
    def start(self, path):
        features = "".join(
            f"      - {{name: {name}, type: \"{kind}\"}}\n"
            for name, (kind, _, _) in COLUMNS.items())
        daemon = Daemon("")
        self.addCleanup(daemon.close)
        daemon.write_config(CONFIG.replace("FILE", path)
                            .replace("FEATURES\n", features))
        return daemon

    def ask(self, daemon, keys):
        arguments = []
        for place, name in enumerate(("left", "right", "number")):
            values = ",".join(
                str(as_shown(key[place], "")) for key in keys)
            arguments += ["--key", f"{name}={values}"]
        return daemon.get("--service", "all", *arguments)["rows"]

    def check(self, daemon):
        rows = self.ask(daemon, KEYS)
        for place, row in enumerate(rows):
            for name, (kind, _, values) in COLUMNS.items():
                cell = row["features"][f"edges.{name}"]
                with self.subTest(row=place, feature=name):
                    self.assertEqual(
                        cell["status"],
                        "NULL" if values[place] is None else "PRESENT")
                    self.assertEqual(signed(cell["value"]),
                                     signed(as_shown(values[place], kind)))
        for row in self.ask(daemon, ABSENT):
            self.assertEqual(
                {cell["status"] for cell in row["features"].values()},
                {"NOT_FOUND"}, row["keys"])

    def test_through_parquet(self):
        daemon = self.start("edges.parquet")
        pyarrow.parquet.write_table(
            table(), daemon.directory / "edges.parquet")
        daemon.start().must("load", "edges")
        self.check(daemon)

    def test_through_arrow(self):
        daemon = self.start("edges.arrow")
        with pyarrow.OSFile(str(daemon.directory / "edges.arrow"), "wb") as to:
            with pyarrow.ipc.new_file(to, table().schema) as writer:
                writer.write_table(table())
        daemon.start().must("load", "edges")
        self.check(daemon)

    def test_after_a_restart(self):
        daemon = self.start("edges.parquet")
        pyarrow.parquet.write_table(
            table(), daemon.directory / "edges.parquet")
        daemon.start().must("load", "edges")
        daemon.process.kill()
        daemon.wait()
        daemon.start()
        self.check(daemon)


if __name__ == "__main__":
    unittest.main()
