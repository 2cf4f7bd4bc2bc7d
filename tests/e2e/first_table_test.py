# SPDX-License-Identifier: Apache-2.0
"""docs/first-table.md does what it says: its files are saved, its commands are
run in order, and what they print is what the document shows."""

import os
import pathlib
import re
import shlex
import subprocess
import unittest

from document import steps, trimmed
from freshet_daemon import PATIENCE_S, TOP, Daemon, program

DOCUMENT = TOP / "docs" / "first-table.md"
SAVE = re.compile(r"Save this as `([\w.-]+)`")
TTL = re.compile(r"Add `(ttl: \w+)` to the view, after its `entities`")


class FirstTableTest(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon("")
        self.addCleanup(self.daemon.close)
        self.folder = self.daemon.directory
        self.output = None

    def save(self, name, text):
        """Writes a file; the daemon's gets free ports."""
        if "settings:\n" in text:
            text = text.replace("settings:\n", (
                "settings:\n  listen:\n    data: 127.0.0.1:0\n"
                "    admin: 127.0.0.1:0\n    http: 127.0.0.1:0\n"))
        (self.folder / name).write_text(text, encoding="utf-8")

    def run_line(self, line):
        words = shlex.split(line)
        if words[0] == "freshetd":
            self.assertEqual(words[1], "--config")
            self.daemon.config = self.folder / words[2]
            self.daemon.start()
            return
        self.assertEqual(words[0], "freshet")
        if words[1] == "apply":  # There is nobody to ask.
            words.append("--yes")
        environment = dict(os.environ)
        if self.daemon.ports:
            environment["FRESHET_ADMIN"] = self.daemon.ports["admin"]
            environment["FRESHET_DATA"] = self.daemon.ports["data"]
        done = subprocess.run(
            [program("FRESHET"), *words[1:]], cwd=self.folder,
            env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 0,
                         f"{line}: {done.stdout}{done.stderr}")
        self.output = done.stdout

    def test_the_document_is_true(self):
        done = {"saved": 0, "run": 0, "compared": 0}
        for step in steps(DOCUMENT):
            name = SAVE.search(step.before)
            ttl = TTL.search(step.before)
            if name:
                self.save(name[1], step.text)
                done["saved"] += 1
            if ttl:
                path = pathlib.Path(self.folder / "shop.yaml")
                path.write_text(path.read_text().replace(
                    "entities: [user]\n",
                    f"entities: [user]\n    {ttl[1]}\n"))
            if step.kind == "sh" and "./dev" not in step.text:
                for line in step.text.splitlines():
                    self.run_line(line)
                    done["run"] += 1
            if step.kind == "text":
                self.assertEqual(trimmed(self.output), trimmed(step.text))
                done["compared"] += 1
        self.assertEqual(done, {"saved": 3, "run": 10, "compared": 3})


if __name__ == "__main__":
    unittest.main()
