# SPDX-License-Identifier: Apache-2.0
"""A Structured Streaming query that pushes payments to Freshet as files with them
come, each once, whatever is killed.

    python push_events.py --payments DIRECTORY --checkpoint DIRECTORY

The files are Parquet: user_id bigint, at timestamp, amount decimal(10,2).
"""

import argparse

import freshet.spark
from pyspark.sql import SparkSession

SCHEMA = "user_id bigint, at timestamp, amount decimal(10,2)"
SOURCE = "payments"


def read_payments(spark, directory):
    """New files are batches of four at most, so that one is not for ever."""
    return spark.readStream.schema(SCHEMA).option(
        "maxFilesPerTrigger", 4).parquet(directory)


def to_freshet(payments, address, checkpoint, batch_rows=1000):
    """A DataStreamWriter. The rows have no ids, so each is given one."""
    def push(batch, epoch):
        events = freshet.spark.with_event_ids(batch, epoch, "event_id",
                                              query="payments-from-files")
        pushed = freshet.spark.push(events, address, SOURCE,
                                    batch_rows=batch_rows)
        print(f"epoch {epoch}: {pushed.accepted} payments, rejected "
              f"{pushed.rejected}", flush=True)

    return payments.writeStream.foreachBatch(push).option(
        "checkpointLocation", checkpoint)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--payments", required=True)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--data", default="127.0.0.1:7600",
                        help="the daemon's data port, as executors reach it")
    parser.add_argument("--once", action="store_true",
                        help="ends when all files that there are were pushed")
    arguments = parser.parse_args()
    spark = SparkSession.builder.appName("push_events").getOrCreate()
    writer = to_freshet(read_payments(spark, arguments.payments),
                        arguments.data, arguments.checkpoint)
    if arguments.once:
        writer = writer.trigger(availableNow=True)
    writer.start().awaitTermination()


if __name__ == "__main__":
    main()
