# SPDX-License-Identifier: Apache-2.0
"""`cmake --install` into an empty prefix gives programs that run from there."""
import pathlib
import tempfile
import unittest

import package


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        package.not_sanitized()
        cls._dir = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls._dir.cleanup)
        cls.prefix = pathlib.Path(cls._dir.name).resolve() / "freshet"
        package.run("cmake", "--install", package.build_dir(), "--prefix",
                    cls.prefix)

    def program(self, name):
        return self.prefix / "bin" / name

    def test_holds_the_three_programs_and_the_documents(self):
        for name in package.PROGRAMS:
            self.assertTrue(self.program(name).is_file(), name)
        documents = self.prefix / "share" / "doc" / "freshet"
        self.assertTrue((documents / "LICENSE").is_file())

    def test_programs_say_their_version(self):
        version = next(
            line.split("VERSION")[1].split()[0]
            for line in (package.TOP / "CMakeLists.txt").read_text().split("\n")
            if line.startswith("project("))
        self.assertIn(version, package.run(self.program("freshet"), "version"))
        self.assertIn(version,
                      package.run(self.program("freshetd"), "--version"))

    def test_every_library_is_found_and_arrow_beside_the_programs(self):
        for name in package.PROGRAMS:
            libraries = package.run("ldd", self.program(name))
            self.assertNotIn("not found", libraries)
        if (package.build_dir() / "arrow").is_dir():
            beside = self.prefix / "lib" / "freshet"
            libraries = package.run("ldd", self.program("freshet-load"))
            for name in ("libarrow.so", "libparquet.so"):
                line = next(line for line in libraries.split("\n")
                            if name in line)
                path = pathlib.Path(line.split("=>")[1].split()[0]).resolve()
                self.assertEqual(path.parent, beside)

    def test_only_the_loader_has_a_run_path_and_links_arrow(self):
        for name in ("freshetd", "freshet"):
            dynamic = package.run("readelf", "--dynamic", self.program(name))
            self.assertNotIn("RUNPATH", dynamic)
            self.assertNotIn("RPATH", dynamic)
            self.assertNotIn("libarrow", dynamic)
            self.assertNotIn("libparquet", dynamic)

    def test_the_packages_settings_are_right(self):
        package.run(self.program("freshet"), "check",
                    package.TOP / "deploy" / "freshet.yaml")


if __name__ == "__main__":
    unittest.main()
