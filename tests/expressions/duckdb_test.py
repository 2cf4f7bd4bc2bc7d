# SPDX-License-Identifier: Apache-2.0
"""Random expressions over random rows: Freshet says what DuckDB says.

DuckDB is set up as docs/expressions.md says: a division by zero is NULL. Where
a row fails here it must fail there, and the other way round, but for two cases,
which are counted and must stay few: decided_before, and that DuckDB does not
look at what stands beside a NULL that all rows of a batch have, which what is
made of more than one operation may have by chance. What else differs is marked
in random_expression.py.
"""

import collections
import json
import math
import os
import random
import re
import struct
import subprocess
import time
import unittest
from decimal import Decimal

import duckdb
import pyarrow

import expression_types as rx
from random_expression import Generator

# 1,000 are the same ones each time; more (CMakePresets.json) are others in each
# run, which may find what no change brought.
EXPRESSIONS = int(os.environ.get("FRESHET_EXPRESSIONS", "1000"))
SEED = int(os.environ.get("FRESHET_SEED") or (
    random.randrange(1 << 32) if EXPRESSIONS > 1000 else 1))
ROWS = 24
EXPRESSIONS_A_TABLE = 50
NULLS = 0.15

EXTREMES = {
    rx.BOOL: [True, False],
    rx.INT32: [0, 1, -1, 2, 7, 1000, 2147483647, -2147483648],
    rx.INT64: [0, 1, -1, 5, 100, 9223372036854775807, -9223372036854775808,
               2147483648, 9007199254740993],
    rx.FLOAT: [0.0, -0.0, 1.5, -2.5, 3.4028234663852886e38, math.nan, math.inf,
               -math.inf, 2**-149, 16777216.0],
    rx.DOUBLE: [0.0, -0.0, 0.5, 1.5, 2.5, -2.5, 1e16, 1e308, -1e308, 5e-324,
                math.nan, math.inf, -math.inf, 9007199254740992.0],
    rx.STRING: ["", "a", "ab", "aab", "A%", "a_b", "it's", "é", "héllo wörld",
                "日本語", "𝄞x", " pad ", "\u00a0x\u2003", "tab\t", "12", "-3.5",
                " 7 ", "2.5", ".5", "1.", "abc", "true", "F", "nan",
                "99999999999", "99999999999999999999", "0.005", "-0.015",
                # With a space, so that what comes behind by || is no part of
                # the exponent: DuckDB's limits to it differ by type.
                "1e3 ", "15e-1 ", "-25E-1 ", "0e9 ",
                "2024-02-29", "2023-02-29", "2024-02-29 23:59:59.999999",
                "1969-12-31T00:00:00Z", "+4", "x" * 40, "0"],
    rx.BYTES: [b"", b"a", b"\x00\xff", b"ab"],
    rx.TIMESTAMP: [0, -1, 1, 1700000000123456, 253402300799999999,
                   -62135596800000000, 86400000000],
}


def random_value(random_, type_):
    if random_.random() < NULLS:
        return None
    if rx.is_decimal(type_):
        limit = 10 ** rx.digits(type_)[0]
        return random_.choice([0, 1, -1, limit - 1, 1 - limit, 150, -255,
                               random_.randrange(-limit + 1, limit)]) % limit
    if random_.random() < 0.4 or type_ in (rx.BOOL, rx.BYTES, rx.STRING):
        return random_.choice(EXTREMES[type_])
    if type_ in (rx.INT32, rx.INT64):
        return random_.randint(-20, 20)
    if type_ == rx.TIMESTAMP:
        return random_.randint(-10**15, 4 * 10**15)
    value = random_.choice([random_.randint(-40, 40) / 4,
                            random_.uniform(-1000, 1000)])
    return as_float(value) if type_ == rx.FLOAT else value


def as_float(value):
    return struct.unpack("f", struct.pack("f", value))[0]


def bits(value):
    if math.isnan(value):
        return "nan"
    return struct.pack(">d", value).hex()


