# SPDX-License-Identifier: Apache-2.0
"""Runs the DAGs of airflow_test.py inside a real Airflow (its Python): reads
`[dag, configuration of the run]`, as JSON, a line each, and answers with a line
that begins with ANSWER: of each task its state, its number of tries and what it
returned; for the DAG `provider` what Airflow knows of the provider. What else
it prints is Airflow's log.
"""

import datetime
import json
import sys

from airflow.providers_manager import ProvidersManager
from airflow.sdk import DAG

from freshet_airflow.hooks import FreshetHook
from freshet_airflow.operators import (FreshetLoadOperator,
                                       FreshetSnapshotOperator)
from freshet_airflow.sensors import FreshetFreshnessSensor

CONF = "{{ dag_run.conf['%s'] }}"

with DAG("load", schedule=None) as load:
    FreshetLoadOperator(task_id="load", view="items", path=CONF % "path",
                        as_of=CONF % "as_of", version_label=CONF % "label")

with DAG("snapshot", schedule=None) as snapshot:
    # Holds its slot hardly at all, so that it has to be rescheduled.
    FreshetSnapshotOperator(
        task_id="snapshot", view="watched", path="ds=" + CONF % "ds",
        hold=0.1, poke_interval=0.5, timeout=60)

with DAG("group", schedule=None) as group:
    FreshetLoadOperator(task_id="load", view="left", path=CONF % "path",
                        run="{{ run_id }}", hold=0.1, poke_interval=0.5,
                        timeout=60)

with DAG("fresh", schedule=None) as fresh:
    FreshetFreshnessSensor(task_id="as_of", view="items", as_of=CONF % "as_of",
                           poke_interval=0.2, timeout=1)
    FreshetFreshnessSensor(task_id="day", view="items", poke_interval=0.2,
                           timeout=1, max_age=datetime.timedelta(days=1))
    FreshetFreshnessSensor(task_id="century", view="items", timeout=1,
                           max_age=datetime.timedelta(days=36500))


def provider():
    manager = ProvidersManager()
    info = manager.providers["freshet-airflow"]
    hook = manager.hooks["freshet"]
    with FreshetHook().get_client() as client:
        asked = client.get_features(["items.price"], {"item_id": ["i7"]})
    return {"version": info.version, "hook": hook.hook_class_name,
            "name": hook.hook_name,
            "fields": [name for name in manager.connection_form_widgets
                       if name.startswith("extra__freshet__")],
            "port": manager.field_behaviours["freshet"]["relabeling"]["port"],
            "test": FreshetHook().test_connection(),
            "price": asked["items.price"].values}


def run(dag, conf):
    ended = dag.test(run_conf=conf)
    tasks = ended.get_task_instances()
    return {one.task_id: {
        "state": str(one.state), "tries": one.try_number,
        "returned": one.xcom_pull(task_ids=one.task_id)} for one in tasks}


def main():
    dags = {dag.dag_id: dag for dag in (load, snapshot, group, fresh)}
    for line in sys.stdin:
        name, conf = json.loads(line)
        done = provider() if name == "provider" else run(dags[name], conf)
        print("\nANSWER", json.dumps(done), flush=True)


if __name__ == "__main__":
    main()
