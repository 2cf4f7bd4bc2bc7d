# SPDX-License-Identifier: Apache-2.0
"""Who asks `./dev` for help gets it, and nothing else happens."""
import subprocess
import unittest

import package


class DevTest(unittest.TestCase):
    def test_help_of_any_command_is_only_help(self):
        dev = package.TOP / "dev"
        wanted = subprocess.run([dev, "help"], capture_output=True, text=True,
                                check=True, timeout=10).stdout
        commands = {line.split()[1] for line in wanted.split("\n")
                    if line.startswith("./dev ")}
        self.assertGreaterEqual(len(commands), 8)
        for command in sorted(commands):
            for asked in (["--help"], ["-h"], ["--any", "--help"]):
                with self.subTest(command=command, asked=asked):
                    done = subprocess.run(
                        [dev, command, *asked], capture_output=True,
                        text=True, check=False, timeout=10)
                    self.assertEqual((done.returncode, done.stdout),
                                     (0, wanted), done.stderr)


if __name__ == "__main__":
    unittest.main()
