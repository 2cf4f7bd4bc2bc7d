# SPDX-License-Identifier: Apache-2.0
"""The SQL of clients/dbt for a warehouse that no test can reach, as dbt would
run it: the package's macros, dispatched as dbt does for that adapter.

    render_dbt.py ADAPTER MARK [PLACE [DIRECTORY]]

With the Python that has dbt.
Prints the statements in order, or fails with the macro's own message. What
sqlglot knows of a dialect must be SQL for it too.
"""

import pathlib
import re
import sys
import types

import jinja2
import sqlglot

MACROS = pathlib.Path(__file__).resolve().parents[2] / "clients/dbt/macros"
# What dbt looks for, in order.
PREFIXES = {"snowflake": ("snowflake", "default"),
            "databricks": ("databricks", "spark", "default"),
            "postgres": ("postgres", "default")}
COLUMNS = [("USER_ID", "NUMBER"), ("SPEND_30D", "FLOAT"),
           ("COMPUTED_AT", "TIMESTAMP_LTZ"), ("SEEN", "TIMESTAMP_NTZ"),
           ("BORN_AT", "TIMESTAMP_TZ")]
RELATION = "analytics.ml.users"
PLACES = {"snowflake": "@features/users",
          "databricks": "s3://warehouse/features/users/"}
# Which sqlglot does not know.
UNKNOWN = ("REMOVE ", "INSERT OVERWRITE DIRECTORY ")
# What Snowflake says with DETAILED_OUTPUT.
WRITTEN = [("ds=2026-01-31/data_0_0_0.snappy.parquet", 48213, 70000),
           ("ds=2026-01-31/data_0_1_0.snappy.parquet", 51007, 50000)]


class _Return(Exception):
    def __init__(self, value):
        super().__init__()
        self.value = value


class Dbt:
    """As much of dbt's context as the macros use."""

    def __init__(self, adapter):
        environment = jinja2.Environment(extensions=["jinja2.ext.do"],
                                         undefined=jinja2.StrictUndefined)
        self._prefixes = PREFIXES[adapter]
        self._macros = types.SimpleNamespace()
        environment.globals.update(
            freshet=self._macros, execute=True,
            target=types.SimpleNamespace(type=adapter),
            modules=types.SimpleNamespace(re=re), exceptions=self,
            adapter=self, **{"return": self._return})
        for path in sorted(MACROS.glob("*.sql")):
            module = environment.from_string(path.read_text("utf-8")).module
            for name, macro in vars(module).items():
                if isinstance(macro, jinja2.runtime.Macro):
                    setattr(self._macros, name, self._callable(macro))

    @staticmethod
    def _return(value):
        raise _Return(value)

    @staticmethod
    def _callable(macro):
        def call(*arguments):
            try:
                return macro(*arguments)
            except _Return as returned:
                return returned.value
        return call

    def raise_compiler_error(self, message):
        sys.exit(message)

    def dispatch(self, name, package):
        assert package == "freshet"
        return next(getattr(self._macros, f"{prefix}__{name}")
                    for prefix in self._prefixes
                    if hasattr(self._macros, f"{prefix}__{name}"))

    def get_columns_in_relation(self, relation):
        assert relation == RELATION
        return [types.SimpleNamespace(name=name, dtype=kind)
                for name, kind in COLUMNS]

    def quote(self, name):
        return f'"{name}"'

    def statements(self, home, directory, mark):
        """As freshet.unload runs them."""
        freshet = self._macros
        place = freshet.place(home, directory)
        out = list(freshet.before_unload(place, mark))
        out.append(freshet.copy_statement(RELATION, place))
        files = freshet.written_files(types.SimpleNamespace(rows=WRITTEN))
        return out + freshet.mark_statements(place, mark, files)


def main():
    adapter, mark, *where = sys.argv[1:]
    home, directory = [*where, *[PLACES.get(adapter), "ds=2026-01-31"][
        len(where):]]
    for sql in Dbt(adapter).statements(home, directory, mark):
        if not sql.startswith(UNKNOWN):
            parsed = sqlglot.parse_one(
                sql, dialect=adapter,
                error_level=sqlglot.ErrorLevel.RAISE)
            if isinstance(parsed, sqlglot.exp.Command):
                sys.exit(f"sqlglot cannot read: {sql}")
        print(sql + ";\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
