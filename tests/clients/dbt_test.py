# SPDX-License-Identifier: Apache-2.0
"""clients/dbt by a real dbt: on DuckDB into a real S3 server, whose snapshots a
real daemon loads; for the other warehouses the SQL that it would run."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
sys.path.insert(0, str(TOP / "tests" / "e2e"))
import object_store  # noqa: E402
from freshet_daemon import Daemon  # noqa: E402

DBT = pathlib.Path(os.environ["FRESHET_DBT_PYTHON"])
PATIENCE_S = 120

PROJECT = """
name: shop
version: 1.0.0
config-version: 2
profile: shop
vars:
  freshet_location: s3://warehouse/features
models:
  shop:
    +materialized: table
    served:
      +post-hook:
        - sql: "{{ freshet.unload('ds=' ~ var('ds')) }}"
          transaction: false
"""
PROFILE = """
shop:
  target: test
  outputs:
    test:
      type: duckdb
      path: "{{ env_var('SHOP_DATABASE') }}"
      filesystems:
        - fs: s3
          key: "{{ env_var('AWS_ACCESS_KEY_ID') }}"
          secret: "{{ env_var('AWS_SECRET_ACCESS_KEY') }}"
          endpoint_url: "http://{{ env_var('SHOP_S3') }}"
      plugins:
        - module: freshet.dbt_duckdb
          config: {admin: "{{ env_var('FRESHET_ADMIN', '127.0.0.1:1') }}"}
"""
USERS = """
select range as id, range * {{ var('factor', 10) }} as score,
       timestamptz '2013-03-10 05:00:00+00' as at
