# SPDX-License-Identifier: Apache-2.0
"""The servers that Freshet is measured against, as child processes.

A peer that is not installed raises Missing with what would install it.
"""

import http.client
import json
import os
import pathlib
import random
import socket
import statistics
import subprocess
import threading
import time

import load_client
import machine


class Missing(Exception):
    """What is not there, for the table."""


def _program(variable, what):
    path = pathlib.Path(os.environ.get(variable, ""))
    if not path.is_file():
        raise Missing(what)
    return str(path)


class _Server:
    """A child process; `process` is what the CPU is counted of."""
    process = None

    def stop(self):
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Echo(_Server):
    """gRPC alone: bench/peer/echo.cc."""

    def __init__(self, reply_bytes):
        self.process = subprocess.Popen(
            [_program("FRESHET_BENCH_ECHO", "freshet-bench-echo not built"),
             "--reply-bytes", str(reply_bytes)],
            stdout=subprocess.PIPE, text=True)
        self.target = f"127.0.0.1:{int(self.process.stdout.readline())}"


class Floor(_Server):
    """RocksDB at its best: bench/peer/floor.cc."""

    def __init__(self, directory, rows, row_bytes, keys):
        self.process = subprocess.Popen(
            [_program("FRESHET_BENCH_FLOOR", "freshet-bench-floor not built"),
             "--directory", str(directory), "--rows", str(rows), "--row-bytes",
             str(row_bytes), "--keys", str(keys), "--seconds", "1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.us_per_batch()  # Once it is filled.

    def us_per_batch(self):
        """Of CPU, over a second of it."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["us_per_batch"]


class Redis(_Server):
    """Debian's Redis without persistence, filled with `rows` entities of
    `features` doubles as `form`: hash or packed (bench/peer/redis.cc)."""

    # The server's own file: the package that starts it as a service only adds
    # a link.
    _BINARY = "/usr/bin/redis-check-rdb"

    def __init__(self, form, rows, features):
        if not os.path.exists(self._BINARY):
            raise Missing("Redis: apt-get install redis-tools")
        self._form = form
        self._client = [
            _program("FRESHET_BENCH_REDIS", "freshet-bench-redis not built"),
            "--form", form, "--rows", str(rows), "--features", str(features)]
        port = _free_port()
        self._client += ["--port", str(port)]
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(port), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no"],
            executable=self._BINARY, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                break
        self._run("fill")

    def read(self, shape, seconds, seed):
        """What the reader measured, with `server_cpu_us` per request."""
        before = machine.cpu_seconds(self.process.pid)
        with machine.on(machine.CLIENT_CORES):
            result = json.loads(
                self._run("--seed", str(seed), "read", "--keys",
                          str(shape.keys), "--zipf", str(shape.zipf),
                          "--seconds", str(seconds)))
        used = machine.cpu_seconds(self.process.pid) - before
        if result["values_missing"]:
            raise SystemExit(f"Redis lacks {result['values_missing']} values")
        result["server_cpu_us"] = used / result["sent"] * 1e6
        load_client.runs.append(
            {"label": f"Redis, {self._form}: {shape.name}", **result})
        return result

    def _run(self, *words):
        done = subprocess.run([*self._client, *words], stdout=subprocess.PIPE,
                              text=True, check=True)
        return done.stdout


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Feast(_Server):
    """Feast's Python feature server with a SQLite online store, as many
    workers as it may use cores, filled with `rows` entities of `features`
    doubles. Its programs lie beside $FRESHET_BENCH_PYTHON."""

    _CONFIG = ("project: bench\nprovider: local\nregistry: registry.db\n"
               "online_store: {type: sqlite, path: online.db}\n"
               "offline_store: {type: file}\n"
               "entity_key_serialization_version: 3\n"
               "telemetry: false\n")

    def __init__(self, directory, rows, features):
        python = pathlib.Path(os.environ["FRESHET_BENCH_PYTHON"])
        if not python.with_name("feast").is_file():
            raise Missing("Feast: ./dev bench installs it into .deps/bench")
        self._features = [f"wide:f{i}" for i in range(features)]
        self._rows = rows
        directory.mkdir()
        (directory / "feature_store.yaml").write_text(self._CONFIG, "utf-8")
        definitions = (pathlib.Path(__file__).parent /
                       "peer/feast_definitions.py")
        environment = dict(os.environ, FEAST_USAGE="False",
                           BENCH_ROWS=str(rows), BENCH_FEATURES=str(features))
        with open(directory / "log", "w", encoding="utf-8") as log:
            subprocess.run([python, definitions],
                           cwd=directory, env=environment, stdout=log,
                           stderr=log, check=True)
            self._port = _free_port()
            self.process = subprocess.Popen(
                [python.with_name("feast"), "serve", "--no-access-log", "-h",
                 "127.0.0.1", "-p", str(self._port), "-w",
                 str(len(os.sched_getaffinity(0)))],
                cwd=directory, env=environment, stdout=log, stderr=log)
        self._wait_until_ready()

    def _wait_until_ready(self):
        deadline = time.monotonic() + 60
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1",
                                                        self._port)
                connection.request("GET", "/health")
                connection.getresponse().read()
                return
            except OSError as error:
                if time.monotonic() > deadline or self.process.poll():
                    raise SystemExit("Feast does not serve") from error
                time.sleep(0.2)

    def read(self, keys, seconds=5, connections=4):
        """Closed loop; `server_cpu_us` is per request, of all its workers."""
        end = time.monotonic() + seconds
        latencies, done = [], []

        def client(seed):
            random_ = random.Random(seed)
            connection = http.client.HTTPConnection("127.0.0.1", self._port)
            while time.monotonic() < end:
                start = time.monotonic()
                try:
                    connection.request("POST", "/get-online-features",
                                       self._body(random_, keys),
                                       {"Content-Type": "application/json"})
                    reply = connection.getresponse()
                    text = reply.read()
                except ConnectionError:
                    # Its workers are replaced after a number of requests.
                    connection.close()
                    continue
                latencies.append((time.monotonic() - start) * 1000)
                if reply.status != 200:
                    raise SystemExit(f"Feast: {reply.status} {text[:200]}")
                if len(latencies) % 64 == 1:
                    self._check(json.loads(text))
            done.append(seed)

        before = sum(machine.cpu_with_children(self.process.pid))
        threads = [threading.Thread(target=client, args=(seed,))
                   for seed in range(connections)]
        with machine.on(machine.CLIENT_CORES):
            for thread in threads:
                thread.start()
        for thread in threads:
            thread.join()
        used = (sum(machine.cpu_with_children(self.process.pid)) -
                before)
        if len(done) != connections:
            raise SystemExit("a client of Feast failed")
        cuts = statistics.quantiles(latencies, n=1000)
        result = {"label": f"Feast: {keys} x {len(self._features)}",
                  "sent": len(latencies),
                  "server_cpu_us": used / len(latencies) * 1e6,
                  "requests_per_second": len(latencies) / seconds,
                  "p50_ms": cuts[499], "p90_ms": cuts[899],
                  "p99_ms": cuts[989], "p999_ms": cuts[998]}
        load_client.runs.append(result)
        return result

    def _body(self, random_, keys):
        return json.dumps({
            "features": self._features,
            "entities": {"id": [random_.randrange(self._rows)
                                for _ in range(keys)]}})

    @staticmethod
    def _check(reply):
        for column in reply["results"]:
            if set(column["statuses"]) != {"PRESENT"}:
                raise SystemExit(f"Feast lacks values: {column['statuses']}")
