# SPDX-License-Identifier: Apache-2.0
"""Made-up feature tables of any size, written as Parquet without holding them
in memory, and the definitions that load them."""

import os

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DOUBLES = 20
_BATCH = 250_000


def _shuffled(position, rows):
    """A permutation of [0, rows): multiplication by a number that shares no
    factor with `rows` reaches each remainder once."""
    step = 7_368_787  # A prime.
    if rows % step == 0:
        raise ValueError(f"rows must not be a multiple of {step}")
    return pc.subtract(
        pc.multiply(position, step),
        pc.multiply(pc.divide(pc.multiply(position, step), rows), rows))


def write(path, rows, version, one_row_group=False):
    """`rows` rows with the keys [0, rows) in shuffled order; feature `f<i>` of
    key k holds k + i + version, so that a wrong or mixed value is seen."""
    schema = pa.schema([("id", pa.int64())] +
                       [(f"f{i}", pa.float64()) for i in range(DOUBLES)])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if one_row_group:
        # The writer buffers a whole row group: this one needs the memory.
        table = pa.Table.from_batches(list(_batches(schema, rows, version)))
        pq.write_table(table, path, row_group_size=rows,
                       use_dictionary=False)
        return
    with pq.ParquetWriter(path, schema, use_dictionary=False) as writer:
        for batch in _batches(schema, rows, version):
            writer.write_batch(batch)


def _batches(schema, rows, version):
    for start in range(0, rows, _BATCH):
        position = pa.array(range(start, min(start + _BATCH, rows)),
                            pa.int64())
        key = _shuffled(position, rows)
        base = pc.cast(key, pa.float64())
        yield pa.record_batch(
            [key] + [pc.add(base, float(i + version)) for i in range(DOUBLES)],
            schema=schema)


def config(roots, sort_buffer="512MiB", block_cache=None):
    """The daemon's file for a view `wide` with these tables; {store} stands
    for the storage directory."""
    cache = f", block_cache: {block_cache}" if block_cache else ""
    features = "\n".join(f"      - {{name: f{i}, type: double}}"
                         for i in range(DOUBLES))
    return f"""project: bench
settings:
  listen: {{data: '127.0.0.1:0', admin: '127.0.0.1:0', http: '127.0.0.1:0'}}
  storage: {{directory: {{store}}{cache}}}
  load:
    loader: {os.environ['FRESHET_LOAD']}
    roots: [{roots}]
    sort_buffer: {sort_buffer}
entities:
  - name: thing
    join_keys: [{{name: id, type: int64}}]
batch_feature_views:
  - name: wide
    entities: [thing]
    source: {{path: {roots}/wide.parquet}}
    features:
{features}
"""
