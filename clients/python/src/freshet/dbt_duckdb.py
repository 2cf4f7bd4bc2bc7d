# SPDX-License-Identifier: Apache-2.0
"""A plugin of dbt-duckdb, which gives DuckDB the function freshet_notify(view).

    # profiles.yml, in the output; DuckDB wants numpy for functions in Python
    plugins:
      - module: freshet.dbt_duckdb
        config: {admin: "features:7601"}

    -- has the view's watched source looked at now
    select freshet_notify('users')
"""

from typing import Any, Dict

from dbt.adapters.duckdb.plugins import BasePlugin

from freshet.admin import Admin


class Plugin(BasePlugin):
    """Config: `admin`, host and port of the daemon's admin port."""

    def initialize(self, plugin_config: Dict[str, Any]) -> None:
        self._address: str = plugin_config.get("admin", "127.0.0.1:7601")

    def configure_connection(self, conn: Any) -> None:
        conn.create_function("freshet_notify", self._notify, ["VARCHAR"],
                             "VARCHAR", side_effects=True)

    def _notify(self, view: str) -> str:
        with Admin(self._address) as admin:
            admin.notify(view)
        return view
