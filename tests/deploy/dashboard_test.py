# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus scrapes a busy daemon: every query of the dashboard finds
something, every metric in rules and dashboard is there, and no alert about the
healthy parts fires."""

import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse
import urllib.request

import deployment

sys.path.insert(0, str(deployment.TOP / "tests" / "e2e"))
import freshet_daemon  # noqa: E402

PATIENCE_S = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    """A Prometheus that scrapes one address every second."""

    def __init__(self, target):
        self.directory = tempfile.TemporaryDirectory(prefix="freshet-prom-")
        self.port = free_port()
        config = pathlib.Path(self.directory.name) / "prometheus.yml"
        config.write_text(json.dumps({
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(path) for path in deployment.RULES],
            "scrape_configs": [{"job_name": "freshet", "static_configs": [
                {"targets": [target]}]}],
        }), encoding="utf-8")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={config}",
             f"--storage.tsdb.path={self.directory.name}/data",
             f"--web.listen-address=127.0.0.1:{self.port}",
             "--log.level=error"])

    def query(self, expression):
        words = urllib.parse.urlencode({"query": expression})
        with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}/api/v1/query?{words}",
                timeout=10) as reply:
            return json.load(reply)["data"]["result"]

    def wait_for(self, expression):
        """Asks until there is a result, up to PATIENCE_S; then the result."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                if result := self.query(expression):
                    return result
            except OSError:
                pass  # It is still starting.
            if time.monotonic() > deadline:
                return []
            threading.Event().wait(0.5)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.directory.cleanup()


class DashboardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = freshet_daemon.Daemon(freshet_daemon.flights_config())
        cls.addClassCleanup(cls.daemon.close)
        cls.daemon.start()
        # Scraped before the loads, so that counters are seen to rise.
        cls.prometheus = Prometheus(cls.daemon.ports["http"])
        cls.addClassCleanup(cls.prometheus.close)
        cls.prometheus.wait_for('up{job="freshet"} == 1')
        cls.daemon.load_flights(freshet_daemon.DEC_30)
        cls.daemon.run("load", "carrier_daily", "/nowhere")
        cls.stop = threading.Event()
        cls.traffic = threading.Thread(target=cls.ask)
        cls.traffic.start()
        cls.addClassCleanup(cls.traffic.join)
        cls.addClassCleanup(cls.stop.set)
        cls.prometheus.wait_for(
            'rate(freshet_grpc_requests_total{method="GetFeatures"}[1m]) > 0')

    @classmethod
    def ask(cls):
        """Known keys, unknown keys and unknown features, until stopped."""
        while not cls.stop.is_set():
            cls.daemon.run("get", "carrier_daily.flights", "--key",
                           "carrier=UA,XX")
            cls.daemon.run("get", "carrier_daily.nothing", "--key",
                           "carrier=UA")

    def test_every_query_of_the_dashboard_finds_something(self):
        empty = []
        for title, expression in deployment.expressions("freshet", ".*"):
            if not self.prometheus.wait_for(expression):
                empty.append(f"{title}: {expression}")
        self.assertEqual(empty, [])

    def test_the_first_refused_load_of_a_view_is_an_alert_to_its_owner(self):
        alerts = self.prometheus.wait_for(
            'ALERTS{alertname="FreshetLoadFailed",alertstate="firing"}')
        self.assertEqual(
            [(alert["metric"]["view"], alert["metric"]["owner"])
             for alert in alerts],
            [("carrier_daily", "airline-operations@example.com")])

    def test_every_metric_used_is_scraped(self):
        used = deployment.metric_names(deployment.DASHBOARD.read_text("utf-8"))
        for path in deployment.RULES:
            used |= deployment.metric_names(path.read_text("utf-8"))
        _, scrape = self.daemon.http("/metrics")
        scraped = set(re.findall(r"^# TYPE (\S+)", scrape, re.MULTILINE))
        self.assertEqual(used - scraped, set())

    def test_promtool_finds_no_fault_in_the_scrape(self):
        _, scrape = self.daemon.http("/metrics")
        done = subprocess.run(["promtool", "check", "metrics"], input=scrape,
                              text=True, capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_no_page_while_all_is_well(self):
        self.prometheus.wait_for("freshet:view_age_seconds")
        pages = self.prometheus.query(
            'ALERTS{alertstate="firing",severity="page"}')
        self.assertEqual(pages, [])


if __name__ == "__main__":
    if not os.environ.get("FRESHETD"):
        sys.exit("FRESHETD is not set; run this by ctest")
    unittest.main()
