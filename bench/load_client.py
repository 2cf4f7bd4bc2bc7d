# SPDX-License-Identifier: Apache-2.0
"""The open-loop load generator as a child process."""

import json
import os
import subprocess

FEATURES = [f"wide.f{i}" for i in range(20)]


class LoadClient:
    """Starts at once; `result` waits for its end and reads what it measured
    (bench/main.cc says what)."""

    def __init__(self, target, rows, rate, seconds, keys=100, seed=1):
        words = [os.environ["FRESHET_BENCH"], "--target", target,
                 "--key", "id", "--key-space", str(rows), "--keys", str(keys),
                 "--rate", str(rate), "--seconds", str(seconds),
                 "--seed", str(seed)]
        for feature in FEATURES:
            words += ["--feature", feature]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE,
                                        text=True)

    def result(self):
        out, _ = self.process.communicate()
        return json.loads(out)
