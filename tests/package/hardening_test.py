# SPDX-License-Identifier: Apache-2.0
"""Release programs carry the marks of the hardening flags. For builds with
FRESHET_HARDEN."""
import platform
import unittest

import package

PATHS = {name: f"bin/{name}" for name in package.PROGRAMS}


class HardeningTest(unittest.TestCase):
    def each(self, *readelf):
        for path in PATHS.values():
            yield package.run("readelf", "--wide", *readelf,
                              package.build_dir() / path)

    def test_position_independent_with_read_only_relocations(self):
        for text in self.each("--file-header", "--program-headers",
                              "--dynamic"):
            self.assertRegex(text, r"Type:\s+DYN")
            self.assertIn("GNU_RELRO", text)
            self.assertRegex(text, r"BIND_NOW|FLAGS_1.*NOW")
            self.assertNotRegex(text, r"GNU_STACK.* RWE ")

    def test_stack_protector_and_checked_calls(self):
        for text in self.each("--dyn-syms"):
            self.assertIn("__stack_chk_fail", text)
            self.assertRegex(text, r"__\w+_chk@")

    def test_control_flow_protection(self):
        if platform.machine() != "x86_64":
            self.skipTest("-fcf-protection is for x86_64")
        # The mark of the whole program needs it of the C library's start-up
        # objects too, and Debian's have none. So: landing pads of our own.
        endbr64 = b"\xf3\x0f\x1e\xfa"
        for name, path in PATHS.items():
            binary = (package.build_dir() / path).read_bytes()
            self.assertGreater(binary.count(endbr64), 100, name)

    def test_no_failpoints(self):
        for name, path in PATHS.items():
            binary = (package.build_dir() / path).read_bytes()
            self.assertNotIn(b"catalog.before_", binary, name)


if __name__ == "__main__":
    unittest.main()
