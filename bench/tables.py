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
    return _modulo(pc.multiply(position, step), rows)


def _modulo(number, divisor):
    return pc.subtract(number,
                       pc.multiply(pc.divide(number, divisor), divisor))


def doubles(count):
    """Columns for write: (name, type as in the definitions)."""
    return tuple((f"f{i}", "double") for i in range(count))


def random_doubles(count):
    """The same names, for values that no codec makes smaller."""
    return tuple((f"f{i}", "random") for i in range(count))


def write(path, rows, version, one_row_group=False, columns=doubles(DOUBLES),
          key="id", is_sorted=False):
    """`rows` rows with the keys [0, rows), in shuffled order unless sorted;
    double `f<i>` of key k holds k + i + version, so that a wrong or mixed
    value is seen; random ones follow from nothing."""
    schema = pa.schema([(key, pa.int64())] +
                       [(name, _TYPES[kind]) for name, kind in columns])
    batches = _batches(schema, columns, rows, version, is_sorted)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if one_row_group:
        # The writer buffers a whole row group: this one needs the memory.
        pq.write_table(pa.Table.from_batches(list(batches)), path,
                       row_group_size=rows, use_dictionary=False)
        return
    with pq.ParquetWriter(path, schema, use_dictionary=False) as writer:
        for batch in batches:
            writer.write_batch(batch)


def write_parts(directory, rows, version, files):
    """The same table of doubles as a directory of `files` files."""
    schema = pa.schema([("id", pa.int64())] +
                       [(name, _TYPES[kind]) for name, kind in doubles(DOUBLES)])
    os.makedirs(directory, exist_ok=True)
    writers = [pq.ParquetWriter(os.path.join(directory, f"part-{i}.parquet"),
                                schema, use_dictionary=False)
               for i in range(files)]
    for i, batch in enumerate(_batches(schema, doubles(DOUBLES), rows, version,
                                       is_sorted=False)):
        writers[i % files].write_batch(batch)
    for writer in writers:
        writer.close()


def _batches(schema, columns, rows, version, is_sorted):
    for start in range(0, rows, _BATCH):
        position = pa.array(range(start, min(start + _BATCH, rows)),
                            pa.int64())
        key = position if is_sorted else _shuffled(position, rows)
        yield pa.record_batch(
            [key] + [_values(kind, key, i + version)
                     for i, (_, kind) in enumerate(columns)], schema=schema)


_TYPES = {
    "bool": pa.bool_(),
    "double": pa.float64(),
    "int64": pa.int64(),
    "random": pa.float64(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", "UTC"),
    "float[128]": pa.list_(pa.float32(), 128),
}

# As many as make a cache's life as hard as if all differed.
_EMBEDDINGS = pa.FixedSizeListArray.from_arrays(
    pa.array([i / 7 for i in range(1009 * 128)], pa.float32()), 128)


def _values(kind, key, offset):
    """A column of values that follow from the keys."""
    number = pc.add(key, offset)
    if kind == "bool":
        return pc.equal(pc.bit_wise_and(number, 1), 1)
    if kind == "random":
        return pc.random(len(key))
    if kind == "string":
        return pc.binary_join_element_wise(
            "value-of", pc.cast(number, pa.string()), "-")
    if kind == "timestamp":
        return pc.cast(pc.multiply(number, 1_000_000), _TYPES[kind])
    if kind == "float[128]":
        return _EMBEDDINGS.take(_modulo(number, len(_EMBEDDINGS)))
    return pc.cast(number, _TYPES[kind])


def settings(roots, sort_buffer="512MiB", block_cache=None):
    """The `project` and `settings` of a daemon on free ports; {store} stands
    for the storage directory."""
    cache = f", block_cache: {block_cache}" if block_cache else ""
    return f"""project: bench
settings:
  listen: {{data: '127.0.0.1:0', admin: '127.0.0.1:0', http: '127.0.0.1:0'}}
  storage: {{directory: {{store}}{cache}}}
  load:
    loader: {os.environ['FRESHET_LOAD']}
    roots: [{roots}]
    sort_buffer: {sort_buffer}
"""


def config(roots, sort_buffer="512MiB", block_cache=None, doubles=DOUBLES):
    """The daemon's file for a view `wide` with these tables."""
    features = "\n".join(f"      - {{name: f{i}, type: double}}"
                         for i in range(doubles))
    return settings(roots, sort_buffer, block_cache) + f"""entities:
  - name: thing
    join_keys: [{{name: id, type: int64}}]
batch_feature_views:
  - name: wide
    entities: [thing]
    source: {{path: {roots}/wide.parquet}}
    features:
{features}
"""
