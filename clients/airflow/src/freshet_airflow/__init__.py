# SPDX-License-Identifier: Apache-2.0
"""Freshet for Apache Airflow: a connection type, operators that end when a
snapshot serves, and a sensor on a view's freshness."""

from typing import Any, Dict


def get_provider_info() -> Dict[str, Any]:
    """What Airflow asks of a provider."""
    return {
        "package-name": "freshet-airflow",
        "name": "Freshet",
        "description": "Feature vectors for real-time models.",
        "versions": ["0.1.0"],
        "integrations": [{"integration-name": "Freshet", "tags": ["service"]}],
        "operators": [{"integration-name": "Freshet",
                       "python-modules": ["freshet_airflow.operators"]}],
        "sensors": [{"integration-name": "Freshet",
                     "python-modules": ["freshet_airflow.sensors"]}],
        "hooks": [{"integration-name": "Freshet",
                   "python-modules": ["freshet_airflow.hooks"]}],
        "connection-types": [{
            "connection-type": "freshet",
            "hook-class-name": "freshet_airflow.hooks.FreshetHook",
            "hook-name": "Freshet",
            "ui-field-behaviour": {
                "hidden-fields": ["schema", "login", "password", "extra"],
                "relabeling": {"port": "Admin port"},
                "placeholders": {"host": "features.example.com",
                                 "port": "7601"},
            },
            "conn-fields": {
                "data_port": {
                    "label": "Data port",
                    "description": "Of OnlineService, to ask for features.",
                    "schema": {"type": ["integer", "null"], "default": 7600},
                },
            },
        }],
    }
