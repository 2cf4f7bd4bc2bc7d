# SPDX-License-Identifier: Apache-2.0
"""A nightly Spark job: raw orders in, a snapshot of features out, handed over to
Freshet and live when the job ends.

    python features_job.py --orders RAW --day 2026-01-31 --to DIRECTORY

RAW is Parquet with one row for each order: user_id bigint, at timestamp, amount
decimal(10,2), item string. DIRECTORY is what the view's `source.path` names, as
Spark calls it: of `s3://bucket/prefix` that is `s3a://bucket/prefix`.
"""

import argparse
import datetime
import sys
import zoneinfo

import freshet
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

DAYS = 30


def end_of(day, zone):
    """The first moment of the next day there: the features know all of `day`,
    and nothing later."""
    return datetime.datetime.combine(
        day + datetime.timedelta(days=1), datetime.time(),
        zoneinfo.ZoneInfo(zone)).astimezone(datetime.timezone.utc)


def features(orders, end):
    """One row for each user with an order in the DAYS before `end`."""
    until = F.lit(end.isoformat()).cast("timestamp")
    since = F.lit((end - datetime.timedelta(days=DAYS)).isoformat())
    recent = orders.where((F.col("at") >= since.cast("timestamp")) &
                          (F.col("at") < until))
    newest_first = F.sort_array(
        F.collect_list(F.struct("at", "item")), asc=False)
    return recent.groupBy("user_id").agg(
        F.count("*").alias("orders_30d"),
        F.sum("amount").cast("decimal(18,2)").alias("spend_30d"),
        F.max("amount").alias("largest_order"),
        F.max("at").alias("last_order"),
        F.slice(newest_first["item"], 1, 5).alias("last_items"),
    ).withColumn("computed_at", until)


def hand_over(admin, view, end, timeout):
    """Has the view's source looked at, and waits until the day serves. `view`
    is its state before the job wrote."""
    if view.as_of is not None and view.as_of > end:
        print(f"{view.name} serves {view.as_of} already: an older day is not "
              f"served by itself (freshet load {view.name} PATH)")
        return
    admin.notify(view.name)
    live = admin.wait_until_live(view.name, version=view.version + 1, as_of=end,
                                 timeout=timeout)
    print(f"{live.name}: version {live.version} serves {live.rows} rows as of "
          f"{live.as_of}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--orders", required=True)
    parser.add_argument("--day", required=True,
                        type=datetime.date.fromisoformat)
    parser.add_argument("--zone", default="UTC", help="of the day")
    parser.add_argument("--to", required=True)
    parser.add_argument("--view", default="user_orders")
    parser.add_argument("--admin", default="127.0.0.1:7601",
                        help="the daemon's admin port")
    parser.add_argument("--timeout", type=float, default=600,
                        help="seconds for the day to become live")
    arguments = parser.parse_args()
    end = end_of(arguments.day, arguments.zone)

    # Before the first call of Freshet: it forks, which gRPC does not outlive.
    spark = (SparkSession.builder.appName("features_job")
             .config("spark.sql.session.timeZone", "UTC").getOrCreate())
    with freshet.Admin(arguments.admin) as admin:
        view = next((one for one in admin.views()
                     if one.name == arguments.view), None)
        if view is None:  # Noticed before an hour of work, not after.
            sys.exit(f"{arguments.admin} has no view '{arguments.view}'")
        # Overwriting removes _SUCCESS first and writes it last, so a watched
        # source never takes half a day.
        features(spark.read.parquet(arguments.orders), end).write.mode(
            "overwrite").parquet(f"{arguments.to}/ds={arguments.day}")
        spark.stop()
        hand_over(admin, view, end, arguments.timeout)


if __name__ == "__main__":
    main()
