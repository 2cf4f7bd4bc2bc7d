# SPDX-License-Identifier: Apache-2.0
"""What the package tests share: where the build is, and how to run things."""
import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("freshetd", "freshet", "freshet-load")


def build_dir():
    path = os.environ.get("FRESHET_BUILD")
    if not path:
        raise unittest.SkipTest("FRESHET_BUILD is not set; run this by ctest")
    return pathlib.Path(path)


def needs(tool):
    """Skips the test where `tool` is not installed."""
    if shutil.which(tool) is None:
        raise unittest.SkipTest(f"{tool} is not installed")


def not_sanitized():
    """Skips the test in a sanitizer's build, which nobody packages."""
    kind = os.environ.get("FRESHET_SANITIZE")
    if kind:
        raise unittest.SkipTest(f"a build with {kind} is not for installing")


def run(*command, ok=True, **options):
    """Its output, standard error included; fails the test if it fails."""
    done = subprocess.run([str(part) for part in command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          **options)
    if ok and done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n"
                             f"{done.stdout}")
    return done.stdout


@contextlib.contextmanager
def temporary_file(name, text):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, name)
        path.write_text(text, encoding="utf-8")
        yield path
