# SPDX-License-Identifier: Apache-2.0
"""clients/airflow in a real Airflow against a real daemon."""

import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import pyarrow

import freshet

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests" / "e2e"))
from freshet_daemon import Daemon  # noqa: E402

AIRFLOW = pathlib.Path(os.environ["FRESHET_AIRFLOW_PYTHON"])
PATIENCE_S = 120
CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load: {roots: [.], sort_buffer: 32MiB}
project: shop
entities:
  - name: item
    join_keys: [{name: item_id, type: string}]
batch_feature_views:
  - name: items
    entities: [item]
    source: {path: items}
    features: [{name: price, type: double}]
  - name: watched
    entities: [item]
    source: {path: watched, watch: {every: 1w, each: directory}}
    features: [{name: price, type: double}]
"""
for side in ("left", "right"):
    CONFIG += f"""
  - name: {side}
    entities: [item]
    snapshot_group: pair
    source: {{path: {side}}}
    features: [{{name: price, type: double}}]
"""
AS_OF = "2013-03-10T04:00:00Z"


def items(price, rows=100):
    return pyarrow.table({"item_id": [f"i{i}" for i in range(rows)],
                          "price": pyarrow.array([price] * rows)})


class AirflowTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="freshet-airflow-")
        cls.addClassCleanup(folder.cleanup)
        cls.home = pathlib.Path(folder.name)
        (cls.home / "dags").mkdir()
        cls.daemon = Daemon(CONFIG)
        cls.addClassCleanup(cls.daemon.close)
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.start()
        host, port = cls.daemon.ports["admin"].split(":")
        data_port = cls.daemon.ports["data"].split(":")[1]
        cls.environment = {
            **os.environ,
            "AIRFLOW_HOME": str(cls.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(cls.home / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW_CONN_FRESHET_DEFAULT":
                f"freshet://{host}:{port}?data_port={data_port}"}
        made = subprocess.run(
            [AIRFLOW.with_name("airflow"), "db", "migrate"],
            env=cls.environment, capture_output=True, text=True, check=False,
            timeout=PATIENCE_S)
        assert made.returncode == 0, made.stdout + made.stderr
        shutil.copy(HERE / "run_dag.py", cls.home / "dags")
        cls.runner = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", AIRFLOW, "-B",
             cls.home / "dags" / "run_dag.py"], cwd=cls.home,
            env=cls.environment, stdin=subprocess.PIPE, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        cls.addClassCleanup(cls.end)

    @classmethod
    def end(cls):
        cls.runner.kill()
        cls.runner.communicate()

    def run_dag(self, name, conf=None):
        """(what it answers, Airflow's log until then)."""
        self.runner.stdin.write(json.dumps([name, conf]) + "\n")
        self.runner.stdin.flush()
        log = []
        for line in self.runner.stdout:
            if line.startswith("ANSWER "):
                return json.loads(line[len("ANSWER "):]), "".join(log)
            log.append(line)
        raise AssertionError("Airflow ended:\n" + "".join(log))

    def write(self, place, data, complete=True):
        path = self.daemon.directory / place
        shutil.rmtree(path, ignore_errors=True)
        freshet.write_snapshot(data, str(path))
        if not complete:
            (path / "_SUCCESS").unlink()
        return str(path)

    def load(self, place, data):
        return self.run_dag("load", {"path": self.write(place, data),
                                     "as_of": AS_OF, "label": "nightly"})

    def test_1_a_load_ends_when_it_serves(self):
        done, log = self.load("items/1", items(1.5))
        self.assertEqual(done["load"], {"state": "success", "tries": 1,
                                        "returned": 1}, log)
        known, _ = self.run_dag("provider")
        self.assertEqual(known, {
            "version": "0.1.0", "name": "Freshet", "port": "Admin port",
            "hook": "freshet_airflow.hooks.FreshetHook",
            "fields": ["extra__freshet__data_port"],
            "test": [True, "Freshet serves 4 views"], "price": [1.5]})
        # Another run is another load.
        done, _ = self.load("items/1", items(1.5))
        self.assertEqual(done["load"]["returned"], 2)
        version = self.daemon.versions("items")[2]
        self.assertEqual(version["labels"], ["nightly"])
        self.assertEqual(version["as_of_micros"], int(
            datetime.datetime.fromisoformat(AS_OF[:-1] + "+00:00")
            .timestamp()) * 1_000_000)

    def test_2_what_fails_or_is_held_fails_the_task_with_the_evidence(self):
        done, log = self.load("items/2", items("dear"))
        self.assertEqual(done["load"]["state"], "failed")
        self.assertIn("price", log)
        done, log = self.load("items/3", items(3.5, rows=10))
        self.assertEqual(done["load"]["state"], "failed")
        self.assertIn("AirflowFailException", log)
        self.assertIn("freshet approve items", log)

    def test_3_freshness(self):
        def states(as_of):
            done, log = self.run_dag("fresh", {"as_of": as_of})
            return {name: task["state"] for name, task in done.items()}, log

        done, log = states(AS_OF)
        self.assertEqual(done, {"as_of": "success", "century": "success",
                                "day": "failed"}, log)
        self.assertIn("AirflowSensorTimeout", log)
        done, log = states("2013-03-10T04:00:01Z")
        self.assertEqual(done["as_of"], "failed", log)

    def test_4_a_snapshot_that_a_task_wrote_is_waited_for(self):
        place = pathlib.Path(self.write("watched/ds=1", items(1.0), False))
        later = threading.Timer(3, (place / "_SUCCESS").touch)
        later.start()
        self.addCleanup(later.join)
        done, log = self.run_dag("snapshot", {"ds": "1"})
        self.assertEqual(done["snapshot"], {"state": "success", "tries": 1,
                                            "returned": 1}, log)
        self.assertIn("does not serve", log)
        self.assertEqual(self.daemon.versions("watched")[1]["phase"],
                         "VERSION_PHASE_CURRENT")

    def test_5_one_that_is_held_serves_after_it_was_approved(self):
        self.write("watched/ds=2", items(2.0, rows=10))
        done, log = self.run_dag("snapshot", {"ds": "2"})
        self.assertEqual(done["snapshot"]["state"], "failed")
        self.assertIn("HeldForApproval", log)
        self.daemon.must("approve", "watched", "2")
        done, log = self.run_dag("snapshot", {"ds": "2"})
        self.assertEqual(done["snapshot"]["returned"], 2, log)
        self.write("watched/ds=3", items("dear"))
        done, log = self.run_dag("snapshot", {"ds": "3"})
        self.assertEqual(done["snapshot"]["state"], "failed")
        self.assertIn("AirflowFailException", log)

    def test_6_a_load_of_a_group_ends_when_the_run_serves(self):
        path = self.write("left/1", items(1.0))

        def finish():
            while not self.daemon.versions("left"):
                time.sleep(0.1)
            run = self.daemon.versions("left")[1]["run"]
            self.daemon.must("load", "right", self.write("right/1", items(2.0)),
                             "--run", run)

        other = threading.Timer(3, finish)
        other.start()
        self.addCleanup(other.join)
        done, log = self.run_dag("group", {"path": path})
        self.assertEqual(done["load"], {"state": "success", "tries": 1,
                                        "returned": 1}, log)
        self.assertIn("serves version 0", log)
        for view in ("left", "right"):
            self.assertEqual(self.daemon.versions(view)[1]["phase"],
                             "VERSION_PHASE_CURRENT")


if __name__ == "__main__":
    unittest.main()
