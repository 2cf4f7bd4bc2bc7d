# SPDX-License-Identifier: Apache-2.0
"""Types of expressions, and parts of their text, Freshet's and DuckDB's."""

import dataclasses
import functools

BOOL, INT32, INT64, FLOAT, DOUBLE = "bool", "int32", "int64", "float", "double"
STRING, BYTES, TIMESTAMP = "string", "bytes", "timestamp"
DECIMALS = ((5, 2), (10, 2), (18, 2), (18, 0), (9, 4), (4, 4), (18, 18))
DIGITS_MAX = 18

# Levels of precedence, the loosest first.
(OR, AND, NOT, IS, COMPARE, MEMBER, CONCAT, SUM, PRODUCT, SIGN, CAST,
 PRIMARY) = range(12)


def decimal(precision, scale):
    return f"decimal({precision},{scale})"


def digits(type_):
    """(precision, scale) of a decimal, or of an integer as one."""
    if type_ in (INT32, INT64):
        return (10, 0) if type_ == INT32 else (19, 0)
    precision, scale = type_[len("decimal("):-1].split(",")
    return int(precision), int(scale)


def is_decimal(type_):
    return type_.startswith("decimal")


NUMBERS = [INT32, INT64, FLOAT, DOUBLE] + [decimal(*d) for d in DECIMALS]
TYPES = NUMBERS + [BOOL, STRING, TIMESTAMP, BYTES]


@dataclasses.dataclass
class Part:
    ours: str
    duck: str
    level: int
    type: str

    def at(self, level):
        """In parentheses if it binds looser than that."""
        if self.level >= level:
            return self
        return Part(f"({self.ours})", f"({self.duck})", PRIMARY, self.type)


def common(a, b):
    """As DuckDB, but double for a decimal of more than 18 digits (differs)."""
    if a == b:
        return a
    for real in (DOUBLE, FLOAT):
        if real in (a, b):
            return real
    if not is_decimal(a) and not is_decimal(b):
        return INT64
    (p1, s1), (p2, s2) = digits(a), digits(b)
    scale, whole = max(s1, s2), max(p1 - s1, p2 - s2)
    return decimal(scale + whole, scale) if scale + whole <= DIGITS_MAX \
        else DOUBLE


def common_of(parts):
    types = sorted((part.type for part in parts),
                   key=lambda type_: type_ not in (FLOAT, DOUBLE))
    return functools.reduce(common, types)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def as_double(part, wide):
    """The part as DuckDB needs it where a decimal becomes a double here."""
    if wide != DOUBLE or not (is_decimal(part.type) or part.type == INT64):
        return part
    return Part(part.ours, f"CAST({part.duck} AS DOUBLE)", part.level,
                part.type)


def sql(type_):
    return {BYTES: "BLOB", STRING: "VARCHAR"}.get(type_, type_.upper())

# What becomes text. Differs: the text that DuckDB writes for a float is not
# always the shortest.
AS_TEXT = [type_ for type_ in TYPES if type_ not in (BYTES, FLOAT, STRING)]


def without_sign_of_nan(text):
    """Differs: DuckDB writes it."""
    return f"replace({text}, '-nan', 'nan')"