from range({{ var('users', 100) }})
"""
# Served only where the tests of what it is made of pass.
TESTED = "{{ config(materialized='view') }} select * from {{ ref('checked') }}"
CONFIG = """
settings:
  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, http: 127.0.0.1:0}
  storage: {directory: "{store}"}
  load: {roots: ['s3://warehouse/features'], sort_buffer: 32MiB}
  s3: {endpoint: http://ENDPOINT}
project: shop
entities:
  - name: user
    join_keys: [{name: id, type: int64}]
batch_feature_views:
  - name: users
    entities: [user]
    source:
      path: s3://warehouse/features/users
      timestamp_field: at
      watch: {every: 1w, each: directory}
    features: [{name: score, type: int64}]
"""


class DbtTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        os.environ.update(object_store.credentials())
        cls.s3 = object_store.S3Server()
        cls.addClassCleanup(cls.s3.close)
        folder = tempfile.TemporaryDirectory(prefix="freshet-dbt-")
        cls.addClassCleanup(folder.cleanup)
        cls.project = pathlib.Path(folder.name)
        cls.write("dbt_project.yml", PROJECT)
        cls.write("profiles.yml", PROFILE)
        cls.write("packages.yml",
                  json.dumps({"packages": [{"local": str(TOP / "clients/dbt")}]}))
        cls.write("models/served/users.sql", USERS)
        cls.write("models/served/by_meta.sql", "select 1 as id")
        cls.write("models/served/by_meta.yml", json.dumps({"models": [{
            "name": "by_meta", "config": {"meta": {"freshet": {
                "path": "s3://warehouse/meta/place/"}}}}]}))
        cls.write("models/checked.sql", "select 7 as id, 1 as score")
        cls.write("models/served/tested.sql", TESTED)
        cls.write("models/checked.yml", json.dumps({"models": [{
            "name": "checked", "columns": [{
                "name": "id", "data_tests": [{"accepted_values": {
                    "arguments": {"values": ["{{ var('wanted', 7) }}"]},
                }}]}]}]}))
        deps = cls.dbt("deps")
        assert deps.returncode == 0, deps.stdout + deps.stderr

    @classmethod
    def write(cls, name, text):
        path = cls.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @classmethod
    def dbt(cls, *arguments, **variables):
        """How dbt ended, with variables of the project."""
        more = ["--vars", json.dumps(variables)] if variables else []
        return subprocess.run(
            [DBT.with_name("dbt"), "--no-use-colors",
             "--no-send-anonymous-usage-stats", *arguments, *more],
            cwd=cls.project, capture_output=True, text=True, check=False,
            timeout=PATIENCE_S, env={
                **os.environ, "SHOP_S3": cls.s3.address,
                "SHOP_DATABASE": str(cls.project / "shop.duckdb")})

    def must(self, *arguments, **variables):
        done = self.dbt(*arguments, **variables)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def names(self, view, directory):
        """What lies in a snapshot's directory, in the order of its writing."""
        infos = self.s3.files.get_file_info(object_store.pyarrow.fs.FileSelector(
            os.path.normpath(f"warehouse/features/{view}/{directory}"),
            allow_not_found=True))
        return [info.base_name
                for info in sorted(infos, key=lambda one: one.mtime_ns)]

    def test_a_run_serves_when_the_hook_has_notified(self):
        daemon = Daemon(CONFIG.replace("ENDPOINT", self.s3.address))
        self.addCleanup(daemon.close)
        self.addCleanup(daemon.stop)
        daemon.start()
        os.environ["FRESHET_ADMIN"] = daemon.ports["admin"]
        self.addCleanup(os.environ.pop, "FRESHET_ADMIN")
        for day, factor in (("2013-03-10", 10), ("2013-03-11", 11)):
            mark = daemon.mark()
            self.must("build", "--select", "users", ds=day, factor=factor,
                      freshet_notify="select freshet_notify('{view}')")
            daemon.wait_for_log("of view 'users': active after", mark)
            cell = daemon.get("users.score", "--key", "id=7")["rows"][0][
                "features"]["users.score"]
            self.assertEqual(cell["value"], 7 * factor)
            self.assertEqual(cell["event_time"], "2013-03-10T05:00:00Z")
            self.assertEqual(set(self.names("users", f"ds={day}")),
                             {"part-0.parquet", "_SUCCESS"})
        # Nobody listens: the job says so, although its snapshot is complete.
        daemon.stop()
        failed = self.dbt("build", "--select", "users", ds="2013-03-12",
                          freshet_notify="select freshet_notify('{view}')")
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("UNAVAILABLE", failed.stdout)
        self.assertIn("_SUCCESS", self.names("users", "ds=2013-03-12"))

    def test_a_manifest_lists_what_was_written(self):
        self.must("build", "--select", "users", ds="2013-04-01", users=1234,
                  freshet_mark="manifest")
        place = "warehouse/features/users/ds=2013-04-01"
        with self.s3.files.open_input_stream(
                f"{place}/_manifest.json") as stream:
            manifest = json.loads(stream.read())
        size = self.s3.files.get_file_info(f"{place}/part-0.parquet").size
        self.assertEqual(manifest, {"rows": 1234, "files": [
            {"name": "part-0.parquet", "bytes": size}]})
        self.assertEqual(set(self.names("users", "ds=2013-04-01")),
                         {"part-0.parquet", "_manifest.json"})

    def test_what_fails_its_tests_is_not_written(self):
        failed = self.dbt("build", "--select", "+tested", ds="2013-03-10",
                          wanted=8)
        self.assertNotEqual(failed.returncode, 0)
        self.assertEqual(self.names("tested", "ds=2013-03-10"), [])
        self.must("build", "--select", "+tested", ds="2013-03-10")
        self.assertIn("_SUCCESS", self.names("tested", "ds=2013-03-10"))

    def test_meta_says_where_to_without_a_location(self):
        self.must("build", "--select", "by_meta", ds="2013-03-10",
                  freshet_location="")
        self.assertEqual(
            set(self.names("../meta", "place/ds=2013-03-10")),
            {"part-0.parquet", "_SUCCESS"})

    def test_a_wrong_argument_fails_the_model(self):
        failed = self.dbt("build", "--select", "users", ds="2013/../x")
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("cannot write to the directory 'ds=2013/../x'",
                      " ".join(failed.stdout.split()))

    def test_the_sql_for_other_warehouses(self):
        for adapter, mark in (("snowflake", "success"),
                              ("snowflake", "manifest"),
                              ("databricks", "success")):
            wanted = (HERE / "dbt" / f"{adapter}_{mark}.sql").read_text("utf-8")
            done = self.render(adapter, mark)
            self.assertEqual(done.stdout, wanted, done.stderr)

    def test_what_cannot_be_is_said(self):
        for arguments, message in (
                (("databricks", "manifest"), "use the mark 'success'"),
                (("postgres", "success", "s3://x"),
                 "add macros postgres__before_unload"),
                (("snowflake", "success", "s3://x"), "writes to a stage"),
                (("snowflake", "done"), "not 'done'"),
                (("databricks", "success", ""), "set the variable "
                                                "freshet_location"),
                (("databricks", "success", "s3://it's"), "a quote in it"),
                (("databricks", "success", "s3://x", "_ds=1"),
                 "begin with a letter or digit")):
            done = self.render(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(message, done.stderr)

    def render(self, *arguments):
        return subprocess.run(
            [DBT, "-B", HERE / "render_dbt.py", *arguments],
            capture_output=True, text=True, timeout=PATIENCE_S, check=False)


if __name__ == "__main__":
    unittest.main()
