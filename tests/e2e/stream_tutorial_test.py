# SPDX-License-Identifier: Apache-2.0
"""docs/tutorials/from-kafka-to-serving.md does what it says: its files are
saved, its commands are run in order, and what they print is what it shows."""

import os
import pathlib
import re
import signal
import sys
import unittest

from document import DocumentTest
from freshet_daemon import TOP
from kafka_broker import KafkaCluster

DOCUMENT = TOP / "docs" / "tutorials" / "from-kafka-to-serving.md"


class StreamTutorialTest(DocumentTest):
    maxDiff = None
    VARYING = re.compile(DocumentTest.VARYING.pattern
                         + r'|hash is [0-9a-f]{16}|"at_micros":\d+')

    def setUp(self):
        super().setUp()
        self.environment["PATH"] = os.pathsep.join([
            str(pathlib.Path(sys.executable).parent),
            self.environment["PATH"]])
        self.starts.update(docker=self.start_broker, kill=self.kill_daemon)

    def start_broker(self, words):
        self.assertEqual(words[1], "run")
        cluster = KafkaCluster()
        self.addCleanup(cluster.close)
        self.moved["127.0.0.1:9092"] = cluster.bootstrap

    def kill_daemon(self, words):
        self.assertEqual(words[1], "-9")
        self.daemon.signal(signal.SIGKILL)
        self.daemon.wait()

    def test_the_document_is_true(self):
        self.follow(DOCUMENT, saved=8, run=23, compared=12)


if __name__ == "__main__":
    unittest.main()
