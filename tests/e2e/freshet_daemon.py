# SPDX-License-Identifier: Apache-2.0
"""A real daemon for a test: on free ports, in a directory of its own, driven
from outside by the `freshet` command line and HTTP.

The programs come from the environment: FRESHETD and FRESHET are set by CMake,
with freshet-load beside them. Nothing here sleeps: waiting is for lines of the daemon's log,
for its end, or for a reply.
"""

import datetime
import json
import os
import pathlib
import pickle
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.error
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
FLIGHTS = TOP / "examples" / "flights"
sys.path.insert(0, str(FLIGHTS))

import expected as flights_expected  # noqa: E402

VIEWS = ("carrier_daily", "plane_history", "origin_hourly", "route_history")
CARDS = {
    "carrier_daily": "carrier_card",
    "plane_history": "plane_card",
    "origin_hourly": "origin_card",
    "route_history": "route_card",
}
DEC_30 = datetime.date(2013, 12, 30)
DEC_31 = datetime.date(2013, 12, 31)
PATIENCE_S = 60  # For what takes well under a second on an idle machine.


def program(name):
    path = os.environ.get(name)
    if not path:
        raise unittest.SkipTest(f"{name} is not set; run this by ctest")
    return path


def shared_directory():
    """Where prepare_fixture.py left the snapshots and expected values."""
    path = os.environ.get("FRESHET_E2E_DIR")
    if not path:
        raise unittest.SkipTest("FRESHET_E2E_DIR is not set; run this by ctest")
    return pathlib.Path(path)


def snapshot(view, day):
    return shared_directory() / "flights" / view / str(day)


def expected(day):
    with open(shared_directory() / f"expected-{day}.pickle", "rb") as file:
        return pickle.load(file)


class Result:
    """How one `freshet` command ended."""

    def __init__(self, completed):
        self.code = completed.returncode
        self.out = completed.stdout
        self.err = completed.stderr

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"exit code {self.code}\n{self.out}{self.err}"