def arrow_column(type_, values):
    simple = {rx.BOOL: pyarrow.bool_(), rx.INT32: pyarrow.int32(),
              rx.INT64: pyarrow.int64(), rx.FLOAT: pyarrow.float32(),
              rx.DOUBLE: pyarrow.float64(), rx.STRING: pyarrow.string(),
              rx.BYTES: pyarrow.binary(), rx.TIMESTAMP: pyarrow.timestamp("us")}
    if type_ in simple:
        return pyarrow.array(values, simple[type_])
    precision, scale = rx.digits(type_)
    return pyarrow.array(
        [None if v is None else Decimal(v).scaleb(-scale) for v in values],
        pyarrow.decimal128(precision, scale))


class Table:
    """Columns of each type, in DuckDB and as Freshet takes them."""

    def __init__(self, random_, connection):
        self.columns = collections.defaultdict(list)
        self.inputs = []
        arrays = {"row": pyarrow.array(range(ROWS))}
        for type_ in rx.TYPES:
            short = type_.translate(str.maketrans("(,", "__", ")"))
            for name in (f"a_{short}", f"b_{short}"):
                values = [random_value(random_, type_) for _ in range(ROWS)]
                self.columns[type_].append(name)
                arrays[name] = arrow_column(type_, values)
                self.inputs.append({"name": name, "type": type_,
                                    "values": as_json(type_, values)})
        self.arrow = pyarrow.table(arrays)
        connection.execute("DROP TABLE IF EXISTS t")
        arrow = self.arrow  # DuckDB finds it by this name.
        connection.execute("CREATE TABLE t AS SELECT * FROM arrow")


def as_json(type_, values):
    if type_ in (rx.FLOAT, rx.DOUBLE):
        return [None if v is None else struct.pack(">d", v).hex()
                for v in values]
    if type_ == rx.BYTES:  # Text to JSON, which has no bytes.
        return [None if v is None else v.decode("latin-1") for v in values]
    return values


class DuckDb:
    def __init__(self):
        self.connection = duckdb.connect()
        # As Freshet: a division by zero is NULL. Without the optimizer, which
        # takes some expressions apart before they can fail.
        for statement in ("SET threads = 1", "PRAGMA disable_optimizer",
                          "SET ieee_floating_point_ops = false",
                          "SET error_on_division_by_zero = false",
                          "SET TimeZone = 'UTC'"):
            self.connection.execute(statement)

    def evaluate(self, expression, type_, rows):
        """Values of those rows, or None if one of them fails."""
        value = f"epoch_us({expression})" if type_ == rx.TIMESTAMP \
            else expression
        where = ", ".join(map(str, rows))
        try:
            relation = self.connection.execute(
                f"SELECT {value} FROM t WHERE row IN ({where}) ORDER BY row")
            return [self.normal(type_, v[0]) for v in relation.fetchall()]
        except (duckdb.ConversionException, duckdb.OutOfRangeException,
                duckdb.InvalidInputException, duckdb.SyntaxException):
            return None

    def type_of(self, expression):
        return self.connection.execute(
            f"SELECT typeof({expression}) FROM t LIMIT 1").fetchone()[0]

    @staticmethod
    def normal(type_, value):
        if value is None:
            return None
        if type_ in (rx.FLOAT, rx.DOUBLE):
            return bits(value)
        if type_ == rx.BYTES:
            return value.decode("latin-1")
        if rx.is_decimal(type_):
            return int(Decimal(value).scaleb(rx.digits(type_)[1]))
        return value


class Freshet:
    def __init__(self):
        self.process = subprocess.Popen(
            [os.environ["FRESHET_EVALUATE"]], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def evaluate(self, expression, inputs):
        request = {"expression": expression, "rows": ROWS, "inputs": inputs}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"freshet-evaluate ended at: {expression}")
        answer = json.loads(line)
        if answer.get("type") in (rx.FLOAT, rx.DOUBLE):
            answer["values"] = [
                None if v is None else
                bits(struct.unpack(">d", bytes.fromhex(v))[0])
                for v in answer["values"]]
        return answer

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def decided_before(part):
    """AND and OR do not look at the right where the left decides; DuckDB does.
    """
    return " AND " in part.ours or " OR " in part.ours


