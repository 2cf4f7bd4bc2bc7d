# SPDX-License-Identifier: Apache-2.0
"""Made events that are hard on arithmetic: a million accounts of which few have
most, amounts that are not binary fractions with outliers a billion times as
large, nulls, NaN, sums that overflow, decimals, texts."""

import string

import numpy

from window_model import (DAY, HOUR, MINUTE, SECOND, Aggregation, Column,
                          Stream, View)

ACCOUNTS = 1_000_000
MERCHANTS = 5_000
FIRST_DAY = 1_735_689_600 * SECOND  # 2025-01-01
DAYS = 40
ALL = ["1m", "10m", "1h", "1d", "7d", "30d", "lifetime"]
EXACT = ["10s", "15m", "18h"]
LONG = ["1d", "7d", "30d", "lifetime"]


def zipfian(chance, count, size, power):
    """Ranks from 0, of which the first come most."""
    weights = 1 / numpy.arange(1, count + 1) ** power
    return numpy.searchsorted(numpy.cumsum(weights) / weights.sum(),
                              chance.random(size))


def made_times(chance, size):
    """Whole milliseconds: half of them in bursts of minutes, some at once, and
    some where windows begin."""
    spread = chance.random(size) * DAYS * DAY
    bursts = chance.random(60 * DAYS)[
        chance.integers(0, 60 * DAYS, size)] * DAYS * DAY
    near = bursts + chance.exponential(20 * SECOND, size)
    times = numpy.where(chance.random(size) < 0.5, spread, near)
    times = FIRST_DAY + numpy.minimum(times, DAYS * DAY - 1)
    grid = chance.choice([1_000, 10 * SECOND, MINUTE, HOUR, DAY], size,
                         p=[0.8, 0.1, 0.05, 0.04, 0.01])
    return times.astype(numpy.int64) // grid * grid


def amounts(chance, size):
    values = chance.integers(-2_000, 1_000_000, size) / 7
    outliers = chance.random(size) < 0.002
    values[outliers] += (1e12 * chance.uniform(1, 3, outliers.sum())
                         * chance.choice([-1, 1], outliers.sum()))
    return Column("double", values, chance.random(size) < 0.1)


def readings(chance, size):
    """Whatever a double can be."""
    values = chance.normal(20, 5, size)
    for share, value in ((0.02, 0.0), (0.02, -0.0), (0.01, float("nan")),
                         (0.002, float("inf")), (0.002, float("-inf"))):
        values[chance.random(size) < share] = value
    return Column("double", values, chance.random(size) < 0.3)


def notes(chance, size):
    known = ["", "é", "e\u0301", "日本", "Zürich", "a'b", "\U0001f600"] + [
        first + second for first in string.ascii_lowercase
        for second in string.ascii_lowercase]
    values = numpy.array(known, object)[
        zipfian(chance, len(known), size, 0.8)]
    return Column("string", values, chance.random(size) < 0.1)


def stream(chance, size):
    merchants = numpy.array([f"m{i}" for i in range(MERCHANTS)], object)
    # Some ids come again, soon or late.
    ids = numpy.arange(size)
    fields = {
        "id": Column("int64", ids),
        "at": Column("timestamp", made_times(chance, size)),
        "account": Column("int64", 7_919 * zipfian(
            chance, ACCOUNTS, size, 1.0) - 1_000_000_007),
        "merchant": Column("string", merchants[
            zipfian(chance, MERCHANTS, size, 0.9)],
            chance.random(size) < 0.02),
        "amount": amounts(chance, size),
        "reading": readings(chance, size),
        "price": Column("decimal(12,2)", chance.integers(
            -10**6, 10**8, size), chance.random(size) < 0.05),
        "large": Column("int64", chance.integers(
            2**56, 2**58, size), chance.random(size) < 0.2),
        "pieces": Column("int32", chance.integers(-3, 40, size),
                         chance.random(size) < 0.05),
        "note": notes(chance, size),
        "flag": Column("bool", chance.random(size) < 0.7,
                       chance.random(size) < 0.2),
    }
    made = Stream("payments", fields, id_field="id")
    made.arrives = made.times
    return with_repeats(chance, made)


def with_repeats(chance, made):
    """Of 2 % of the events one more, that arrives up to 20 minutes later."""
    again = numpy.flatnonzero(chance.random(len(made)) < 0.02)
    rows = numpy.concatenate([numpy.arange(len(made)), again])
    fields = {name: column.of(rows)
              for name, column in made.fields.items()}
    arrives = made.arrives[rows]
    arrives[len(made):] += chance.integers(0, 20 * MINUTE, len(again))
    return Stream(made.name, fields, id_field="id", arrives=arrives)


def passes_filter(fields):
    amount, flag = fields["amount"], fields["flag"]
    return (~amount.nulls & (amount.values > 0)
            & (flag.nulls | flag.values.astype(bool)))


def share_of(fields):
    """`amount / pieces`: a division by zero is null."""
    amount, pieces = fields["amount"], fields["pieces"]
    nulls = amount.nulls | pieces.nulls | (pieces.values == 0)
    return Column("double", amount.values / numpy.where(
        nulls, 1, pieces.values), nulls)


def kind_of(fields):
    """`CASE WHEN reading > 20 THEN note END`: NaN is greater."""
    reading, note = fields["reading"], fields["note"]
    chosen = ~reading.nulls & ((reading.values > 20)
                               | numpy.isnan(reading.values))
    return Column("string", note.values, note.nulls | ~chosen)


