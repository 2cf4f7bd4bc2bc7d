# SPDX-License-Identifier: Apache-2.0
"""Runs the DAG in Airflow (its Python), without a scheduler: reads days, a line
each, and answers with a line `ANSWER {...}` that says how the run of that day
ended. What else it prints is Airflow's log."""

import json
import sys

import pendulum

import flights_dag


def run(day):
    # The moment at which the day has ended, as a scheduler would run it then.
    midnight = pendulum.parse(day, tz=flights_dag.NEW_YORK).add(days=1)
    ended = flights_dag.dag.test(logical_date=midnight)
    return {
        "state": str(ended.state),
        "hours": (ended.data_interval_end -
                  ended.data_interval_start).total_seconds() / 3600,
        "tasks": {one.task_id: str(one.state)
                  for one in ended.get_task_instances()}}


def main():
    for line in sys.stdin:
        print("\nANSWER", json.dumps(run(line.strip())), flush=True)


if __name__ == "__main__":
    main()
