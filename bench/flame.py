# SPDX-License-Identifier: Apache-2.0
"""A flame graph of a process as SVG (the form of Brendan Gregg's): each box is
a function, its width the share of samples in which it was running or waited
for what stands on it; the order from left to right means nothing.

    flame.py PID SECONDS OUT.svg TITLE     Wants Linux's `perf`.
"""

import collections
import html
import os
import pathlib
import re
import subprocess
import sys
import tempfile

WIDTH, LINE, SHARE_MIN = 1200, 15, 0.002


def record(pid, seconds):
    """{stack from the outermost function in, joined by ';': samples}"""
    with tempfile.TemporaryDirectory() as directory:
        data = os.path.join(directory, "perf.data")
        subprocess.run(["perf", "record", "-q", "-e", "cpu-clock", "-F", "499",
                        "--call-graph", "dwarf,16384", "-o", data, "-p",
                        str(pid), "--", "sleep", str(seconds)], check=True)
        script = subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym"],
                                stdout=subprocess.PIPE, text=True, check=True)
    stacks = collections.Counter()
    for sample in script.stdout.split("\n\n"):
        frames = [_name(line) for line in sample.splitlines() if line.strip()]
        if frames:
            stacks[";".join(reversed(frames))] += 1
    return stacks


def _name(line):
    """The function of `  7f12 freshet::Version::Find(int) const`, without its
    arguments."""
    name = line.strip().partition(" ")[2] or "?"
    name = re.sub(r"\(anonymous namespace\)::|\(\)(?=::)", "", name)
    depth = 0
    for at, character in enumerate(name):
        # Arguments, not those within a template's.
        if character == "(" and depth == 0:
            name = name[:at]
            break
        depth += (character == "<") - (character == ">")
    return name.replace(";", ":")


class Box:
    """A function within its callers, and what it called."""

    def __init__(self):
        self.samples = 0
        self.callees = {}


def tree(stacks):
    root = Box()
    for stack, samples in stacks.items():
        box = root
        box.samples += samples
        for name in stack.split(";"):
            box = box.callees.setdefault(name, Box())
            box.samples += samples
    return root


def _depth(box):
    return 1 + max(map(_depth, box.callees.values()), default=0)


def draw(root, title):
    height = LINE * (_depth(root) + 2)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
           f'height="{height}" font-family="monospace" font-size="10">',
           f'<text x="4" y="12">{html.escape(title)}, '
           f'{root.samples} samples</text>']
    total = max(root.samples, 1)

    def add(box, left, level):
        for name, callee in sorted(box.callees.items()):
            share = callee.samples / total
            width = share * WIDTH
            if share >= SHARE_MIN:
                y = height - LINE * (level + 1)
                hue = sum(name.encode()) % 50
                text = html.escape(name[:max(int(width / 6.2), 0)])
                out.append(
                    f'<g><title>{html.escape(name)}: {share:.1%}</title>'
                    f'<rect x="{left:.1f}" y="{y}" width="{width:.1f}" '
                    f'height="{LINE - 1}" fill="hsl({hue},80%,65%)"/>'
                    f'<text x="{left + 2:.1f}" y="{y + 11}">{text}</text></g>')
                add(callee, left, level + 1)
            left += width

    add(root, 0.0, 0)
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main():
    pid, seconds, path, title = sys.argv[1:]
    pathlib.Path(path).write_text(
        draw(tree(record(int(pid), float(seconds))), title), "utf-8")


if __name__ == "__main__":
    main()
