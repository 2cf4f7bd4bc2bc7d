# SPDX-License-Identifier: Apache-2.0
"""Writes out what a Delta Lake or Iceberg table holds now, as a snapshot that
Freshet loads: the files of such a table also hold rows that were deleted or
replaced since.

    spark-submit --packages io.delta:delta-spark_4.1_2.13:4.1.0 ... \\
        export_table.py ml.users s3a://warehouse/features/users/ds=2026-01-31

How a session reaches the tables stands in README.md.
"""

import sys

from pyspark.sql import SparkSession


def export(spark, table, to):
    # A read is of one version of the table, whoever writes it meanwhile.
    spark.read.table(table).write.mode("overwrite").parquet(to)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: export_table.py TABLE DIRECTORY")
    export(SparkSession.builder.appName("export_table").getOrCreate(),
           *sys.argv[1:])