class Daemon:
    """One storage directory and the daemon on it."""

    def __init__(self, config_text, directory=None):
        """`config_text` is YAML with {store} where the storage directory
        belongs; its ports should be 0. Without `directory` it has one of its
        own, which goes with it."""
        self._owned = directory is None
        self.directory = directory or pathlib.Path(
            tempfile.mkdtemp(prefix="freshet-e2e-"))
        self.store = self.directory / "store"
        self.config = self.directory / "freshet.yaml"
        self.write_config(config_text)
        self.arguments = []  # Beside --config.
        self.process = None
        self._collector = None
        self.ports = {}
        self._lines = []
        self._ended = False
        self._changed = threading.Condition()

    def write_config(self, text):
        self.config.write_text(text.replace("{store}", str(self.store)),
                               encoding="utf-8")

    def start(self):
        """Starts it and waits until it serves."""
        self.launch()
        self.wait_for_log("serving: data on port")
        ports = json.loads((self.store / "ports.json").read_text())
        self.ports = {name: f"127.0.0.1:{ports[name]}"
                      for name in ("data", "admin", "http")}
        return self

    def launch(self):
        if self._collector is not None:
            self._collector.join()  # Else its end would pass for the new one's.
        self._lines, self._ended = [], False
        self.process = subprocess.Popen(
            [program("FRESHETD"), "--config", str(self.config),
             *self.arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace")
        self._collector = threading.Thread(
            target=self._collect, args=(self.process.stderr,), daemon=True)
        self._collector.start()

    def _collect(self, stream):
        for line in stream:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        stream.close()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def log(self):
        with self._changed:
            return "\n".join(self._lines)

    def mark(self):
        """A place in the log, for wait_for_log."""
        with self._changed:
            return len(self._lines)

    def wait_for_log(self, pattern, since=0):
        """The first line from `since` on that the pattern is found in."""
        deadline = time.monotonic() + PATIENCE_S
        with self._changed:
            while True:
                for line in self._lines[since:]:
                    if re.search(pattern, line):
                        return line
                since = len(self._lines)
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    raise AssertionError(
                        f"the log has no line with '{pattern}':\n"
                        + "\n".join(self._lines[-40:]))
                self._changed.wait(left)

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """Its exit code, once it has ended."""
        return self.process.wait(timeout=PATIENCE_S)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGTERM)
            return self.wait()
        return None

    def close(self):
        """Ends it whatever it does, and removes a directory of its own."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self._owned:
            shutil.rmtree(self.directory, ignore_errors=True)

    def command(self, *arguments):
        """The words of a `freshet` command for this daemon."""
        return [program("FRESHET"), "--admin", self.ports["admin"],
                "--data", self.ports["data"], "--timeout", str(PATIENCE_S),
                *map(str, arguments)]

    def run(self, *arguments):
        return Result(subprocess.run(
            self.command(*arguments), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=2 * PATIENCE_S,
            check=False))

    def must(self, *arguments):
        """Runs a command that has to succeed."""
        result = self.run(*arguments)
        if result.code != 0:
            raise AssertionError(
                f"freshet {' '.join(map(str, arguments))}: {result}\n"
                + self.log()[-4000:])
        return result

    def get(self, *arguments):
        return self.must("get", "--json", *arguments).json()

    def load_flights(self, day):
        for view in VIEWS:
            self.must("load", view, snapshot(view, day))

    def versions(self, view):
        """The states of the view's versions by number."""
        reply = self.must("versions", "--json", view).json()
        return {int(version["version"]): version
                for version in reply["versions"]}

    def http(self, path):
        """(status, body) of a page of the HTTP port."""
        try:
            with urllib.request.urlopen(
                    f"http://{self.ports['http']}{path}",
                    timeout=PATIENCE_S) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def metric(self, name):
        """The values of a metric by those of its labels, which are in the
        order of its page: {("payments", "future"): 3.0}."""
        _, page = self.http("/metrics")
        found = re.findall(rf"^{name}(?:\{{(.*)\}})? (\S+)$", page,
                           re.MULTILINE)
        if not found and f"# TYPE {name} " not in page:
            raise AssertionError(f"no metric {name}")
        return {tuple(re.findall(r'="([^"]*)"', labels)): float(value)
                for labels, value in found}


def example_config(path, store, *replacements):
    """The file of a streaming example, on free ports; its directory `store` is
    the daemon's, and its windows answer what there is."""
    text = path.read_text(encoding="utf-8")
    for old, new in (
            (store, "{store}"),
            ("settings:\n",
             "settings:\n  listen: {data: 127.0.0.1:0, admin: 127.0.0.1:0, "
             "http: 127.0.0.1:0}\n"),
            ("    aggregations:\n",
             "    on_incomplete: value\n    aggregations:\n"), *replacements):
        if old not in text:
            raise AssertionError(f"{path} has no '{old}'")
        text = text.replace(old, new)
    return text


def flights_config():
    """The example's own file, moved to free ports and test directories."""
    text = (FLIGHTS / "freshet.yaml").read_text(encoding="utf-8")
    text = re.sub(r"127\.0\.0\.1:760\d", "127.0.0.1:0", text)
    text = text.replace("../../.run/store", "{store}")
    return text.replace("../../.run/flights",
                        str(shared_directory() / "flights"))


def entity_arguments(view, keys):
    """The `--key` arguments of many entities of one view."""
    arguments = []
    for name, values in zip(flights_expected.JOIN_KEYS[view], zip(*keys)):
        arguments += ["--key", f"{name}={','.join(map(str, values))}"]
    return arguments


def same(left, right):
    """Equal, and integers are not taken for floats."""
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


def differences(rows, wanted):
    """What differs between rows of a reply and the answers wanted, one line
    each."""
    found = []
    if len(rows) != len(wanted):
        found.append(f"{len(rows)} rows, {len(wanted)} wanted")
    for row, answer in zip(rows, wanted):
        if not same(row["keys"], answer["keys"]):
            found.append(f"{row['keys']}: wanted {answer['keys']}")
        if list(row["features"]) != list(answer["features"]):
            found.append(f"{row['keys']}: has {list(row['features'])}")
        for name, cell in answer["features"].items():
            if not same(row["features"].get(name), cell):
                found.append(f"{row['keys']}: {name} is "
                             f"{row['features'].get(name)}, wanted {cell}")
    return found
