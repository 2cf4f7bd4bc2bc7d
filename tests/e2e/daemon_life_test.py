# SPDX-License-Identifier: Apache-2.0
"""How a daemon starts, shares nothing, reloads and ends."""

import concurrent.futures
import json
import os
import re
import signal
import socket
import subprocess
import time
import unittest
import unittest.mock

import pyarrow.parquet

from freshet_daemon import (CARDS, DEC_31, PATIENCE_S, Daemon, differences,
                            entity_arguments, expected, flights_config,
                            program, snapshot)

VIEW = "route_history"
KEYS = [("JFK", "LAX"), ("EWR", "SJU")]


class DaemonLifeTest(unittest.TestCase):
    def make_daemon(self, config=None):
        daemon = Daemon(config or flights_config())
        self.addCleanup(daemon.close)
        return daemon

    def run_another(self, config_path):
        """Runs a daemon that is expected to end by itself."""
        return subprocess.run(
            [program("FRESHETD"), "--config", str(config_path)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False)

    def test_a_second_daemon_on_the_directory_names_the_first(self):
        daemon = self.make_daemon().start()

        second = self.run_another(daemon.config)

        self.assertNotEqual(second.returncode, 0)
        self.assertRegex(second.stderr, rf"\b{daemon.process.pid}\b")
        self.assertIn(str(daemon.store), second.stderr)
        self.assertEqual(daemon.http("/healthz")[0], 200)

    def test_a_second_daemon_on_the_port_says_which(self):
        daemon = self.make_daemon().start()
        other = self.make_daemon()
        port = daemon.ports["data"]
        other.write_config(flights_config().replace(
            "data: 127.0.0.1:0", f"data: {port}"))

        second = self.run_another(other.config)

        self.assertNotEqual(second.returncode, 0)
        self.assertIn(port, second.stderr)
        self.assertEqual(daemon.http("/healthz")[0], 200)

    def test_a_loader_that_cannot_run_is_said_at_the_start(self):
        daemon = self.make_daemon(flights_config().replace(
            "  load:\n", "  load:\n    loader: /nowhere/freshet-load\n")).start()

        self.assertIn("no load can begin: '/nowhere/freshet-load'",
                      daemon.log())

    def test_damage_is_named_where_an_operator_looks(self):
        daemon = self.make_daemon().start()
        daemon.must("load", VIEW, snapshot(VIEW, DEC_31))
        self.assertNotIn("damaged", daemon.must("versions", VIEW).out)
        daemon.stop()
        table = next(daemon.store.rglob("*.sst"))
        with open(table, "r+b") as file:
            file.seek(table.stat().st_size // 3)
            byte = file.read(1)[0]
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte ^ 1]))

        daemon.start()
        routes = pyarrow.parquet.read_table(snapshot(VIEW, DEC_31),
                                            columns=["origin", "dest"])
        read = daemon.must("get", f"{VIEW}.distance", *entity_arguments(
            VIEW, zip(*routes.to_pydict().values())))

        self.assertIn("CORRUPT", read.out)
        for command in (["versions", VIEW], ["views"], ["status"]):
            self.assertIn("version 1 is damaged", daemon.run(*command).out,
                          command)

    def test_a_file_with_errors_starts_nothing_and_shows_them_all(self):
        daemon = self.make_daemon()
        daemon.write_config(flights_config()
                            .replace("ttl: 7d", "ttl: 7 days")
                            .replace("type: int32", "type: int33", 1))

        ended = self.run_another(daemon.config)

        self.assertNotEqual(ended.returncode, 0)
        places = re.findall(r"freshet\.yaml:\d+:\d+: ", ended.stderr)
        self.assertEqual(len(places), 2, ended.stderr)
        self.assertFalse(daemon.store.exists())

    def test_sighup_with_a_broken_file_keeps_the_old_one(self):
        daemon = self.make_daemon().start()
        daemon.must("load", VIEW, snapshot(VIEW, DEC_31))
        before = daemon.must("definitions").out
        mark = daemon.mark()
        daemon.write_config(flights_config().replace(
            "timestamp_field: last_departure", "timestamp_feld: x"))

        daemon.signal(signal.SIGHUP)

        line = daemon.wait_for_log(r"freshet\.yaml:\d+:\d+:", mark)
        self.assertIn("timestamp_feld", line)
        self.assertEqual(daemon.must("definitions").out, before)
        daemon.get("--service", CARDS[VIEW], *entity_arguments(VIEW, KEYS))

    def test_sighup_applies_a_changed_file(self):
        daemon = self.make_daemon().start()
        daemon.must("load", VIEW, snapshot(VIEW, DEC_31))
        mark = daemon.mark()
        daemon.write_config(flights_config() + "".join([
            "  - name: distance_only\n",
            "    features: [route_history.distance]\n"]))

        daemon.signal(signal.SIGHUP)

        daemon.wait_for_log("(?i)appl", mark)
        reply = daemon.get("--service", "distance_only",
                           *entity_arguments(VIEW, KEYS))
        self.assertEqual(
            reply["rows"][0]["features"]["route_history.distance"]["value"],
            2475)

    def test_readiness_waits_for_the_critical_view(self):
        daemon = self.make_daemon().start()

        code, body = daemon.http("/readyz")
        self.assertEqual(code, 503)
        self.assertIn("carrier_daily", body)
        self.assertEqual(daemon.http("/healthz")[0], 200)

        daemon.must("load", "carrier_daily", snapshot("carrier_daily", DEC_31))
        self.assertEqual(daemon.http("/readyz")[0], 200)

    def test_a_drain_under_load_loses_no_answer(self):
        config = flights_config().replace(
            "settings:\n", "settings:\n  drain_delay: 3s\n")
        daemon = self.make_daemon(config).start()
        daemon.load_flights(DEC_31)
        wanted = [expected(DEC_31).answer(VIEW, key) for key in KEYS]
        command = ["get", "--json", "--service", CARDS[VIEW],
                   *entity_arguments(VIEW, KEYS)]

        def ask_until_gone(_):
            """How many right answers came before nobody answered."""
            answers = 0
            while True:
                result = daemon.run(*command)
                if result.code != 0:
                    return answers, result
                found = differences(result.json()["rows"], wanted)
                self.assertEqual(found, [])
                answers += 1

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            clients = [pool.submit(ask_until_gone, n) for n in range(4)]
            daemon.must(*command)
            mark = daemon.mark()
            daemon.signal(signal.SIGTERM)
            daemon.wait_for_log("(?i)drain", mark)
            self.assertEqual(daemon.http("/readyz")[0], 503)
            after_sigterm = daemon.run(*command)
            ends = [client.result(timeout=PATIENCE_S) for client in clients]

        self.assertEqual(after_sigterm.code, 0, after_sigterm)
        self.assertEqual(daemon.wait(), 0, daemon.log()[-2000:])
        for answers, last in ends:
            self.assertGreater(answers, 0)
            self.assertEqual(last.code, 69, last)  # Nobody there, no error.

    def test_a_start_after_a_stop_serves_at_once(self):
        daemon = self.make_daemon().start()
        daemon.must("load", VIEW, snapshot(VIEW, DEC_31))
        self.assertEqual(daemon.stop(), 0)

        daemon.start()

        reply = daemon.get("--service", CARDS[VIEW],
                           *entity_arguments(VIEW, KEYS))
        found = differences(
            reply["rows"],
            [expected(DEC_31).answer(VIEW, key) for key in KEYS])
        self.assertEqual(found, [])


    def test_log_lines_in_json_are_objects_whatever_is_in_them(self):
        daemon = self.make_daemon(flights_config().replace(
            "format: text", "format: json")).start()
        nasty = 'a "quoted"\n\\ path'
        daemon.run("load", VIEW, nasty)

        refused = json.loads(daemon.wait_for_log("was refused"))

        self.assertEqual(list(refused), ["time", "level", "message"])
        self.assertEqual(refused["level"], "warning")
        self.assertIn(nasty, refused["message"])
        self.assertRegex(refused["time"],
                         r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        for line in daemon.log().splitlines():
            self.assertIn("message", json.loads(line))

    def test_the_service_manager_is_told_each_state(self):
        daemon = self.make_daemon()
        path = str(daemon.directory / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(path)
            manager.settimeout(PATIENCE_S)
            with unittest.mock.patch.dict(os.environ, NOTIFY_SOCKET=path):
                daemon.start()
            self.assertEqual(manager.recv(1000), b"READY=1")
            daemon.signal(signal.SIGHUP)
            self.assertRegex(manager.recv(1000),
                             rb"^RELOADING=1\nMONOTONIC_USEC=\d+$")
            self.assertEqual(manager.recv(1000), b"READY=1")
            daemon.signal(signal.SIGTERM)
            self.assertEqual(manager.recv(1000), b"STOPPING=1")
        self.assertEqual(daemon.wait(), 0)

    def test_a_second_sigterm_ends_the_drain_at_once(self):
        daemon = self.make_daemon(flights_config().replace(
            "settings:\n", "settings:\n  drain_delay: 10m\n", 1)).start()
        daemon.signal(signal.SIGTERM)
        daemon.wait_for_log("draining; a second signal ends at once")

        daemon.signal(signal.SIGTERM)

        self.assertEqual(daemon.wait(), 143)

    def test_without_standard_streams_it_serves_as_ever(self):
        daemon = self.make_daemon()
        ports = daemon.store / "ports.json"
        process = subprocess.Popen(
            ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", program("FRESHETD"),
             "--config", str(daemon.config)])
        deadline = time.monotonic() + PATIENCE_S
        while not ports.exists() and time.monotonic() < deadline:
            time.sleep(0.05)  # There is no log to wait for.
        self.assertIsNone(process.poll())

        process.send_signal(signal.SIGTERM)

        self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_wrong_flags_end_with_64_and_say_how(self):
        for flags in (["--confg", "x"], ["--config"], ["stray"], []):
            with self.subTest(flags=flags):
                ended = subprocess.run(
                    [program("FRESHETD"), *flags], stdin=subprocess.DEVNULL,
                    capture_output=True, text=True, timeout=PATIENCE_S,
                    check=False)
                self.assertEqual(ended.returncode, 64)
                self.assertIn("--help", ended.stderr)


if __name__ == "__main__":
    unittest.main()
