# SPDX-License-Identifier: Apache-2.0
"""Makes a Delta and an Iceberg table whose files hold more than the table does,
and exports both as examples/spark does. A program of its own, since a process
has one Spark.

    table_formats.py WAREHOUSE
"""

import pathlib
import sys

from pyspark.sql import SparkSession

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] /
                       "examples" / "spark"))
from export_table import export  # noqa: E402

ROWS = """SELECT id AS user_id, id * 10 AS clicks,
    TIMESTAMP '2026-01-31 00:00:00' AS computed_at FROM range(100)"""


def session(warehouse):
    builder = SparkSession.builder.master("local[1]")
    for name, value in {
            "spark.ui.enabled": "false",
            "spark.sql.session.timeZone": "UTC",
            "spark.sql.shuffle.partitions": "1",
            "spark.sql.warehouse.dir": f"{warehouse}/delta",
            "spark.sql.extensions":
                "io.delta.sql.DeltaSparkSessionExtension,org.apache.iceberg"
                ".spark.extensions.IcebergSparkSessionExtensions",
            "spark.sql.catalog.spark_catalog":
                "org.apache.spark.sql.delta.catalog.DeltaCatalog",
            "spark.databricks.delta.snapshotPartitions": "1",
            "spark.sql.catalog.ice": "org.apache.iceberg.spark.SparkCatalog",
            "spark.sql.catalog.ice.type": "hadoop",
            "spark.sql.catalog.ice.warehouse": f"{warehouse}/iceberg",
    }.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def main(warehouse):
    spark = session(warehouse)
    for table, using, more in (
            ("users", "delta", "delta.enableDeletionVectors"),
            ("ice.ml.users", "iceberg", "write.delete.mode")):
        value = "true" if using == "delta" else "merge-on-read"
        spark.sql(f"CREATE TABLE {table} USING {using} "
                  f"TBLPROPERTIES ('{more}' = '{value}') AS {ROWS}")
        spark.sql(f"DELETE FROM {table} WHERE user_id < 10")
        spark.sql(f"UPDATE {table} SET clicks = -1 WHERE user_id = 50")
        export(spark, table, f"{warehouse}/exported/{using}")
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
