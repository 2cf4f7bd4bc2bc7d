# SPDX-License-Identifier: Apache-2.0
"""What freshet.spark makes of DataFrames, as JSON: spark_event_ids.py ADDRESS."""

import datetime
import decimal
import json
import sys

import freshet.spark
from pyspark.sql import SparkSession

SCHEMA = ("flag boolean, small int, big bigint, half float, score double, "
          "price decimal(10,2), name string, raw binary, day date, "
          "`seen at` timestamp")
ROW = (True, 1, 2**53 + 1, 0.5, 0.1, decimal.Decimal("1.50"), "a", b"\x00\xff",
       datetime.date(2026, 1, 1),
       datetime.datetime(2026, 1, 1, 0, 0, 0, 1, datetime.timezone.utc))


def with_value(index, value):
    return ROW[:index] + (value,) + ROW[index + 1:]


# Each differs from each other one, now and then by little.
DIFFERENT = [
    ROW, with_value(0, None), with_value(1, None), with_value(2, 2**53),
    with_value(3, 0.25), with_value(4, 0.30000000000000004),
    with_value(4, 0.3), with_value(4, 0.0), with_value(4, -0.0),
    with_value(4, float("nan")), with_value(5, decimal.Decimal("1.51")),
    with_value(6, None), with_value(6, "null"), with_value(6, ""),
    with_value(6, 'a","AP8='), with_value(7, b"\x00\xfe"), with_value(7, None),
    with_value(8, datetime.date(2026, 1, 2)), with_value(8, None),
    with_value(9, ROW[9] + datetime.timedelta(microseconds=1)),
    # The same on a clock in New York.
    with_value(9, datetime.datetime(2013, 11, 3, 5, 30,
                                    tzinfo=datetime.timezone.utc)),
    with_value(9, datetime.datetime(2013, 11, 3, 6, 30,
                                    tzinfo=datetime.timezone.utc))]


def ids_of(spark, rows, epoch, partitions):
    frame = spark.createDataFrame(rows, SCHEMA).repartition(partitions)
    return sorted(row["id"] for row in freshet.spark.with_event_ids(
        frame, epoch, "id", "q").select("id").collect())


def refusal(do):
    try:
        do()
    except Exception as error:  # Spark has its own; the text is looked at.
        return str(error)
    return ""


def main():
    spark = SparkSession.builder.config(
        "spark.sql.session.timeZone", "America/New_York").getOrCreate()
    rows = DIFFERENT + [ROW, ROW]
    lists = spark.createDataFrame([([1],)], "numbers array<int>")
    times = spark.sql("SELECT 'x' AS event_id, TIMESTAMP_NTZ'2026-01-01' AS at")
    print(json.dumps({
        "ids": ids_of(spark, rows, 7, 3),
        "again": ids_of(spark, rows[::-1], 7, 5),
        "next": ids_of(spark, rows, 8, 3),
        "list": refusal(lambda: freshet.spark.with_event_ids(
            lists, 0, "id", "q")),
        "twice": refusal(lambda: freshet.spark.with_event_ids(
            times, 0, "event_id", "q")),
        "no_zone": refusal(lambda: freshet.spark.push(
            times, sys.argv[1], "payments", timeout=5)),
        "no_source": refusal(lambda: freshet.spark.push(
            spark.sql("SELECT 'x' AS event_id"), sys.argv[1], "nothing",
            timeout=5)),
    }))


if __name__ == "__main__":
    main()
