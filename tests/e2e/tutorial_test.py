# SPDX-License-Identifier: Apache-2.0
"""docs/tutorials/from-warehouse-to-serving.md does what it says: its files are
saved, its commands are run in order, and what they print is what it shows."""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
import unittest

import object_store
from document import steps, trimmed
from freshet_daemon import PATIENCE_S, TOP, Daemon, program

DOCUMENT = TOP / "docs" / "tutorials" / "from-warehouse-to-serving.md"
SAVE = re.compile(r"Save this as `([\w./-]+)`")
LATER = re.compile(r"A moment later\b")
# Of what is printed the run's own.
VARYING = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\d+ days? \d+ h|[\d.]+ KiB")
# The ports that `weed mini` would take.
PORTS = ("s3.port", "s3.port.grpc", "master.port", "master.port.grpc",
         "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
         "admin.port", "admin.port.grpc")


class TutorialTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon("")
        self.addCleanup(self.daemon.close)
        self.folder = self.daemon.directory
        self.ports = dict(zip(PORTS, object_store.free_ports(len(PORTS))))
        python = pathlib.Path(os.environ["FRESHET_DBT_PYTHON"])
        self.environment = {
            name: value for name, value in os.environ.items()
            if not name.startswith("AWS_")}
        self.environment.update(
            PATH=os.pathsep.join([
                str(pathlib.Path(program("FRESHET")).parent),
                str(python.parent), os.environ["PATH"],
                str(pathlib.Path(sys.executable).parent)]),
            FRESHET_SOURCE=str(TOP), DBT_SEND_ANONYMOUS_USAGE_STATS="false",
            AWS_EC2_METADATA_DISABLED="true", NO_COLOR="1")
        self.last = None  # The line that printed what is compared next.

    def with_ports(self, text):
        """Free ones instead of those that the document names."""
        text = text.replace("127.0.0.1:8333",
                            f"127.0.0.1:{self.ports['s3.port']}")
        if self.daemon.ports:
            text = text.replace("127.0.0.1:7600", self.daemon.ports["data"])
        return text

    def save(self, name, text):
        if "settings:\n" in text:
            text = text.replace("settings:\n", (
                "settings:\n  listen:\n    data: 127.0.0.1:0\n"
                "    admin: 127.0.0.1:0\n    http: 127.0.0.1:0\n"))
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.with_ports(text), encoding="utf-8")

    def start_store(self, words):
        log = open(self.folder / "weed.log", "wb")
        self.addCleanup(log.close)
        store = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *words, "-s3.port.iceberg=0",
             "-s3.port.lance=0", "-webdav=false",
             *(f"-{name}={port}" for name, port in self.ports.items())],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            stdout=log, stderr=subprocess.STDOUT)
        self.addCleanup(store.wait)
        self.addCleanup(store.kill)
        end = time.monotonic() + PATIENCE_S
        while "ready to use" not in (self.folder / "weed.log").read_text(
                errors="replace"):
            if store.poll() is not None or time.monotonic() > end:
                self.fail((self.folder / "weed.log").read_text(
                    errors="replace"))
            time.sleep(0.2)

    def run_line(self, line):
        words = shlex.split(line)
        if words[0] == "export":
            self.environment.update(word.split("=", 1) for word in words[1:])
        elif words[0] == "weed":
            self.start_store(words)
        elif words[0] == "freshetd":
            self.assertEqual(words[1], "--config")
            self.daemon.config = self.folder / words[2]
            os.environ.update(
                (name, value) for name, value in self.environment.items()
                if name.startswith("AWS_"))
            self.daemon.start()
            self.addCleanup(self.daemon.stop)
            self.environment.update(FRESHET_ADMIN=self.daemon.ports["admin"],
                                    FRESHET_DATA=self.daemon.ports["data"])
        else:
            self.last = self.with_ports(line)
            if line.startswith("freshet apply"):  # There is nobody to ask.
                self.last += " --yes"
            return self.shell(self.last)
        return ""

    def shell(self, line):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line], cwd=self.folder,
            env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=2 * PATIENCE_S,
            check=False)
        self.assertEqual(done.returncode, 0,
                         f"{line}: {done.stdout}{done.stderr}")
        return done.stdout

    def same(self, printed, shown):
        def fixed(text):
            return [" ".join(VARYING.sub("...", line).split())
                    for line in trimmed(text)]
        return fixed(printed) == fixed(shown)

    def compare(self, printed, shown, later):
        """`later`: it may take a moment until it is so."""
        end = time.monotonic() + PATIENCE_S
        while later and not self.same(printed, shown) and (
                time.monotonic() < end):
            time.sleep(0.5)
            printed = self.shell(self.last)
        if not self.same(printed, shown):
            self.assertEqual(trimmed(printed), trimmed(shown), self.last)

    def test_the_document_is_true(self):
        done = {"saved": 0, "run": 0, "compared": 0}
        printed, later = "", False
        for step in steps(DOCUMENT):
            name = SAVE.search(step.before)
            if name:
                self.save(name[1], step.text)
                done["saved"] += 1
            elif step.kind == "sh" and "./dev" not in step.text:
                later = bool(LATER.search(step.before))
                for line in step.text.splitlines():
                    printed = self.run_line(line)
                    done["run"] += 1
            elif step.kind == "text":
                self.compare(printed, step.text, later)
                done["compared"] += 1
        self.assertEqual(done, {"saved": 8, "run": 24, "compared": 9})


if __name__ == "__main__":
    unittest.main()
