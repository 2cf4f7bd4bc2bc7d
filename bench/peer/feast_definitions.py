# SPDX-License-Identifier: Apache-2.0
"""Makes the Feast repository that `bench peers` serves, in the working
directory: one view `wide` of BENCH_FEATURES doubles for BENCH_ROWS entities,
applied and materialized. Runs in Feast's own virtual environment."""

import datetime
import os

import feast
import feast.types
import pandas

ROWS = int(os.environ["BENCH_ROWS"])
NAMES = [f"f{i}" for i in range(int(os.environ["BENCH_FEATURES"]))]
NOW = datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc)


def main():
    table = {"id": range(ROWS), "at": [NOW] * ROWS}
    for i, name in enumerate(NAMES):
        table[name] = [float(key + i + 1) for key in range(ROWS)]
    pandas.DataFrame(table).to_parquet("wide.parquet")

    entity = feast.Entity(name="id", value_type=feast.ValueType.INT64)
    view = feast.FeatureView(
        name="wide", entities=[entity], ttl=datetime.timedelta(0),
        schema=[feast.Field(name=name, dtype=feast.types.Float64)
                for name in NAMES],
        source=feast.FileSource(path="wide.parquet", timestamp_field="at"))
    store = feast.FeatureStore(".")
    store.apply([entity, view])
    store.materialize(NOW - datetime.timedelta(days=1),
                      NOW + datetime.timedelta(days=1))


if __name__ == "__main__":
    main()
