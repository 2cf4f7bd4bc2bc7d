# SPDX-License-Identifier: Apache-2.0
"""The files that the lints look at, and C++ text without its comments."""
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_OURS = {".git", ".deps", ".run", "build"}
SOURCES = (".h", ".cc")


def files(root, suffixes=None):
    """Sorted paths, relative to `root`, that git tracks or would track."""
    if (root / ".git").exists():
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others",
             "--exclude-standard"], cwd=root, check=True, capture_output=True)
        found = {pathlib.Path(os.fsdecode(name))
                 for name in listing.stdout.split(b"\0") if name}
        # What git tracks may be deleted and not yet committed.
        found = {path for path in found if (root / path).is_file()}
    else:
        found = set()
        for folder, folders, names in os.walk(root):
            folders[:] = [f for f in folders if f not in NOT_OURS]
            found |= {pathlib.Path(folder, name).relative_to(root)
                      for name in names}
    return sorted(path for path in found
                  if suffixes is None or path.suffix in suffixes)


def read(root, path):
    """The text of a file, or None for one that is not text."""
    try:
        return (root / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


_COMMENT_OR_LITERAL = re.compile(
    r"""//(?:\\\n|[^\n])*            # a line comment
      | /\*.*?\*/                    # a block comment
      | R"(?P<tag>[^()\s\\]*)\(.*?\)(?P=tag)"   # a raw string
      | "(?:\\.|[^"\\\n])*"          # a string
      | (?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'     # a character, not 1'000
    """, re.VERBOSE | re.DOTALL)


def without_comments(text, keep_literals=False):
    """Same lines and columns, with blanks for comments and literals."""
    def blank(match):
        piece = match.group(0)
        is_comment = piece.startswith(("//", "/*"))
        if keep_literals and not is_comment:
            return piece
        hollow = re.sub(r"[^\n]", " ", piece)
        return hollow if is_comment else '"' + hollow[1:-1] + '"'
    return _COMMENT_OR_LITERAL.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1
