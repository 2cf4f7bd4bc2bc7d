# SPDX-License-Identifier: Apache-2.0
"""A real daemon with one row of every type, and clients of it."""

import pathlib
import sys

import pyarrow
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] /
                       "tests" / "e2e"))
from freshet_daemon import Daemon  # noqa: E402

import freshet  # noqa: E402

CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load: {roots: [.], sort_buffer: 32MiB}
project: shop
entities:
  - name: user
    join_keys: [{name: user_id, type: int64}]
  - name: item
    join_keys: [{name: item_id, type: string}]
batch_feature_views:
  - name: users
    entities: [user]
    source: {path: users, manifest: _manifest.json, timestamp_field: at}
    ttl: 1w
    guards: {rows_ratio_min: 0.5}
    features:
      - {name: flag, type: bool}
      - {name: small, type: int32, default: -1}
      - {name: big, type: int64}
      - {name: half, type: float}
      - {name: score, type: double}
      - {name: name, type: string}
      - {name: raw, type: bytes}
      - {name: seen, type: timestamp}
      - {name: price, type: "decimal(10,2)"}
      - {name: words, type: list<string>}
      - {name: numbers, type: list<int32>}
      - {name: embedding, type: "float[2]"}
  - name: items
    entities: [item]
    source: {path: items}
    features:
      - {name: price, type: double}
  - name: watched
    entities: [item]
    source: {path: watched, watch: {every: 1w, each: directory}}
    features:
      - {name: price, type: double}
  - name: changed
    entities: [item]
    source:
      path: changed
      mode: upsert
      watch: {every: 1w, each: directory}
    features:
      - {name: price, type: double}
  - name: left
    entities: [item]
    snapshot_group: pair
    source: {path: left, watch: {every: 1w, each: directory}}
    features:
      - {name: price, type: double}
  - name: right
    entities: [item]
    snapshot_group: pair
    source: {path: right, watch: {every: 1w, each: directory}}
    features:
      - {name: price, type: double}
stream_sources:
  - name: actions
    fields:
      - {name: user_id, type: int64}
      - {name: at, type: timestamp}
      - {name: id, type: string}
      - {name: flag, type: bool}
      - {name: small, type: int32}
      - {name: big, type: int64}
      - {name: half, type: float}
      - {name: score, type: double}
      - {name: name, type: string}
      - {name: raw, type: bytes}
      - {name: seen, type: timestamp}
      - {name: price, type: "decimal(10,2)"}
    timestamp_field: at
    id_field: id
    single_node: true
  - name: clicks
    fields:
      - {name: item_id, type: string}
      - {name: at, type: timestamp}
    timestamp_field: at
    single_node: true
stream_feature_views:
  - name: acted
    entities: [user]
    source: actions
    aggregations:
      - {functions: [count], windows: [1h]}
      - {column: flag, functions: [last], windows: [1h]}
      - {column: small, functions: [last], windows: [1h]}
      - {column: big, functions: [last], windows: [1h]}
      - {column: half, functions: [last], windows: [1h]}
      - {column: score, functions: [last, count], windows: [1h]}
      - {column: name, functions: [last], windows: [1h]}
      - {column: raw, functions: [last], windows: [1h]}
      - {column: seen, functions: [last], windows: [1h]}
      - {column: price, functions: [last], windows: [1h]}
      - {column: small, functions: [sum, first], windows: [1h], by: name}
    on_incomplete: value
  - name: strict
    entities: [user]
    source: actions
    aggregations:
      - {functions: [count], windows: [1h]}
  - name: clicked
    entities: [item]
    source: clicks
    aggregations:
      - {functions: [count], windows: [1h]}
    duplicates: counted
    on_incomplete: value
feature_services:
  - {name: all, features: [users]}
  - {name: rank, features: ["users[big]", "items[price]"]}
  - {name: model, features: ["users[flag, small, half, price, embedding]"]}
"""

SCHEMA = pyarrow.schema([
    ("user_id", pyarrow.int64()), ("at", pyarrow.timestamp("us", "UTC")),
    ("flag", pyarrow.bool_()), ("small", pyarrow.int32()),
    ("big", pyarrow.int64()), ("half", pyarrow.float32()),
    ("score", pyarrow.float64()), ("name", pyarrow.string()),
    ("raw", pyarrow.binary()), ("seen", pyarrow.timestamp("us", "UTC")),
    ("price", pyarrow.decimal128(10, 2)),
    ("words", pyarrow.list_(pyarrow.string())),
    ("numbers", pyarrow.list_(pyarrow.int32())),
    ("embedding", pyarrow.list_(pyarrow.float32(), 2))])


@pytest.fixture(scope="session")
def daemon():
    one = Daemon(CONFIG)
    try:
        yield one.start()
    finally:
        one.stop()
        one.close()


@pytest.fixture(scope="session")
def admin(daemon):
    with freshet.Admin(daemon.ports["admin"]) as one:
        yield one


@pytest.fixture(scope="session")
def client(daemon):
    with freshet.Client(daemon.ports["data"]) as one:
        yield one
