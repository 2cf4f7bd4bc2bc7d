# SPDX-License-Identifier: Apache-2.0
"""A document whose files are saved and whose commands are run by a test."""

import os
import pathlib
import re
import shlex
import subprocess
import sys
import time
import unittest

from freshet_daemon import PATIENCE_S, Daemon, program

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SAVE = re.compile(r"Save this as `([\w./-]+)`")
LATER = re.compile(r"A moment later\b")
LISTEN = ("settings:\n  listen:\n    data: 127.0.0.1:0\n"
          "    admin: 127.0.0.1:0\n    http: 127.0.0.1:0\n")


class Step:
    """A fenced block, and the text between the block before it and itself."""

    def __init__(self, before, kind, text):
        self.before, self.kind, self.text = before, kind, text


def steps(path):
    document = path.read_text(encoding="utf-8")
    found, end = [], 0
    for match in BLOCK.finditer(document):
        found.append(Step(document[end:match.start()], *match.groups()))
        end = match.end()
    return found


def trimmed(text):
    return [line.rstrip() for line in text.strip().splitlines()]


class DocumentTest(unittest.TestCase):
    """One who reads a document, in a new folder: saves its files, runs its
    commands in order, and looks whether they print what it shows."""

    # Of what is printed the run's own.
    VARYING = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\d+ days? \d+ h|[\d.]+ KiB")

    def setUp(self):
        self.daemon = Daemon("")
        self.addCleanup(self.daemon.close)
        self.folder = self.daemon.directory
        self.environment = dict(os.environ, NO_COLOR="1", PATH=os.pathsep.join(
            [str(pathlib.Path(program("FRESHET")).parent), os.environ["PATH"],
             str(pathlib.Path(sys.executable).parent)]))
        self.moved = {}  # What the document says, and what it is here.
        # Programs that a test starts in a way of its own, by name.
        self.starts = {"freshetd": self.start_daemon,
                       "export": self.export}
        self.last = None  # The line that printed what is compared next.

    def follow(self, path, **wanted):
        """`wanted`: how many files are saved, lines run, outputs compared."""
        done = dict.fromkeys(("saved", "run", "compared"), 0)
        printed, later = "", False
        for step in steps(path):
            self.read(step)
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
        self.assertEqual(done, wanted)

    def read(self, step):
        """What the text asks for beside its blocks."""

    def here(self, text):
        for shown, real in self.moved.items():
            text = text.replace(shown, real)
        return text

    def save(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.here(text.replace("settings:\n", LISTEN)),
                        encoding="utf-8")

    def run_line(self, line):
        words = shlex.split(line)
        if words[0] in self.starts:
            self.starts[words[0]](words)
            return ""
        self.last = self.here(line)
        if line.startswith("freshet apply"):  # There is nobody to ask.
            self.last += " --yes"
        return self.shell(self.last)

    def export(self, words):
        self.environment.update(word.split("=", 1) for word in words[1:])

    def start_daemon(self, words):
        self.assertEqual(words[1], "--config")
        self.daemon.config = self.folder / words[2]
        self.daemon.arguments = words[3:]
        self.daemon.start()
        self.addCleanup(self.daemon.stop)
        ports = self.daemon.ports
        self.moved.update({"127.0.0.1:7600": ports["data"],
                           "127.0.0.1:7601": ports["admin"],
                           "127.0.0.1:7602": ports["http"]})
        self.environment.update(FRESHET_ADMIN=ports["admin"],
                                FRESHET_DATA=ports["data"])

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
        """What varies may be of another width."""
        if not self.VARYING.search(shown):
            return trimmed(printed) == trimmed(shown)

        def fixed(text):
            return [" ".join(self.VARYING.sub("...", line).split())
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
