# SPDX-License-Identifier: Apache-2.0
"""A disk whose power can be cut: what was not synced is lost."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from crash_kit import program, wait_until


def _run(*words):
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, words))}: {done.stderr}")


class Disk:
    """An ext4 file system in a file, of `size` bytes."""

    def __init__(self, size):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="freshet-disk-"))
        self.image = self.folder / "image"
        self.mounted_at = self.folder / "mnt"
        self.mounted_at.mkdir()
        with open(self.image, "wb") as file:
            file.truncate(size)
        _run("mkfs.ext4", "-q", "-F", self.image)
        self._mounted = False

    def mount(self):
        _run("mount", "-o", "loop", self.image, self.mounted_at)
        self._mounted = True

    def unmount(self):
        """A process that is dead may hold its files for a moment more."""
        if self._mounted:
            wait_until(f"umount {self.mounted_at}", lambda: subprocess.run(
                ["umount", self.mounted_at], capture_output=True,
                check=False).returncode == 0)
        self._mounted = False

    def cut(self):
        _run(program("FRESHET_POWER_CUT"), self.mounted_at)

    def close(self):
        self.unmount()
        shutil.rmtree(self.folder)


def skip_unless_possible():
    if os.geteuid() != 0:
        raise unittest.SkipTest("power cuts need root")
    if not os.path.exists("/dev/loop-control"):
        raise unittest.SkipTest("power cuts need loop devices")
    if shutil.which("mkfs.ext4") is None:
        raise unittest.SkipTest("power cuts need mkfs.ext4")
