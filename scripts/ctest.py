#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs ctest with the arguments given, and says why each skipped test was
skipped. ctest's own summary comes last."""
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

SUMMARY = re.compile(r"^\d+% tests passed|^No tests were found")
# What a skipped GoogleTest prints, and what a skipped Python test prints.
GTEST = re.compile(r"^\S+: Skipped\n(.*?)\n+\[  ?SKIPPED ",
                   re.MULTILINE | re.DOTALL)
PYTHON = re.compile(r"^(\w+) \([^)\n]*\)(?:\n[^\n]*)? \.\.\. "
                    r"skipped ['\"](.*)['\"]$", re.MULTILINE)


def skipped(report):
    """Yields (name, reason) for each test in ctest's JUnit report."""
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        name = case.get("name")
        output = case.findtext("system-out") or ""
        inner = PYTHON.findall(output)
        for part, reason in inner:
            yield f"{name}: {part}", reason
        if case.find("skipped") is not None and not inner:
            reason = GTEST.search(output)
            reason = reason.group(1) if reason else output.strip()[-200:]
            yield name, " ".join(reason.split()) or "gave no reason"


def main():
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.xml")
        # ctest is ended by the terminal's signals itself.
        run = subprocess.Popen(
            ["ctest", *sys.argv[1:], "--output-junit", report],
            stdout=subprocess.PIPE, text=True, errors="replace")
        summary = []
        for line in run.stdout:
            if summary or SUMMARY.match(line):
                summary.append(line)
            else:
                print(line, end="", flush=True)
        code = run.wait()
        reasons = sorted(skipped(report)) if os.path.exists(report) else []
    if reasons:
        print(f"\nSkipped: {len(reasons)}")
        for name, reason in reasons:
            print(f"  {name}: {reason}")
        print()
    print("".join(summary), end="", flush=True)
    sys.exit(code)


if __name__ == "__main__":
    main()
