# SPDX-License-Identifier: Apache-2.0
"""CPack's Debian package holds what a machine needs and asks for the rest."""
import pathlib
import tempfile
import unittest

import package


class DebTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        package.not_sanitized()
        package.needs("cpack")
        package.needs("dpkg-shlibdeps")
        cls._dir = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._dir.cleanup)
        package.run("cpack", "-G", "DEB", "-B", cls._dir.name,
                    "--config", package.build_dir() / "CPackConfig.cmake")
        found = list(pathlib.Path(cls._dir.name).glob("*.deb"))
        if len(found) != 1:
            raise AssertionError(f"want one package, got {found}")
        cls.deb = found[0]

    def test_holds_programs_settings_and_unit(self):
        listing = package.run("dpkg-deb", "--contents", self.deb)
        for path in ("usr/bin/freshetd", "usr/bin/freshet",
                     "usr/bin/freshet-load", "etc/freshet/freshet.yaml",
                     "usr/lib/systemd/system/freshetd.service",
                     "usr/share/doc/freshet/LICENSE"):
            self.assertIn(f" ./{path}\n", listing)
        for line in listing.strip().split("\n"):
            self.assertIn("root/root", line)

    def test_asks_for_the_libraries_that_it_does_not_hold(self):
        depends = package.run("dpkg-deb", "--field", self.deb, "Depends")
        for name in ("libgrpc++1.51", "librocksdb7.8", "libyaml-cpp0.7",
                     "libc6", "tzdata"):
            self.assertIn(name, depends)
        self.assertNotIn("arrow", depends)

    def test_keeps_changed_settings_on_upgrade(self):
        with tempfile.TemporaryDirectory() as folder:
            package.run("dpkg-deb", "--control", self.deb, folder)
            conffiles = pathlib.Path(folder, "conffiles").read_text()
            self.assertEqual(conffiles, "/etc/freshet/freshet.yaml\n")
            for script in ("postinst", "prerm", "postrm"):
                package.run("sh", "-n", pathlib.Path(folder, script))

    def test_unpacks_and_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            package.run("dpkg-deb", "--extract", self.deb, folder)
            usr_bin = pathlib.Path(folder, "usr", "bin")
            package.run(usr_bin / "freshet", "version")
            libraries = package.run("ldd", usr_bin / "freshet-load")
            self.assertNotIn("not found", libraries)


if __name__ == "__main__":
    unittest.main()
