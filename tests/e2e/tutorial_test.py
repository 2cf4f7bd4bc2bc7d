# SPDX-License-Identifier: Apache-2.0
"""docs/tutorials/from-warehouse-to-serving.md does what it says: its files are
saved, its commands are run in order, and what they print is what it shows."""

import os
import pathlib
import subprocess
import time
import unittest

import object_store
from document import DocumentTest
from freshet_daemon import PATIENCE_S, TOP

DOCUMENT = TOP / "docs" / "tutorials" / "from-warehouse-to-serving.md"
# The ports that `weed mini` would take.
PORTS = ("s3.port", "s3.port.grpc", "master.port", "master.port.grpc",
         "volume.port", "volume.port.grpc", "filer.port", "filer.port.grpc",
         "admin.port", "admin.port.grpc")


class TutorialTest(DocumentTest):
    def setUp(self):
        super().setUp()
        self.ports = dict(zip(PORTS, object_store.free_ports(len(PORTS))))
        self.moved["127.0.0.1:8333"] = f"127.0.0.1:{self.ports['s3.port']}"
        self.starts["weed"] = self.start_store
        self.environment = {
            name: value for name, value in self.environment.items()
            if not name.startswith("AWS_")}
        freshet, others = self.environment["PATH"].split(os.pathsep, 1)
        python = pathlib.Path(os.environ["FRESHET_DBT_PYTHON"])
        self.environment.update(
            PATH=os.pathsep.join([freshet, str(python.parent), others]),
            FRESHET_SOURCE=str(TOP), DBT_SEND_ANONYMOUS_USAGE_STATS="false",
            AWS_EC2_METADATA_DISABLED="true")

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

    def start_daemon(self, words):
        """With the key of the object store, as the others."""
        os.environ.update(
            (name, value) for name, value in self.environment.items()
            if name.startswith("AWS_"))
        super().start_daemon(words)

    def test_the_document_is_true(self):
        self.follow(DOCUMENT, saved=8, run=24, compared=9)


if __name__ == "__main__":
    unittest.main()