def views(payments):
    numbers = ["count", "sum", "mean", "min", "max", "stddev", "stddev_pop",
               "variance", "variance_pop"]
    return [
        View("account_all", payments, ["account"], [
            Aggregation("", ["count"], ALL),
            Aggregation("amount", numbers + ["approx_percentile(0.5)"], ALL),
            Aggregation("reading", ["sum", "min", "max", "variance_pop",
                                    "approx_percentile(0.9)",
                                    "count_distinct(20)"],
                        ["10m", "1d", "30d", "lifetime"]),
            Aggregation("price", ["sum", "mean", "max", "first_n(3)"], ALL),
            Aggregation("note", ["first", "last", "last_n(5)", "top_k(3)"],
                        ALL),
            Aggregation("flag", ["bool_or", "bool_and", "count"], ALL),
            Aggregation("at", ["max", "first"], ["1h", "lifetime"]),
            Aggregation("", ["count"], EXACT, exact=True,
                        series=("1m", 15)),
            Aggregation("", ["count"], [], series=("1h", 24)),
            Aggregation("amount", numbers, [], series=("7d", 4)),
            Aggregation("amount", ["sum", "count", "min", "last"],
                        ["1h", "7d"], by="merchant", max_groups=20),
            Aggregation("price", ["max", "stddev"], ["15m"], by="merchant",
                        exact=True),
            Aggregation("amount", numbers + ["last_n(2)"], EXACT, exact=True),
            Aggregation("reading", ["sum", "max", "approx_percentile(0.9)",
                                    "count_distinct(20)"], ["15m", "1h"],
                        exact=True),
            Aggregation("note", ["first", "last_n(5)", "top_k(3)"],
                        ["15m", "18h"], exact=True),
        ], since=FIRST_DAY + 2 * DAY),
        View("account_more", payments, ["account"], [
            Aggregation("large", ["sum", "mean", "stddev"], LONG),
            Aggregation("pieces", ["sum", "stddev_pop", "last_n(2)",
                                   "approx_percentile(0.99, 1)"], LONG),
            Aggregation("merchant", ["count_distinct",
                                     "approx_count_distinct"], LONG),
            Aggregation("price", ["variance", "approx_percentile(0.25)"],
                        LONG),
            Aggregation("large", ["sum", "count"], ["15m", "18h"],
                        exact=True),
            Aggregation("", ["count"], ["1d", "30d"], by="note",
                        max_groups=7),
            Aggregation("pieces", ["mean", "first"], ["1d", "lifetime"],
                        by="flag"),
        ], since=FIRST_DAY - 30 * DAY, on_incomplete="value"),
        View("merchant_some", payments, ["merchant"], [
            Aggregation("share", ["sum", "mean", "max"], ["10m", "36h", "7d"],
                        series=("90m", 16)),
            Aggregation("kind", ["top_k(3, 20)", "count_distinct(64)",
                                 "first_n(2)", "min"], ["90m", "7d", "30d"]),
            Aggregation("account", ["approx_count_distinct(8)", "last",
                                    "count_distinct(256)"],
                        ["1h", "7d", "30d"]),
        ], filter="amount > 0 AND flag IS NOT FALSE", passes=passes_filter,
             columns={"share": ("amount / pieces", share_of),
                      "kind": ("CASE WHEN reading > 20 THEN note END",
                               kind_of)},
             on_incomplete="value"),
        View("account_short", payments, ["account"], [
            Aggregation("amount", ["count", "sum", "last"], ["1m", "61s"]),
            Aggregation("amount", ["count", "sum", "first"], ["10s", "59s"],
                        exact=True),
        ], grace="30s"),
        # Late after eleven seconds.
        View("account_exact", payments, ["account"], [
            Aggregation("", ["count"], ["10s"], exact=True),
        ], grace="1s"),
        View("merchant_hour", payments, ["merchant"], [
            Aggregation("price", ["count", "sum", "first"], ["10m", "1h"]),
            Aggregation("price", ["mean", "last"], ["3d"], exact=True,
                        force=True),
        ]),
    ]


def changed(payments):
    """Views in the place of those of their names, of other tiles."""
    return [
        View("account_short", payments, ["account"], [
            Aggregation("amount", ["count", "sum", "last", "max"],
                        ["1m", "61s"]),
            Aggregation("amount", ["count", "sum", "first"], ["10s", "59s"],
                        exact=True),
            Aggregation("amount", ["sum", "last"], ["1m"], by="merchant",
                        max_groups=3),
        ], filter="amount > 0 AND flag IS NOT FALSE", passes=passes_filter,
             grace="30s"),
        View("merchant_hour", payments, ["merchant"], [
            Aggregation("price", ["count", "sum", "first"], ["10m", "1h"]),
            Aggregation("price", ["mean", "last"], ["3d"], exact=True,
                        force=True),
            Aggregation("share", ["sum", "count"], ["1h", "7d"],
                        series=("1h", 5)),
        ], columns={"share": ("amount / pieces", share_of)}),
    ]


def streams_and_views(chance, size):
    """(streams, views, first moment, last moment)"""
    payments = stream(chance, size)
    return [payments], views(payments), (FIRST_DAY, FIRST_DAY + DAYS * DAY)
