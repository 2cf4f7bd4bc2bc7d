# SPDX-License-Identifier: Apache-2.0
"""What each function of a window is, worked out a second time: from the values
of the window's events, exactly where there is an exact answer. Nothing of
Freshet has a part in it. docs/semantics.md, rules 24 and 25."""

import collections
import fractions
import math
import re

import numpy

from raw_api import bits

PRESENT, NULL, INCOMPLETE, ERROR = 1, 2, 5, 6
PARTIAL, OVERFLOW = 10 << 4, 8 << 4
ESTIMATE = PRESENT | 11 << 4  # By a function that is exact up to its size.
NAN = float("nan")
INT64 = (-2**63, 2**63 - 1)
DECIMAL = (1 - 10**18, 10**18 - 1)
SIGMAS = 6  # Of a sketch's error, once in 500 million values.


class Answer:
    """What a feature has to be: its state, and how far its value may be off.

    `value`  the exact one; None: there is none
    `off`    how far a number may be off, at most; 0: every bit is as it has to
             be
    `loose`  only what `check` says is asked of it"""

    def __init__(self, value, state=PRESENT, off=0.0, check=None):
        self.value, self.state, self.off = value, state, off
        self.check = check
        self.some = False  # Of more groups than are kept.

    def error(self, value):
        """By how much a value is off, as a share of what it has to be; None
        if it is too much."""
        if self.check is not None:
            return self._share(value) if self.check(value) else None
        if not self.off or not _finite(self.value) or not _finite(value):
            return 0.0 if same(value, self.value) else None
        return self._share(value) if abs(value - self.value) <= self.off else (
            None)

    def _share(self, value):
        if isinstance(value, list) or not _finite(value) or not self.value:
            return 0.0
        return float(abs(value - self.value) / abs(self.value))


def _finite(value):
    return math.isfinite(value)


