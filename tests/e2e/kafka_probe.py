# SPDX-License-Identifier: Apache-2.0
"""The program tests/ingest/kafka_probe, which is KafkaReader or KafkaWriter,
as a child of a test. KAFKA_PROBE is set by CMake."""

import json
import os
import subprocess
import threading
import time

PATIENCE_S = 90


class _Probe:

    def __init__(self, order):
        self._heard = threading.Condition()
        self._lines = []
        self._log = []
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", os.environ["KAFKA_PROBE"],
             json.dumps(order)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        self._threads = [
            threading.Thread(target=self._listen, args=arguments)
            for arguments in ((self._process.stdout, self._take),
                              (self._process.stderr, self._log.append))]
        for thread in self._threads:
            thread.start()

    def _listen(self, stream, take):
        for line in stream:
            take(line)

    def _take(self, line):
        with self._heard:
            self._lines.append(json.loads(line))
            self._heard.notify_all()

    def tell(self, command):
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()

    def lines(self, key):
        with self._heard:
            return [line for line in self._lines if key in line]

    def wait(self, what, done):
        """Until `done()` returns something true, which is returned."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with self._heard:
                count = len(self._lines)
            result = done()
            if result:
                return result
            with self._heard:
                if len(self._lines) == count:
                    self._heard.wait(1)
                if (self._process.poll() is not None or
                        time.monotonic() > deadline):
                    raise AssertionError(
                        f"no {what}: {self._lines[-20:]}\n"
                        f"{''.join(self._log[-40:])}")

    def close(self):
        """Ends it in order; says how long that took."""
        begin = time.monotonic()
        if not self._process.stdin.closed:
            self._process.stdin.close()
        code = self._process.wait(PATIENCE_S)
        took = time.monotonic() - begin
        for thread in self._threads:
            thread.join()
        self._process.stdout.close()
        self._process.stderr.close()
        if code != 0:
            raise AssertionError(f"kafka_probe ended with {code}: "
                                 f"{''.join(self._log[-40:])}")
        return took


class Reading(_Probe):
    """Of one topic; `stored` as `ends` of an earlier one gives it."""

    def __init__(self, cluster, topic, fresh=None, stored=None, **settings):
        self.topic = topic
        super().__init__({
            "mode": "read", "brokers": cluster.bootstrap, **settings,
            "topics": [{"topic": topic, "fresh": fresh or {"at": "earliest"},
                        "stored": stored or {}}]})

    def values(self, partition=0):
        return [line["record"] for line in self.lines("record")
                if line["partition"] == partition]

    def offsets(self, partition=0):
        return [line["offset"] for line in self.lines("record")
                if line["partition"] == partition]

    def ends(self):
        """What a consumer stores: where the next run begins."""
        return {str(line["partition"]): {"after": line["after"],
                                         "hash": line["hash"]}
                for line in self.lines("last")}

    def events(self, kind):
        return [line for line in self.lines("event") if line["event"] == kind]

    def wait_for_event(self, kind, count=1):
        return self.wait(f"event {kind}", lambda: len(
            self.events(kind)) >= count and self.events(kind))

    def wait_for_records(self, count):
        self.wait(f"{count} records",
                  lambda: len(self.lines("record")) >= count)

    def state(self):
        before = len(self.lines("state"))
        self.tell("state")
        self.wait("state", lambda: len(self.lines("state")) > before)
        return self.lines("state")[-1]

    def restart(self, start, partition=0):
        self.tell({"restart": self.topic, "partition": partition,
                   "start": start})


class Writing(_Probe):

    def __init__(self, cluster):
        super().__init__({"mode": "write", "brokers": cluster.bootstrap})

    def begin(self, topic, values, timeout_ms=60_000):
        self.tell({"topic": topic, "values": values, "timeout_ms": timeout_ms})

    def outcomes(self, writes):
        """Of that many writes, one after another."""
        self.wait("outcome", lambda: len(self.lines("written")) >= writes)
        return [one for line in self.lines("written")
                for one in line["written"]]
