# SPDX-License-Identifier: Apache-2.0
"""The nightly pipeline of the flights example as an Airflow DAG.

Each New York day, when it has ended: dbt makes the feature tables as they stand
then and unloads each into the object store, complete with its _SUCCESS. Freshet
watches the places; a task per view ends when that day's snapshot serves.
"""

import os

import pendulum
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, CronDataIntervalTimetable

from freshet_airflow.operators import FreshetSnapshotOperator

NEW_YORK = "America/New_York"
VIEWS = ("carrier_daily", "plane_history", "origin_hourly", "route_history")
# From midnight to midnight there: 23 hours on 10 March 2013, 25 on 3 November.
DAY = "{{ data_interval_start.in_timezone('%s').to_date_string() }}" % NEW_YORK

with DAG(
        "flights",
        schedule=CronDataIntervalTimetable("0 0 * * *", timezone=NEW_YORK),
        start_date=pendulum.datetime(2013, 1, 1, tz=NEW_YORK),
        catchup=False,
        max_active_runs=1,  # One day after the other.
) as dag:
    warehouse = BashOperator(
        task_id="warehouse",
        bash_command="'%s' --no-use-colors run --vars '{as_of: \"%s\"}'" % (
            os.environ["FLIGHTS_DBT"], DAY),
        cwd=os.environ["FLIGHTS_DBT_PROJECT"])
    for view in VIEWS:
        warehouse >> FreshetSnapshotOperator(
            task_id=view, view=view, path=f"ds={DAY}",
            timeout=300)  # It takes seconds.
