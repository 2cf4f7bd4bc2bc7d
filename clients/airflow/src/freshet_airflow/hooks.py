# SPDX-License-Identifier: Apache-2.0
"""Connections to a Freshet daemon."""

from typing import Any, Tuple

import freshet
from airflow.sdk import BaseHook

ADMIN_PORT, DATA_PORT = 7601, 7600


class FreshetHook(BaseHook):
    """A daemon: host, admin port, and `data_port` among the extras.

        freshet://features.example.com:7601?data_port=7600
    """

    conn_name_attr = "freshet_conn_id"
    default_conn_name = "freshet_default"
    conn_type = "freshet"
    hook_name = "Freshet"

    def __init__(self, freshet_conn_id: str = default_conn_name,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.freshet_conn_id = freshet_conn_id

    def get_conn(self) -> freshet.Admin:
        """Hands over snapshots; to be closed, or used with `with`."""
        connection = self.get_connection(self.freshet_conn_id)
        return freshet.Admin(f"{connection.host or '127.0.0.1'}:"
                             f"{connection.port or ADMIN_PORT}")

    def get_client(self) -> freshet.Client:
        """Asks for feature vectors; to be closed, or used with `with`."""
        connection = self.get_connection(self.freshet_conn_id)
        port = connection.extra_dejson.get("data_port") or DATA_PORT
        return freshet.Client(f"{connection.host or '127.0.0.1'}:{port}")

    def test_connection(self) -> Tuple[bool, str]:
        """What the button `Test` of a connection asks."""
        try:
            with self.get_conn() as admin:
                return True, f"Freshet serves {len(admin.views())} views"
        except freshet.Error as error:
            return False, str(error)
