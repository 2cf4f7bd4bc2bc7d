# SPDX-License-Identifier: Apache-2.0
"""`freshet push` of CSV, Parquet and Arrow: each brings the same events as JSON Lines,
and of a file with one wrong row nothing is pushed."""

import datetime
import decimal
import subprocess
import sys
import unittest

import freshet
import pyarrow
import pyarrow.csv
import pyarrow.feather
import pyarrow.parquet
from freshet_daemon import PATIENCE_S, Daemon

CONFIG = """
project: shop
settings:
  listen: {data: "127.0.0.1:0", admin: "127.0.0.1:0", http: "127.0.0.1:0"}
  storage: {directory: "{store}"}
entities:
  - name: user
    join_keys: [{name: user, type: string}]
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: at, type: timestamp}
      - {name: id, type: int64}
      - {name: flag, type: bool}
      - {name: small, type: int32}
      - {name: big, type: int64}
      - {name: half, type: float}
      - {name: amount, type: double}
      - {name: price, type: "decimal(12,2)"}
      - {name: raw, type: bytes}
      - {name: seen, type: timestamp}
    timestamp_field: at
    id_field: id
    single_node: true
stream_feature_views:
  - name: paid
    entities: [user]
    source: payments
    aggregations:
      - {functions: [count], windows: [1h]}
{columns}
    on_incomplete: value
"""
COLUMNS = ("flag", "small", "big", "half", "amount", "price", "raw", "seen")
CONFIG = CONFIG.replace("{columns}", "\n".join(
    f"      - {{column: {name}, functions: [count, first, last], windows: [1h]}}"
    for name in COLUMNS))
FEATURES = ["paid.count_1h"] + [
    f"paid.{name}_{function}_1h" for name in COLUMNS
    for function in ("count", "first", "last")]
UTC = datetime.timezone.utc
SCHEMA = pyarrow.schema([
    ("user", pyarrow.string()), ("at", pyarrow.timestamp("us", "UTC")),
    ("id", pyarrow.int64()), ("flag", pyarrow.bool_()),
    ("small", pyarrow.int32()), ("big", pyarrow.int64()),
    ("half", pyarrow.float32()), ("amount", pyarrow.float64()),
    ("price", pyarrow.decimal128(12, 2)), ("raw", pyarrow.binary()),
    ("seen", pyarrow.timestamp("us", "UTC"))])


