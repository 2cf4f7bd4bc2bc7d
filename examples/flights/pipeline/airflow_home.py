# SPDX-License-Identifier: Apache-2.0
"""A real Airflow on a database of its own, which runs the DAG of the example."""

import json
import shutil
import subprocess

PATIENCE_S = 300


class Airflow:
    """Airflow in `home`, without a scheduler; its log goes to `home`/log."""

    def __init__(self, python, home, environment, dag_files):
        """`python`: of the environment with Airflow; `environment`: of the
        tasks, without Airflow's own variables."""
        (home / "dags").mkdir(parents=True)
        for file in dag_files:
            shutil.copy(file, home / "dags")
        environment = {**environment,
                       "AIRFLOW_HOME": str(home),
                       "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
                       "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
        self.log = home / "log"
        self._log = open(self.log, "w", encoding="utf-8")
        subprocess.run([python.with_name("airflow"), "db", "migrate"],
                       env=environment, stdin=subprocess.DEVNULL,
                       stdout=self._log, stderr=subprocess.STDOUT, check=True,
                       timeout=PATIENCE_S)
        self._child = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", python, "-B",
             home / "dags" / "run_days.py"], env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)

    def run(self, day):
        """Runs the DAG for one day: what run_days.py says of it."""
        self._child.stdin.write(f"{day}\n")
        self._child.stdin.flush()
        for line in self._child.stdout:
            if line.startswith("ANSWER "):
                return json.loads(line[len("ANSWER "):])
            self._log.write(line)
            self._log.flush()
        raise RuntimeError(f"Airflow ended; its log is {self.log}:\n"
                           + self.tail())

    def tail(self):
        """The end of the log."""
        return self.log.read_text(encoding="utf-8")[-4000:]

    def close(self):
        self._child.kill()
        self._child.communicate()
        self._log.close()