def same(part, mine, theirs):
    if mine == theirs:
        return True
    # The sign of NaN is not written here.
    if part.type == rx.STRING and mine is not None and theirs is not None:
        mine, theirs = mine.lower(), theirs.lower().replace("-nan", "nan")
    # DuckDB's greatest and least of floats may give either zero.
    if "greatest(" in part.ours or "least(" in part.ours:
        if part.type in (rx.FLOAT, rx.DOUBLE):
            return {mine, theirs} == {bits(0.0), bits(-0.0)}
        if part.type == rx.STRING:
            mine, theirs = [text and text.replace("-0.0", "0.0")
                            for text in (mine, theirs)]
    return mine == theirs


class DuckDbTest(unittest.TestCase):
    def setUp(self):
        print(f"FRESHET_SEED={SEED} FRESHET_EXPRESSIONS={EXPRESSIONS}")
        self.random = random.Random(SEED)
        self.duck, self.freshet = DuckDb(), Freshet()
        self.addCleanup(self.freshet.close)
        self.uses, self.types = collections.Counter(), collections.Counter()
        self.pairs = collections.Counter()

    def compare(self, part, table, operations):
        """What is wrong, or None."""
        used = [i for i in table.inputs if i["name"] in part.ours]
        ours = self.freshet.evaluate(part.ours, used)
        if "error" in ours:
            self.pairs["constant failures"] += 1
            return None if ours["error"].startswith("this always") \
                else ours["error"]
        try:
            theirs = self.duck.type_of(part.duck)
        except (duckdb.ParserException, duckdb.BinderException) as error:
            return f"DuckDB refuses it: {error}"
        if ours["type"] != part.type or theirs != rx.sql(part.type).replace(
                "INT32", "INTEGER").replace("INT64", "BIGINT").replace(
                "BOOL", "BOOLEAN"):
            return f"is {ours['type']} here, {theirs} there"
        return self.compare_rows(part, ours, operations)

    def compare_rows(self, part, ours, operations):
        good = [r for r in range(ROWS) if ours["states"][r] < 2]
        expected = self.duck.evaluate(part.duck, part.type, good)
        for row in range(ROWS):
            mine = ours["values"][row]
            self.pairs["all"] += 1
            if ours["states"][row] >= 2:
                self.pairs["failures"] += 1
                # Beside others, so that no null is one that all rows have.
                if self.duck.evaluate(part.duck, part.type,
                                      good + [row]) is not None:
                    if operations == 1:
                        return f"row {row} fails only here"
                    self.pairs["fail only here"] += 1
                continue
            one = [expected[good.index(row)]] if expected is not None else \
                self.duck.evaluate(part.duck, part.type, [row])
            if one is None:
                if not decided_before(part):
                    return f"row {row} is {mine} here, fails there"
                self.pairs["fail only there"] += 1
                continue
            if not same(part, mine, one[0]):
                return f"row {row} is {mine!r} here, {one[0]!r} there"
            self.pairs["values" if mine is not None else "nulls"] += 1
        return None

    def test_freshet_says_what_duckdb_says(self):
        began = time.monotonic()
        wrong = []
        for i in range(EXPRESSIONS):
            if i % EXPRESSIONS_A_TABLE == 0:
                table = Table(self.random, self.duck.connection)
            generator = Generator(self.random, table.columns)
            part = generator.draw()
            self.uses.update(generator.used)
            self.types[part.type] += 1
            problem = self.compare(part, table, generator.operations)
            if problem is not None:
                wrong.append(f"{part.ours}\n  as {part.duck}\n  {problem}")
        for name, count in sorted((self.uses + self.types).items()):
            print(f"{count:8} {name}")
        print(dict(self.pairs), f"{time.monotonic() - began:.0f} s")
        self.assertFalse(wrong, f"{len(wrong)} differ:\n" +
                         "\n".join(wrong[:20]))
        self.assertGreater(self.pairs["values"], self.pairs["all"] / 2)
        for few in ("fail only here", "fail only there"):
            self.assertLess(self.pairs[few], self.pairs["all"] / 100)


if __name__ == "__main__":
    unittest.main()
