# SPDX-License-Identifier: Apache-2.0
"""A document whose files are saved and whose commands are run by a test."""

import re

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


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
