# SPDX-License-Identifier: Apache-2.0
"""examples/spark/push_events.py, of rows that are in another order and in other
partitions each time.

    push_shuffled.py PAYMENTS ADDRESS CHECKPOINT
"""

import pathlib
import sys

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] /
                       "examples" / "spark"))
import push_events  # noqa: E402

if __name__ == "__main__":
    directory, address, checkpoint = sys.argv[1:]
    spark = SparkSession.builder.getOrCreate()
    payments = push_events.read_payments(spark, directory).repartition(
        5, F.rand())
    push_events.to_freshet(payments, address, checkpoint, batch_rows=50).trigger(
        availableNow=True).start().awaitTermination()
