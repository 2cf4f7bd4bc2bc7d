# SPDX-License-Identifier: Apache-2.0
"""The tables and the shapes of request that `serve` and `peers` measure."""

import dataclasses
import re

import tables


@dataclasses.dataclass(frozen=True)
class Table:
    """One view over one snapshot. `key` is an int64 in [0, rows)."""
    name: str
    rows: int
    columns: tuple  # (name, type as in the definitions)
    key: str = "id"


@dataclasses.dataclass(frozen=True)
class Shape:
    """Requests that differ only in their keys. `service` is made from `uses`:
    (view, number of features) of each view."""
    name: str
    uses: tuple
    keys: int
    key_space: int
    zipf: float = 0
    missing: float = 0
    shared_key: str = ""
    shared_key_space: int = 1

    @property
    def service(self):
        return "shape_" + re.sub(r"\W+", "_", self.name)

    @property
    def features(self):
        return sum(count for _, count in self.uses)


MIXED = tuple(
    (f"m{i}", kind) for i, kind in enumerate(
        ["string"] * 4 + ["int64"] * 4 + ["double"] * 4 + ["bool"] * 2 +
        ["timestamp"] * 2)) + (("embedding", "float[128]"),)
VIEWS = 25

TABLES = [
    Table("wide20", 1_000_000, tables.doubles(20)),
    Table("wide50", 1_000_000, tables.doubles(50)),
    Table("wide200", 200_000, tables.doubles(200)),
    Table("wide250", 100_000, tables.doubles(250)),
    Table("mixed", 200_000, MIXED),
    Table("user", 100_000, tables.doubles(20), key="user"),
    *(Table(f"view{i}", 100_000, tables.doubles(10)) for i in range(VIEWS)),
]

_25 = tuple((f"view{i}", 10) for i in range(VIEWS))

SHAPES = [
    Shape("1 x 20", (("wide20", 20),), 1, 1_000_000),
    Shape("100 x 20", (("wide20", 20),), 100, 1_000_000),
    Shape("100 x 20 zipf", (("wide20", 20),), 100, 1_000_000, zipf=0.99),
    Shape("100 x 50", (("wide50", 50),), 100, 1_000_000),
    Shape("100 x 50 5% missing", (("wide50", 50),), 100, 1_000_000,
          missing=0.05),
    Shape("100 x 50 50% missing", (("wide50", 50),), 100, 1_000_000,
          missing=0.5),
    Shape("500 x 20", (("wide20", 20),), 500, 1_000_000),
    Shape("1 user + 500 items x 20", (("user", 20), ("wide20", 20)), 500,
          1_000_000, shared_key="user", shared_key_space=100_000),
    Shape("1 x 25 views x 10", _25, 1, 100_000),
    Shape("1 x 250", (("wide250", 250),), 1, 100_000),
    Shape("100 x 25 views x 10", _25, 100, 100_000),
    Shape("100 x 5 of 200", (("wide200", 5),), 100, 200_000),
    Shape("100 x mixed", (("mixed", len(MIXED)),), 100, 200_000),
    Shape("1 x mixed", (("mixed", len(MIXED)),), 1, 200_000),
]


def shape(name):
    return next(shape for shape in SHAPES if shape.name == name)


def config(chosen, roots, block_cache):
    """The daemon's file with the views that the shapes use and a service for
    each shape; {store} stands for the storage directory."""
    used = {view for one in chosen for view, _ in one.uses}
    made = [table for table in TABLES if table.name in used]
    entities = "".join(
        f"  - name: {key}\n    join_keys: [{{name: {key}, type: int64}}]\n"
        for key in sorted({table.key for table in made}))
    views = "".join(_view(table, roots) for table in made)
    services = "".join(_service(one) for one in chosen)
    return (tables.settings(roots, block_cache=block_cache) +
            f"entities:\n{entities}batch_feature_views:\n{views}"
            f"feature_services:\n{services}")


def _view(table, roots):
    features = "".join(f"      - {{name: {name}, type: '{kind}'}}\n"
                       for name, kind in table.columns)
    return (f"  - name: {table.name}\n    entities: [{table.key}]\n"
            f"    source: {{path: {roots}/{table.name}.parquet}}\n"
            f"    features:\n{features}")


def _service(one):
    by_name = {table.name: table for table in TABLES}
    features = "".join(
        f"      - {view}.{name}\n" for view, count in one.uses
        for name, _ in by_name[view].columns[:count])
    return f"  - name: {one.service}\n    features:\n{features}"


def write(chosen, directory, rows_max=1_000_000):
    """The snapshots of the views that the shapes use; returns {view: path}."""
    used = {view for one in chosen for view, _ in one.uses}
    paths = {}
    for table in TABLES:
        if table.name in used:
            paths[table.name] = directory / f"{table.name}.parquet"
            tables.write(str(paths[table.name]), min(table.rows, rows_max),
                         version=1,
                         columns=table.columns, key=table.key)
    return paths
