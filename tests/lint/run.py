#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the lints over the tree and prints what they find, file:line first.

  run.py [--only NAME]... [--build-dir DIR] [--shipped]

clang-tidy needs DIR, where CMake left compile_commands.json; without it only
the others run. With --shipped it leaves tests and benchmarks out.
"""
import argparse
import sys
import time

import format as clang_format
import include_layers
import sizes
import tidy
import tree
import words

QUICK = {
    "include_layers": include_layers.check,
    "sizes": sizes.check,
    "words": words.check,
    "format": clang_format.check,
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", action="append", default=[],
                        choices=[*QUICK, "tidy"])
    parser.add_argument("--build-dir")
    parser.add_argument("--shipped", action="store_true")
    args = parser.parse_args()

    lints = dict(QUICK)
    if args.build_dir:
        lints["tidy"] = lambda root: tidy.check(
            root, args.build_dir, args.shipped)
    failed = False
    for name, check in lints.items():
        if args.only and name not in args.only:
            continue
        start = time.monotonic()
        errors = check(tree.ROOT)
        for error in errors:
            print(error)
        verdict = f"{len(errors)} found" if errors else "clean"
        print(f"lint {name}: {verdict} ({time.monotonic() - start:.1f} s)",
              flush=True)
        failed = failed or bool(errors)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
