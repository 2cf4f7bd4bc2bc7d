# SPDX-License-Identifier: Apache-2.0
"""examples/spark with a real Spark: the nightly job hands two days over, and what
serves is what Python works out of the same orders; Delta and Iceberg tables are
refused as they lie and loaded as they are exported."""

import collections
import contextlib
import datetime
import decimal
import io
import os
import pathlib
import random
import shutil
import subprocess
import sys
import unittest
import zoneinfo

import pyarrow
import pyarrow.parquet

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from freshet_daemon import TOP, Daemon  # noqa: E402

EXAMPLE = TOP / "examples" / "spark"
ZONE = "America/New_York"  # The clocks went forward on the second of the days.
DAYS = (datetime.date(2013, 3, 9), datetime.date(2013, 3, 10))
UTC = datetime.timezone.utc
SPARK_S = 300  # For what takes about 20 s on two idle cores.
TABLES = """
  - name: clicks_{name}
    entities: [user]
    source:
      path: {path}
      timestamp_field: computed_at
      zone: UTC
    features:
      - {{name: clicks, type: int64}}
"""


def make_orders():
    """45 days of orders; two of one user are never at the same time."""
    chance = random.Random(20130310)
    begin = datetime.datetime(2013, 1, 28, tzinfo=UTC)
    seconds = chance.sample(range(45 * 86400), 4000)
    return [{"user_id": chance.randrange(300),
             "at": begin + datetime.timedelta(seconds=second),
             "amount": decimal.Decimal(chance.randrange(1, 100000)) / 100,
             "item": f"item-{chance.randrange(50)}"} for second in seconds]


def expected(orders, day):
    """{user: features} as a person would work them out."""
    end = datetime.datetime.combine(
        day + datetime.timedelta(days=1), datetime.time(),
        zoneinfo.ZoneInfo(ZONE)).astimezone(UTC)
    users = collections.defaultdict(list)
    for order in sorted(orders, key=lambda one: one["at"]):
        if end - datetime.timedelta(days=30) <= order["at"] < end:
            users[order["user_id"]].append(order)
    return {user: {
        "orders_30d": len(rows),
        "spend_30d": f"{sum(row['amount'] for row in rows):.2f}",
        "largest_order": f"{max(row['amount'] for row in rows):.2f}",
        "last_order": f"{rows[-1]['at']:%Y-%m-%dT%H:%M:%SZ}",
        "last_items": [row["item"] for row in rows[:-6:-1]],
    } for user, rows in users.items()}


def spark_environment():
    path = os.environ.get("FRESHET_SPARK")
    if not path:
        raise unittest.SkipTest("FRESHET_SPARK is not set; run this by ctest")
    if not (pathlib.Path(path) / "pyspark").is_dir():
        raise unittest.SkipTest(
            f"{path} has no pyspark: ./dev setup installs it")
    if shutil.which("java") is None:
        raise unittest.SkipTest(
            "java is missing: apt-get install openjdk-17-jdk-headless")
    environment = dict(os.environ)
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, (path, os.environ.get("PYTHONPATH"))))
    environment["PYSPARK_PYTHON"] = sys.executable
    # On loopback only, whatever this machine calls itself.
    environment["SPARK_LOCAL_IP"] = "127.0.0.1"
    return environment


