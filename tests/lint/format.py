#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""clang-format over every source: check() tells, --fix rewrites."""
import shutil
import subprocess
import sys

import tree

TOOL = "clang-format-14"


def check(root, fix=False, paths=None):
    if shutil.which(TOOL) is None:
        return [f"{TOOL} is not installed; run: ./dev setup"]
    if paths is None:
        paths = tree.files(root, tree.SOURCES + (".proto",))
    if not paths:
        return []
    how = ["-i"] if fix else ["--dry-run", "--ferror-limit=1"]
    done = subprocess.run([TOOL, "--style=file", *how, *map(str, paths)],
                          cwd=root, capture_output=True, text=True)
    errors = []
    for line in done.stderr.splitlines():
        if "[-Wclang-format-violations]" in line:
            where = ":".join(line.split(":")[:2])
            errors.append(f"{where}: not as clang-format lays it out; "
                          "run: ./dev format")
    if done.returncode != 0 and not errors:
        errors.append(done.stderr.strip())
    return errors


if __name__ == "__main__":
    problems = check(tree.ROOT, fix="--fix" in sys.argv)
    print("\n".join(problems))
    sys.exit(1 if problems else 0)