# The peak, in KiB, of the larger one: the command, or its loader. In a process
# of its own, for a child's peak begins with that of whom it was started by.
PEAK_OF = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
"""


def events_of(user, first_id):
    """Of the last half hour, a second apart; every third value is null."""
    begin = datetime.datetime.now(UTC) - datetime.timedelta(minutes=30)
    rows = []
    for i in range(100):
        row = {"user": user, "id": first_id + i,
               "at": begin + datetime.timedelta(seconds=i),
               "flag": i % 2 == 0, "small": -i, "big": 2**62 + i,
               "half": i / 8, "amount": i / 7,
               "price": decimal.Decimal(i * 25) / 100,
               "raw": bytes([i, 0, 255]),
               "seen": begin - datetime.timedelta(microseconds=i)}
        for number, name in enumerate(COLUMNS):
            if (i + number) % 3 == 0:
                row[name] = None
        rows.append(row)
    return rows


def wanted(rows):
    """What FEATURES answer of them, by another way."""
    answer = [len(rows)]
    for name in COLUMNS:
        values = [row[name] for row in rows if row[name] is not None]
        answer += [len(values), values[0], values[-1]]
    return answer


def csv_text(rows):
    def text(value):
        if value is None:
            return ""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, bytes):
            return "0x" + value.hex()
        if isinstance(value, datetime.datetime):
            return value.isoformat()
        return repr(value) if isinstance(value, float) else str(value)

    return "".join(",".join(line) + "\n" for line in [
        SCHEMA.names, *([text(row[name]) for name in SCHEMA.names]
                        for row in rows)])


class PushFilesTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(CONFIG)
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        self.client = freshet.Client(self.daemon.ports["data"])
        self.addCleanup(self.client.close)

    def path(self, name):
        return self.daemon.directory / name

    def answers(self, user):
        vectors = self.client.get_features(FEATURES, {"user": [user]},
                                           timeout=PATIENCE_S)
        return [vectors[name].values[0] for name in FEATURES]

    def assert_answers(self, user, rows):
        """decimal by its digits, float32 as it is."""
        self.assertEqual([str(one) if isinstance(one, decimal.Decimal) else one
                          for one in self.answers(user)],
                         [str(one.quantize(decimal.Decimal("0.01")))
                          if isinstance(one, decimal.Decimal) else one
                          for one in wanted(rows)])

    def refused(self, path, *options):
        result = self.daemon.run("push", "payments", path, *options)
        self.assertEqual(result.code, 65, str(result))
        self.assertTrue(result.err.startswith(f"freshet: '{path}': "),
                        result.err)
        return result.err

    def test_each_format_brings_what_it_holds(self):
        writers = {
            "events.csv": lambda path, table, rows: path.write_text(
                csv_text(rows)),
            "events.csv.gz": lambda path, table, rows: path.write_bytes(
                pyarrow.compress(csv_text(rows).encode(), "gzip",
                                 asbytes=True)),
            "events.parquet": lambda path, table, rows:
                pyarrow.parquet.write_table(table, path, row_group_size=30),
            "no_suffix": lambda path, table, rows:
                pyarrow.parquet.write_table(table, path, version="2.6"),
            "events.arrow": lambda path, table, rows:
                pyarrow.feather.write_feather(table, path),
            "dictionary.parquet": lambda path, table, rows:
                pyarrow.parquet.write_table(table.set_column(
                    0, "user", table["user"].dictionary_encode()), path),
        }
        for number, (name, write) in enumerate(writers.items()):
            with self.subTest(name):
                user = f"user of {name}"
                rows = events_of(user, number * 1000)
                path = self.path(name)
                write(path, pyarrow.Table.from_pylist(rows, SCHEMA), rows)
                pushed = self.daemon.must("push", "payments", path, "--batch",
                                          "17")
                self.assertIn("payments: 100 events accepted in ", pushed.out)
                self.assertEqual(pushed.err, "")
                self.assert_answers(user, rows)
                # Again, and as another format: by its id it counts once.
                self.daemon.must("push", "payments", path)
                self.assert_answers(user, rows)

    def test_of_a_file_with_one_wrong_row_nothing_is_pushed(self):
        rows = events_of("eve", 0) * 50
        good = pyarrow.Table.from_pylist(rows, SCHEMA)
        text = self.path("wrong.csv")
        text.write_text(csv_text(rows) + csv_text(
            [dict(rows[1], price=decimal.Decimal("1.005"))]).split("\n")[1] +
            "\n")
        self.assertIn("row 5001: column 'price' (decimal(12,2)): ",
                      self.refused(text))
        # Not UTF-8, in the last row of the last row group.
        index = SCHEMA.get_field_index("user")
        users = [b"eve"] * 4999 + [b"\xff"]
        parquet = self.path("wrong.parquet")
        pyarrow.parquet.write_table(
            good.set_column(index, "user", [users]), parquet,
            row_group_size=1000)
        self.assertIn("row group 4, row 5000: column 'user' (string): ",
                      self.refused(parquet))
        arrow = self.path("wrong.arrow")
        pyarrow.feather.write_feather(
            good.set_column(index, "user", [users]), arrow, chunksize=1000)
        self.assertIn("batch 4, row 5000: column 'user' (string): ",
                      self.refused(arrow))
        # A page that is damaged.
        pyarrow.parquet.write_table(good, parquet, compression="none",
                                    write_page_checksum=True)
        damaged = bytearray(parquet.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        parquet.write_bytes(damaged)
        self.refused(parquet)
        self.assertEqual(self.answers("eve")[0], 0)

    def test_columns_of_other_types_are_refused_by_name(self):
        table = pyarrow.Table.from_pylist(events_of("ann", 0), SCHEMA)
        path = self.path("types.parquet")
        for name, values, says in (
                ("amount", pyarrow.array(range(100)), "int64, which is not "
                 "loaded as double"),
                ("small", pyarrow.array(range(100)), "int64, which is not "
                 "loaded as int32"),
                ("price", pyarrow.array([decimal.Decimal("0.125")] * 100),
                 "the scales differ: 3 and 2"),
                ("amount", pyarrow.array([[1.0]] * 100),
                 "which is not loaded as double"),
                ("at", pyarrow.array([0] * 100, pyarrow.timestamp("us")),
                 "a time without zone; give --zone"),
                ("at", pyarrow.array([0] * 100, pyarrow.date32()),
                 "a date; give --zone and --at")):
            with self.subTest(f"{name}: {says}"):
                index = SCHEMA.get_field_index(name)
                pyarrow.parquet.write_table(
                    table.set_column(index, name, values), path)
                self.assertIn(f"column '{name}' (", self.refused(path))
                self.assertIn(says, self.refused(path))
        pyarrow.parquet.write_table(table.drop_columns(["id"]), path)
        self.assertIn("there is no column 'id'", self.refused(path))
        self.assertEqual(self.answers("ann")[0], 0)

    def test_times_without_a_zone_and_of_int96_are_of_the_one_given(self):
        rows = events_of("int96", 0)
        path = self.path("int96.parquet")
        pyarrow.parquet.write_table(
            pyarrow.Table.from_pylist(rows, SCHEMA), path,
            use_deprecated_int96_timestamps=True)
        self.refused(path)
        self.daemon.must("push", "payments", path, "--zone", "UTC")
        self.assert_answers("int96", rows)

    def test_memory_does_not_grow_with_the_file(self):
        # One row group of 200 MB.
        rows = 400_000
        now = datetime.datetime.now(UTC) - datetime.timedelta(minutes=5)
        draw = pyarrow.array([f"{i % 977:0500d}" for i in range(rows)])
        path = self.path("large.parquet")
        pyarrow.parquet.write_table(pyarrow.table({
            "user": draw, "id": pyarrow.array(range(rows)),
            "at": pyarrow.array([now] * rows, pyarrow.timestamp("us", "UTC")),
        }), path, use_dictionary=False, compression="none",
            row_group_size=rows)
        self.assertGreater(path.stat().st_size, 180 << 20)
        measured = subprocess.run(
            [sys.executable, "-c", PEAK_OF,
             *self.daemon.command("push", "payments", path)],
            capture_output=True, text=True, timeout=PATIENCE_S, check=True)
        self.assertIn(f"payments: {rows:,} events accepted", measured.stdout)
        self.assertLess(int(measured.stderr.split()[-1]), 128 << 10)


if __name__ == "__main__":
    unittest.main()