class SparkTest(unittest.TestCase):
    def setUp(self):
        self.environment = spark_environment()
        text = (EXAMPLE / "freshet.yaml").read_text(encoding="utf-8")
        # The job has the source looked at; nothing else does.
        for old, new in (
                ("../../.run/spark/store", "{store}"),
                ("../../.run/spark", "."), ("every: 30s", "every: 1h"),
                ("settings:\n",
                 "settings:\n  clock: {simulated_start: 2013-03-11T12:00:00Z}\n"
                 "  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, "
                 "http: 127.0.0.1:0}\n")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        self.text = text

    def start(self, text):
        self.daemon = Daemon(text)
        self.addCleanup(self.daemon.close)
        self.daemon.start()
        return self.daemon.directory

    def spark(self, program, *arguments, options=""):
        """What a Spark program prints. It is ended if it takes too long."""
        environment = dict(self.environment, PYSPARK_SUBMIT_ARGS=(
            "--master local[2] --driver-memory 1g --conf spark.ui.enabled=false"
            " --conf spark.sql.shuffle.partitions=4"
            f" --conf spark.local.dir={self.daemon.directory}/tmp {options}"
            " pyspark-shell"))
        done = subprocess.run(
            [sys.executable, "-B", program, *map(str, arguments)],
            env=environment, cwd=self.daemon.directory,
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=SPARK_S, check=False)
        self.assertEqual(done.returncode, 0,
                         done.stdout[-4000:] + done.stderr[-8000:])
        return done.stdout

    def served(self, service, users):
        reply = self.daemon.get("--service", service, "--key",
                                "user_id=" + ",".join(map(str, users)))
        return {row["keys"]["user_id"]: {
            name.split(".")[1]: cell for name, cell in row["features"].items()}
            for row in reply["rows"]}

    def run_job(self, day):
        return self.spark(
            EXAMPLE / "features_job.py", "--orders", "orders.parquet", "--day",
            day, "--zone", ZONE, "--to", "user_orders", "--admin",
            self.daemon.ports["admin"], "--timeout", SPARK_S)

    def assert_serves(self, orders, day):
        wanted = expected(orders, day)
        served = self.served("basket_model", range(300))
        self.assertEqual(len(served), 300)
        self.assertGreater(len(wanted), 250)
        for user, cells in served.items():
            if user in wanted:
                self.assertEqual({name: cell["value"]
                                  for name, cell in cells.items()},
                                 wanted[user])
                self.assertEqual({cell["status"] for cell in cells.values()},
                                 {"PRESENT"})
            else:
                self.assertEqual(cells["spend_30d"]["status"], "NOT_FOUND")
                self.assertEqual(cells["orders_30d"]["value"], 0)

    def test_each_day_serves_once_the_job_ends(self):
        orders = make_orders()
        directory = self.start(self.text)
        pyarrow.parquet.write_table(
            pyarrow.Table.from_pylist(orders, pyarrow.schema([
                ("user_id", pyarrow.int64()),
                ("at", pyarrow.timestamp("us", "UTC")),
                ("amount", pyarrow.decimal128(10, 2)),
                ("item", pyarrow.string())])),
            directory / "orders.parquet")
        for number, day in enumerate(DAYS, start=1):
            self.assertIn(f"version {number} serves", self.run_job(day))
            self.assert_serves(orders, day)
        self.assertEqual(self.daemon.versions("user_orders").keys(), {1, 2})
        self.assert_older_day_is_not_waited_for()

    def assert_older_day_is_not_waited_for(self):
        sys.path += [os.environ["FRESHET_SPARK"], str(EXAMPLE)]
        import features_job
        import freshet
        said = io.StringIO()
        with freshet.Admin(self.daemon.ports["admin"]) as admin, \
                contextlib.redirect_stdout(said):
            view, = admin.views()
            features_job.hand_over(
                admin, view, features_job.end_of(DAYS[0], ZONE), 1)
        self.assertIn("an older day is not served by itself",
                      said.getvalue())

    def test_table_formats_are_refused_and_loaded_once_exported(self):
        places = {"delta": "delta/users", "iceberg": "iceberg/ml/users/data"}
        views = "".join(TABLES.format(name=name, path=f"exported/{name}")
                        for name in places)
        directory = self.start(self.text.replace(
            "\nfeature_services:", f"{views}\nfeature_services:\n"
            "  - {name: clicks, features: [clicks_delta, clicks_iceberg]}"))
        jars = sorted(map(str, pathlib.Path(
            os.environ["FRESHET_SPARK_TABLES"]).glob("*.jar")))
        self.assertGreater(len(jars), 1)  # ./dev setup fetches them.
        self.spark(pathlib.Path(__file__).with_name("table_formats.py"),
                   directory, options=f"--jars {','.join(jars)}")
        for name, place in places.items():
            table = directory / place
            # There is more in the files than in the table.
            self.assertGreater(sum(
                pyarrow.parquet.read_metadata(file).num_rows
                for file in table.glob("**/*.parquet")), 90)
            refused = self.daemon.run("load", f"clicks_{name}",
                                      directory / place.split("/data")[0])
            self.assertEqual(refused.code, 1, refused)
            self.assertRegex(refused.err, "(?i)" + name)
            self.daemon.must("load", f"clicks_{name}")
            self.assertEqual(self.daemon.versions(f"clicks_{name}")[1]["rows"],
                             90)
        for user, cells in self.served("clicks", range(100)).items():
            for cell in cells.values():
                if user < 10:
                    self.assertEqual(cell["status"], "NOT_FOUND")
                else:
                    self.assertEqual(cell["value"],
                                     -1 if user == 50 else user * 10)


if __name__ == "__main__":
    unittest.main()
