# SPDX-License-Identifier: Apache-2.0
"""The systemd unit is tight, and names what the package installs."""
import re
import unittest

import package

UNIT = package.TOP / "deploy" / "systemd" / "freshetd.service"


class UnitTest(unittest.TestCase):
    def test_exposure_is_at_most_2_of_10(self):
        package.needs("systemd-analyze")
        # Fails past the threshold, which counts tenths.
        report = package.run("systemd-analyze", "security", "--offline=true",
                             "--threshold=20", "--no-pager", UNIT)
        self.assertRegex(report, r"Overall exposure level.*: [01]\.\d")

    def test_loose_unit_is_past_the_threshold(self):
        package.needs("systemd-analyze")
        loose = re.sub(r"^(ProtectSystem|SystemCallFilter|PrivateDevices|"
                       r"CapabilityBoundingSet|RestrictNamespaces)=.*\n", "",
                       UNIT.read_text(), flags=re.MULTILINE)
        with package.temporary_file("freshetd.service", loose) as path:
            with self.assertRaises(AssertionError):
                package.run("systemd-analyze", "security", "--offline=true",
                            "--threshold=20", "--no-pager", path)

    def test_names_the_installed_program_and_settings(self):
        text = UNIT.read_text()
        self.assertIn("ExecStart=/usr/bin/freshetd --config "
                      "/etc/freshet/freshet.yaml\n", text)
        settings = (package.TOP / "deploy" / "freshet.yaml").read_text()
        self.assertIn("StateDirectory=freshet\n", text)
        self.assertIn("directory: /var/lib/freshet\n", settings)


if __name__ == "__main__":
    unittest.main()
