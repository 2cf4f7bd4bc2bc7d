# SPDX-License-Identifier: Apache-2.0
"""The Dockerfile takes only steps that are tested elsewhere, and gives an
image that runs as nobody."""
import re
import unittest

import package

LINES = [line for line in
         (package.TOP / "Dockerfile").read_text().split("\n")
         if line and not line.startswith("#")]


class ImageTest(unittest.TestCase):
    def test_every_step_is_one_of_our_scripts(self):
        steps = [line for line in LINES if line.startswith("RUN ")]
        self.assertEqual(len(steps), 3)
        for step in steps:
            match = re.fullmatch(r"RUN (scripts/\w+\.sh)( [\w/ -]+)?", step)
            self.assertIsNotNone(match, step)
            self.assertTrue((package.TOP / match.group(1)).is_file(), step)

    def test_last_stage_is_not_root_and_compiles_nothing(self):
        last = LINES[max(i for i, line in enumerate(LINES)
                         if line.startswith("FROM ")):]
        self.assertIn("USER 65532:65532", last)
        self.assertIn("RUN scripts/setup.sh --no-python run", last)
        self.assertFalse(any("setup.sh build" in line for line in last))

    def test_starts_as_the_unit_does(self):
        unit = package.TOP / "deploy" / "systemd" / "freshetd.service"
        start = re.search(r"^ExecStart=(.*)$", unit.read_text(),
                          re.MULTILINE).group(1)
        words = ", ".join(f'"{word}"' for word in start.split())
        self.assertEqual(LINES[-1], f"ENTRYPOINT [{words}]")


if __name__ == "__main__":
    unittest.main()
