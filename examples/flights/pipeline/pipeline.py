# SPDX-License-Identifier: Apache-2.0
"""The whole way of the flights example, from a warehouse to a model's question,
day by day: DuckDB as the warehouse, dbt, Airflow, a real S3 server, Freshet.

`./dev run --pipeline` shows it (show.py); tests/e2e/pipeline_test.py runs it.
"""

import datetime
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
FLIGHTS = HERE.parent
TOP = FLIGHTS.parents[1]
# The S3 server and the daemon are those of the tests.
sys.path[:0] = [str(TOP / "tests" / "e2e"), str(FLIGHTS), str(HERE)]

import expected  # noqa: E402
import freshet  # noqa: E402
import freshet_daemon  # noqa: E402
import object_store  # noqa: E402
import prepare  # noqa: E402
import pyarrow.fs  # noqa: E402
from airflow_home import Airflow  # noqa: E402

VIEWS = freshet_daemon.VIEWS
PREFIX = "flights"  # Of the bucket.
# Entities that are asked for at once.
KEYS_MAX = 2000
# A feature and a key of each view: the answer says which version serves.
PROBES = {
    "carrier_daily": ("flights", {"carrier": ["UA"]}),
    "plane_history": ("flights", {"tailnum": ["N14228"]}),
    "origin_hourly": ("departures", {"origin": ["JFK"], "hour": [2013010112]}),
    "route_history": ("flights", {"origin": ["JFK"], "dest": ["LAX"]}),
}
# For what takes seconds.
PATIENCE_S = 300
# How exactly it is seen when something is there.
LOOK_S = 0.05


def tool(variable, folder):
    """A Python with its tools beside it; FileNotFoundError says how to get it."""
    path = pathlib.Path(os.environ.get(variable) or
                        TOP / ".deps" / folder / "bin" / "python")
    if not path.exists():
        raise FileNotFoundError(
            f"{path} is not there: `./dev setup` installs {folder}")
    return path


def config(s3_address, first_day, own_ports):
    """freshet.yaml of the example with watched places in the object store."""
    text = (FLIGHTS / "freshet.yaml").read_text(encoding="utf-8")
    if own_ports:  # Any that are free.
        text = re.sub(r"127\.0\.0\.1:760\d", "127.0.0.1:0", text)
    text = text.replace("../../.run/store", "{store}")
    place = f"s3://{object_store.BUCKET}/{PREFIX}"
    text = text.replace("[../../.run/flights]", f"['{place}']")
    text = text.replace("  clock:\n",
                        f"  s3: {{endpoint: 'http://{s3_address}'}}\n"
                        "  clock:\n")
    text = re.sub(r"simulated_start: \S+",
                  f"simulated_start: {after(first_day)}", text)
    return re.sub(r"path: \.\./\.\./\.run/flights/(\w+)/2013-12-31",
                  rf"path: {place}/\1\n"
                  "      watch: {every: 1s, each: directory}", text)


def now(day):
    """Some hours into the next day: when the job has run."""
    return datetime.datetime.combine(
        day + datetime.timedelta(days=1), datetime.time(6, 30),
        datetime.timezone.utc)


def after(day):
    return now(day).strftime("%Y-%m-%dT%H:%M:%SZ")


class Day:
    """What became of one day: of each view its rows and the seconds from
    `_SUCCESS` to the first answer, how many values were compared, and what of
    them differs."""

    def __init__(self, day, run, seconds):
        self.day, self.run, self.seconds = day, run, seconds
        self.rows = {}
        self.values = 0
        self.problems = []


class Arrivals(threading.Thread):
    """Sees when each view's `_SUCCESS` of a day is there, and when a request is
    answered by another version than before."""

    def __init__(self, files, client, day):
        super().__init__(daemon=True)
        self._files, self._client, self._day = files, client, day
        self._end = threading.Event()
        self._before = {view: self._version(view) for view in VIEWS}
        self._marked = {}
        self.seconds = {}
        self.error = None

    def run(self):
        try:
            while len(self.seconds) < len(VIEWS) and not self._end.is_set():
                for view in VIEWS:
                    if view not in self._marked:
                        self._look_for_mark(view)
                    elif (view not in self.seconds and
                          self._version(view) != self._before[view]):
                        self.seconds[view] = (time.monotonic() -
                                              self._marked[view])
                self._end.wait(LOOK_S)
        except Exception as error:  # For stop(), on the thread that asks.
            self.error = error

    def _look_for_mark(self, view):
        found = self._files.get_file_info(
            f"{object_store.BUCKET}/{PREFIX}/{view}/ds={self._day}/_SUCCESS")
        if found.type != pyarrow.fs.FileType.NotFound:
            self._marked[view] = time.monotonic()

    def _version(self, view):
        feature, keys = PROBES[view]
        try:
            return self._client.get_features(
                [f"{view}.{feature}"], keys,
                timeout=PATIENCE_S).versions[view]
        except freshet.Unavailable:
            return 0  # It has none yet.

    def stop(self):
        """The seconds by view; those that never served are missing."""
        self._end.set()
        self.join()
        if self.error is not None:
            raise self.error
        return self.seconds


