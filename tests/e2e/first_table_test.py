# SPDX-License-Identifier: Apache-2.0
"""docs/first-table.md does what it says: its files are saved, its commands are
run in order, and what they print is what the document shows."""

import re
import unittest

from document import DocumentTest
from freshet_daemon import TOP

DOCUMENT = TOP / "docs" / "first-table.md"
TTL = re.compile(r"Add `(ttl: \w+)` to the view, after its `entities`")


class FirstTableTest(DocumentTest):
    def read(self, step):
        ttl = TTL.search(step.before)
        if ttl:
            path = self.folder / "shop.yaml"
            path.write_text(path.read_text().replace(
                "entities: [user]\n", f"entities: [user]\n    {ttl[1]}\n"))

    def test_the_document_is_true(self):
        self.follow(DOCUMENT, saved=3, run=10, compared=3)


if __name__ == "__main__":
    unittest.main()
