# SPDX-License-Identifier: Apache-2.0
"""A daemon that is made to die, the table that it serves, and what must hold
whenever it serves again."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from freshet_daemon import PATIENCE_S, Daemon, program  # noqa: E402

VIEW = "t"
GRACE_S = 1
FEATURES = ("a", "b")
_MARK = "FRESHET_CRASH_TEST"


def sanitized():
    return bool(os.environ.get("FRESHET_SANITIZE"))


def how_many(variable, default):
    """A tenth under a sanitizer, where each takes ten times as long."""
    return int(os.environ.get(variable,
                              default // 10 if sanitized() else default))


def skip_under_a_sanitizer(why):
    if sanitized():
        raise unittest.SkipTest(f"under a sanitizer {why}")


def wait_until(what, condition):
    """Until `condition()` is true. There is nothing to wait on for the end of
    a process that is not ours, so this looks again and again."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"never: {what}")
        threading.Event().wait(0.005)


def free_ports(count):
    """Ports that were free just now; a restarted daemon keeps its own."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def write_snapshot(path, rows, value):
    """A CSV of the keys [0, rows) with `value` in every feature."""
    cells = f",{value}" * len(FEATURES) + "\n"
    with open(path, "w", encoding="ascii") as file:
        file.write("id," + ",".join(FEATURES) + "\n")
        file.writelines(f"{key}{cells}" for key in range(rows))


def config(snapshots, extra_storage="", versions=2):
    data, admin, http = free_ports(3)
    features = "".join(f"      - {{name: {name}, type: int64}}\n"
                       for name in FEATURES)
    return f"""project: crash
settings:
  listen:
    data: 127.0.0.1:{data}
    admin: 127.0.0.1:{admin}
    http: 127.0.0.1:{http}
  storage:
    directory: {{store}}
    disk_reserve: 1MiB
    orphan_grace: {GRACE_S}s
    block_cache: 128MiB
    {extra_storage}
  load:
    loader: {program('FRESHET_LOAD')}
    roots: [{snapshots}]
    sort_buffer: 64MiB
entities:
  - name: thing
    join_keys: [{{name: id, type: int64}}]
batch_feature_views:
  - name: {VIEW}
    entities: [thing]
    source: {{path: {snapshots}/1.csv}}
    retention: {{versions: {versions}}}
    features:
{features}"""


class CrashDaemon(Daemon):
    """Its directory may be given, and lie on a file system of its own."""

    def __init__(self, config_text, directory=None):
        super().__init__(config_text)
        if directory is not None:
            shutil.rmtree(self.directory)
            self.directory = pathlib.Path(directory)
            self.directory.mkdir(exist_ok=True)
            self.store = self.directory / "store"
            self.config = pathlib.Path(str(directory) + ".yaml")
            self.write_config(config_text)
        self.environment = {}
        self.launched_s = 0
        self._collector = None
        self._mark = uuid.uuid4().hex

    def launch(self):
        if self._collector is not None:
            self._collector.join()  # It must not tell the next one's end.
        self.launched_s = time.time()
        self._lines, self._ended = [], False
        environment = {**os.environ, **self.environment, _MARK: self._mark}
        self.process = subprocess.Popen(
            [program("FRESHETD"), "--config", str(self.config)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, errors="replace",
            env=environment)
        self._collector = threading.Thread(
            target=self._collect, args=(self.process.stderr,), daemon=True)
        self._collector.start()

    def start_with(self, **environment):
        self.environment = environment
        return self.start()

    def kill(self):
        self.process.kill()
        self.wait()

    def loaders(self):
        """The loaders that this daemon, or one before it, has left running."""
        wanted = f"{_MARK}={self._mark}".encode()
        found = []
        for entry in os.scandir("/proc"):
            if not entry.name.isdigit():
                continue
            try:
                with open(f"/proc/{entry.name}/comm", encoding="ascii") as file:
                    if not file.read().startswith("freshet-load"):
                        continue
                with open(f"/proc/{entry.name}/environ", "rb") as file:
                    if wanted in file.read().split(b"\0"):
                        found.append(int(entry.name))
            except OSError:
                continue  # It ended meanwhile.
        return found

    def children(self):
        """The loaders of this very daemon; quicker to find than all."""
        found = []
        tasks = f"/proc/{self.process.pid}/task"
        for task in os.listdir(tasks):
            try:
                with open(f"{tasks}/{task}/children", encoding="ascii") as file:
                    found += map(int, file.read().split())
            except OSError:
                continue  # The thread ended meanwhile, or no such file here.
        return found or self.loaders()


def kill_processes(pids):
    """Whether there was one to kill."""
    killed = False
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            killed = True
        except ProcessLookupError:
            continue
    return killed


class Checker:
    """tests/crash/commands.h, on one daemon."""

    def __init__(self, daemon, rows):
        self._daemon = daemon
        self._rows = rows

    def command(self, name, *arguments):
        words = [program("FRESHET_CHECKER"), "--view", VIEW, "--key", "id",
                 "--rows", str(self._rows), "--data",
                 self._daemon.ports["data"], "--admin",
                 self._daemon.ports["admin"]]
        for feature in FEATURES:
            words += ["--feature", feature]
        return [*words, name, *map(str, arguments)]

    def start(self, name, *arguments):
        return subprocess.Popen(self.command(name, *arguments),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    def finish(self, process):
        """What it printed, once its input has ended; fails if it found
        anything wrong."""
        out, err = process.communicate(timeout=10 * PATIENCE_S)
        if process.returncode != 0:
            raise AssertionError(f"the checker found: {err}{out}\n"
                                 + self._daemon.log()[-3000:])
        return json.loads(out)

    def scan(self):
        return self.finish(self.start("scan"))

    def load(self, path):
        """Loads to the end; the version."""
        process = self.start("load", "--path", path)
        out, err = process.communicate(timeout=10 * PATIENCE_S)
        if process.returncode != 0:
            raise AssertionError(f"load of {path}: {out}{err}")
        return int(out.split()[-1])


def check_nothing_is_left(daemon):
    """The directories are those of the versions that the catalog names, and
    no loader runs. For a daemon that has just started or serves unkilled."""
    loaders = daemon.loaders()
    if loaders:
        raise AssertionError(f"orphan loaders: {loaders}")
    listed = {f"v{number}" for number, version in
              daemon.versions(VIEW).items()
              if version["phase"] != "VERSION_PHASE_FAILED"}
    folder = daemon.store / "views" / VIEW
    there = set(os.listdir(folder)) if folder.exists() else set()
    if there != listed:
        raise AssertionError(
            f"on disk {sorted(there)}, in the catalog {sorted(listed)}")
    aside = daemon.store / "aside"
    for name in os.listdir(aside) if aside.exists() else ():
        # What a start does not know it keeps for a grace period; the first
        # start after that has removed it.
        since_s = int(name.rsplit(".", 1)[1]) / 1e6
        if since_s < daemon.launched_s - GRACE_S:
            raise AssertionError(f"still set aside: {name}")


def make_snapshots(rows, values):
    """A directory with `<value>.csv` for each; the caller removes it."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="freshet-crash-"))
    for value in values:
        write_snapshot(folder / f"{value}.csv", rows, value)
    return folder