class Pipeline:
    """Everything that the pipeline needs, started. Use with `with`.

    `directory`: empty or not there. `own_ports`: instead of the example's.
    `say`: is told what is being done.
    """

    def __init__(self, directory, first_day, own_ports=True, say=print):
        self.directory = directory
        self._closers = []
        try:
            self._start(first_day, own_ports, say)
        except BaseException:
            self.close()
            raise

    def _start(self, first_day, own_ports, say):
        dbt = tool("FRESHET_DBT_PYTHON", "dbt").with_name("dbt")
        airflow = tool("FRESHET_AIRFLOW_PYTHON", "airflow")
        self.directory.mkdir(parents=True, exist_ok=True)
        say("Starting an S3 server (SeaweedFS)")
        os.environ.update(object_store.credentials())
        self.s3 = object_store.S3Server()
        self._closers.append(self.s3.close)
        say("Loading the raw tables of a year into the warehouse (DuckDB)")
        database = self.directory / "warehouse.duckdb"
        prepare.open_warehouse(database).close()
        say("Starting freshetd on a simulated clock in 2013")
        self.daemon = freshet_daemon.Daemon(
            config(self.s3.address, first_day, own_ports), self.directory)
        self._closers += [self.daemon.close, self.daemon.stop]
        self.daemon.start()
        self.admin = freshet.Admin(self.daemon.ports["admin"])
        self._closers.append(self.admin.close)
        self._client = freshet.Client(self.daemon.ports["data"])
        self._closers.append(self._client.close)
        say("Making a dbt project and an Airflow of its own")
        environment = self._make_project(dbt, database)
        self.airflow = Airflow(
            airflow, self.directory / "airflow", environment,
            [HERE / "flights_dag.py", HERE / "run_days.py"])
        self._closers.append(self.airflow.close)

    def _make_project(self, dbt, database):
        """A copy of the project, for dbt writes into it; the environment of
        those who run it."""
        project = self.directory / "warehouse"
        shutil.copytree(FLIGHTS / "warehouse", project)
        environment = {
            **os.environ,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "FRESHET_DBT_PACKAGE": str(TOP / "clients" / "dbt"),
            "FLIGHTS_DATABASE": str(database),
            "FLIGHTS_S3": f"http://{self.s3.address}",
            "FLIGHTS_DBT": str(dbt),
            "FLIGHTS_DBT_PROJECT": str(project),
            "AIRFLOW_CONN_FRESHET_DEFAULT":
                f"freshet://{self.daemon.ports['admin']}"}
        done = subprocess.run(
            [dbt, "--no-use-colors", "deps"], cwd=project, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
            stderr=subprocess.STDOUT, timeout=PATIENCE_S, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"dbt deps: {done.stdout}")
        return environment

    def run(self, day):
        """One day of the pipeline, and what it made compared: a Day."""
        # Worked out before anything of the day runs, so that what is measured
        # has the machine for itself.
        wanted = expected.Expected(day)
        self.daemon.must("set-clock", after(day))
        arrivals = Arrivals(self.s3.files, self._client, day)
        arrivals.start()
        try:
            run = self.airflow.run(day)
        finally:
            seconds = arrivals.stop()
        done = Day(day, run, seconds)
        if run["state"] != "success":
            done.problems.append(f"the DAG ended as {run}:\n"
                                 f"{self.airflow.tail()}")
            return done
        for view in VIEWS:
            self._compare(view, wanted, done)
        return done

    def _compare(self, view, wanted, done):
        keys = wanted.keys(view)
        done.rows[view] = len(keys)
        (serving,) = (one for one in self.admin.views() if one.name == view)
        if serving.rows != len(keys):
            done.problems.append(f"{view} has {serving.rows} rows, "
                                 f"{len(keys)} wanted")
        for start in range(0, len(keys), KEYS_MAX):
            some = keys[start:start + KEYS_MAX]
            reply = self.daemon.get(
                "--service", freshet_daemon.CARDS[view],
                *freshet_daemon.entity_arguments(view, some))
            answers = [wanted.answer(view, key, now(done.day)) for key in some]
            done.values += sum(len(one["features"]) for one in answers)
            done.problems += freshet_daemon.differences(reply["rows"], answers)

    def close(self):
        while self._closers:
            self._closers.pop()()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