def same(left, right):
    """The same bits; every NaN is one."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if type(left) is not type(right):
        return False
    if isinstance(left, float):
        return bits(left) == bits(right)
    return left == right


class Call:
    """A function as definitions write it: `top_k(3, 20)`; of each value of a
    field `by`, or what those are: `keys`."""

    def __init__(self, text, by="", max_groups=0):
        self.text, self.by, self.max_groups = text, by, max_groups
        name, inside = re.fullmatch(r"(\w+)(?:\((.*)\))?", text).groups()
        self.function = name
        self.numbers = [float(one) for one in (inside or "").split(",") if one]

    def number(self, place, otherwise):
        return (self.numbers[place] if len(self.numbers) > place
                else otherwise)

    def feature(self):
        """What the names of features call it."""
        if self.function in ("first_n", "last_n", "top_k"):
            return f"{self.function[:-2]}_{int(self.numbers[0])}"
        if self.function == "approx_percentile":
            percent = f"{self.numbers[0] * 100:.6g}".replace(".", "_")
            return f"p{percent}"
        return self.function


class Values:
    """The values of one column that are not null, by time: Python's own, and
    of a type as definitions write it."""

    def __init__(self, kind, values):
        self.kind = kind
        self.values = values
        self.scale = 0
        if kind.startswith("decimal"):
            self.scale = int(re.search(r",\s*(\d+)", kind).group(1))
        self.real = kind in ("double", "float")


def compute(call, column):
    """The Answer of a function over a column of a window; of a `count` of rows
    any column without nulls."""
    if call.function == "count":
        return Answer(len(column.values))
    if call.function == "count_distinct":
        return _count_distinct(call, column)
    if call.function == "approx_count_distinct":
        exact = len(_distinct(column))
        share = 1.04 / math.sqrt(2 ** call.number(0, 12))
        # Of few values one or two have a register in common now and then.
        few = 0.5 if exact < 2 else 1.5
        return Answer(exact, off=few + SIGMAS * share * exact)
    if not column.values:
        return Answer(None, NULL)
    return _OF_SOME[call.function](call, column)


def series(answers):
    """The Answer of a series of windows: a list of what each answers."""
    overflows = [one for one in answers if one.state == ERROR | OVERFLOW]
    if overflows:
        return overflows[0]

    def check(value):
        return len(value) == len(answers) and all(
            _is(part, one) for part, one in zip(value, answers))
    estimated = any(one.state == ESTIMATE for one in answers)
    return Answer([one.value for one in answers],
                  ESTIMATE if estimated else PRESENT, check=check)


def some_of(answers, count):
    """The Answer of so many of them, in their order."""

    def check(value):
        rest = iter(answers)
        return len(value) == count and all(
            any(_is(part, one) for one in rest) for part in value)
    answer = Answer([one.value for one in answers], check=check)
    answer.some = True
    return answer


def _is(part, answer):
    """Whether an element of a list is what it has to be."""
    if part is None or answer.value is None:
        return part is answer.value
    return answer.error(part) is not None


def _distinct(column):
    if not column.real:
        return set(column.values)
    # NaN is one value, and so are 0.0 and -0.0.
    return {"nan" if value != value else value for value in column.values}


def _count_distinct(call, column):
    exact = len(_distinct(column))
    size = int(call.number(0, 1_000))
    if exact <= size:
        return Answer(exact)

    # The share of all hashes below the greatest that is kept is spread as a
    # gamma distribution, whose cube root is nearly a normal one.
    def check(value):
        return abs((exact / value) ** (1 / 3) - 1) <= (
            SIGMAS / math.sqrt(size - 2) / 3 + 1 / size / 9)
    return Answer(exact, ESTIMATE, check=check)


def _sum(_, column):
    if column.real:
        return _double_sum(column.values, 1)
    total = sum(column.values)
    least, most = DECIMAL if column.kind.startswith("decimal") else INT64
    if not least <= total <= most:
        return Answer(None, ERROR | OVERFLOW)
    return Answer(total)


def _special(values):
    """The sum, where it is none of finite numbers; else None."""
    if any(value != value for value in values):
        return NAN
    infinite = {value for value in values if math.isinf(value)}
    if not infinite:
        return None
    return infinite.pop() if len(infinite) == 1 else NAN


def _double_sum(values, count):
    """Rounded once; compensated sums may be off by the square of what plain
    ones are, which now and then decides the last bit."""
    special = _special(values)
    if special is not None:
        return Answer(special)
    exact = math.fsum(values)
    unit = 2.0 ** -53
    sure = 4 * (len(values) * unit) ** 2 * math.fsum(map(abs, values))
    answer = Answer(exact / count)

    def check(value):
        if same(value, answer.value):
            return True
        return abs(value - answer.value) <= (
            sure / count + math.ulp(answer.value))
    answer.check = check
    return answer


def _mean(_, column):
    count = len(column.values)
    if column.real:
        return _double_sum(column.values, count)
    exact = float(fractions.Fraction(sum(column.values),
                                     count * 10 ** column.scale))
    return Answer(exact, off=4 * math.ulp(exact))


def _variance_of(column, below):
    values, count = column.values, len(column.values)
    if count == 1:
        return 0.0  # Of NaN too, as in DuckDB; in numpy it is NaN.
    if column.real:
        if not all(map(math.isfinite, values)):
            return NAN
        wide = numpy.array(values, dtype=numpy.longdouble)
        away = wide - wide.mean()
        away -= away.mean()
        return float((away * away).sum() / (count - below))
    squares = sum(value * value for value in values)
    return float(fractions.Fraction(
        count * squares - sum(values) ** 2,
        count * (count - below) * 100 ** column.scale))


def _spread(below, root):
    def compute_spread(_, column):
        if len(column.values) <= below:
            return Answer(None, NULL)
        exact = _variance_of(column, below)
        if root:
            exact = math.sqrt(exact)
        return Answer(exact, off=1e-9 * exact)

    return compute_spread


def _order(value):
    """NaN is the greatest, and -0.0 is less than 0.0."""
    if isinstance(value, float):
        return (value != value, 0.0 if value != value else value,
                math.copysign(1, value))
    return value


def _least(_, column):
    return Answer(min(column.values, key=_order))


def _greatest(_, column):
    return Answer(max(column.values, key=_order))


def _percentile(call, column):
    exact = sorted(column.values, key=_order)[
        math.floor(call.numbers[0] * (len(column.values) - 1))]
    exact = exact / 10 ** column.scale if column.scale else float(exact)
    off = call.number(1, 10) / 1_000 * abs(exact) * (1 + 1e-9)
    if exact == 0:  # Of either sign.
        return Answer(exact, check=lambda value: value == 0)
    return Answer(exact, off=off)


def _top(call, column):
    count, size = int(call.numbers[0]), int(call.number(
        1, max(100, call.numbers[0])))
    counts = collections.Counter(column.values)
    ranked = sorted(counts, key=lambda value: (-counts[value], _bytes(value)))
    if len(counts) <= 2 * size:  # So many are kept.
        return Answer(ranked[:count])

    # Beyond its size nothing is promised but that they are among the values.
    def check(value):
        return len(set(value)) == count and set(value) <= counts.keys()
    return Answer(ranked[:count], ESTIMATE, check=check)


def _bytes(value):
    return value.encode() if isinstance(value, str) else value


_OF_SOME = {
    "sum": _sum,
    "mean": _mean,
    "min": _least,
    "max": _greatest,
    "stddev": _spread(1, True),
    "stddev_pop": _spread(0, True),
    "variance": _spread(1, False),
    "variance_pop": _spread(0, False),
    "first": lambda _, column: Answer(column.values[0]),
    "last": lambda _, column: Answer(column.values[-1]),
    "first_n": lambda call, column: Answer(
        column.values[:int(call.numbers[0])]),
    "last_n": lambda call, column: Answer(
        column.values[-int(call.numbers[0]):]),
    "approx_percentile": _percentile,
    "bool_or": lambda _, column: Answer(any(column.values)),
    "bool_and": lambda _, column: Answer(all(column.values)),
    "top_k": _top,
}
FUNCTIONS = sorted({*_OF_SOME, "count", "count_distinct",
                    "approx_count_distinct"})
