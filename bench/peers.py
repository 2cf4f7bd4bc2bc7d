# SPDX-License-Identifier: Apache-2.0
"""The servers that Freshet is measured against, as child processes.

A peer that is not installed raises Missing with what would install it.
"""

import http.client
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import threading
import time

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


def floor(directory, rows, row_bytes, keys, seconds=2):
    """RocksDB at its best: us of CPU per batch (bench/peer/floor.cc)."""
    shutil.rmtree(directory, ignore_errors=True)
    done = subprocess.run(
        [_program("FRESHET_BENCH_FLOOR", "freshet-bench-floor not built"),
         "--directory", str(directory), "--rows", str(rows), "--row-bytes",
         str(row_bytes), "--keys", str(keys), "--seconds", str(seconds)],
        stdout=subprocess.PIPE, text=True, check=True)
    shutil.rmtree(directory)
    return json.loads(done.stdout)["us_per_batch"]


class Redis(_Server):
    """Debian's Redis without persistence, filled with `rows` entities of
    `features` doubles as `form`: hash or packed (bench/peer/redis.cc)."""

    # The server's own file: the package that starts it as a service only adds
    # a link.
    _BINARY = "/usr/bin/redis-check-rdb"

    def __init__(self, form, rows, features):
        if not os.path.exists(self._BINARY):
            raise Missing("Redis: apt-get install redis-tools")
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

    def read(self, keys, zipf=0, seconds=3):
        """What the reader measured, with `server_cpu_us` per request."""
        before = machine.cpu_seconds(self.process.pid)
        with machine.on(machine.CLIENT_CORES):
            result = json.loads(
                self._run("read", "--keys", str(keys), "--zipf", str(zipf),
                          "--seconds", str(seconds)))
        used = machine.cpu_seconds(self.process.pid) - before
        if result["values_missing"]:
            raise SystemExit(f"Redis lacks {result['values_missing']} values")
        result["server_cpu_us"] = used / result["sent"] * 1e6
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
        body_of = self._body
        end = time.monotonic() + seconds
        sent = []

        def client(seed):
            random_ = random.Random(seed)
            connection = http.client.HTTPConnection("127.0.0.1", self._port)
            count = 0
            while time.monotonic() < end:
                try:
                    connection.request("POST", "/get-online-features",
                                       body_of(random_, keys),
                                       {"Content-Type": "application/json"})
                    reply = connection.getresponse()
                    text = reply.read()
                except ConnectionError:
                    # Its workers are replaced after a number of requests.
                    connection.close()
                    continue
                if reply.status != 200:
                    raise SystemExit(f"Feast: {reply.status} {text[:200]}")
                if count == 0:
                    self._check(json.loads(text))
                count += 1
            if count > 0:
                sent.append(count)

        before = machine.cpu_seconds_with_children(self.process.pid)
        threads = [threading.Thread(target=client, args=(seed,))
                   for seed in range(connections)]
        with machine.on(machine.CLIENT_CORES):
            for thread in threads:
                thread.start()
        for thread in threads:
            thread.join()
        used = (machine.cpu_seconds_with_children(self.process.pid) -
                before)
        if len(sent) != connections:
            raise SystemExit("a client of Feast failed")
        return {"server_cpu_us": used / sum(sent) * 1e6,
                "requests_per_second": sum(sent) / seconds}

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
