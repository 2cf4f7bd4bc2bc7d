# SPDX-License-Identifier: Apache-2.0
"""Who may include whom, and which libraries' headers go where.

The table is the one in docs/architecture.md.
"""
import re

import tree

# Folder -> the folders it may include directly; what those may include, it
# may too. A folder within one stands for itself if it is here.
FOLDERS = {
    "base": (),
    "config": ("base",),
    "features": ("config",),
    "storage": ("features",),
    "versions": ("storage",),
    "loader": ("storage",),
    "ingest/formats": ("features",),
    "ingest": ("storage", "ingest/formats"),
    "lookup": ("features",),
    "training": ("storage",),
    "server": ("versions", "ingest", "lookup"),
    # `freshet check` validates a file without a daemon, `freshet push` reads
    # one of events.
    "cli": ("features", "ingest/formats"),
    # A program of its own, as a user would write it.
    "clients": (),
}
FREE = ("tests", "bench", "examples")  # May include every folder.

# Start of a header's name -> where a .cc may include it: a folder of the table,
# or a folder within one, with nothing within that.
LIBRARIES = {
    "freshet/v1/": ("server", "cli", "clients"),
    "grpc": ("server", "cli", "lookup", "clients"),
    "google/protobuf/": ("server", "cli", "ingest/formats"),
    "rocksdb/": ("storage",),
    "arrow/": ("loader", "training"),
    "parquet/": ("loader", "training"),
    "librdkafka/": ("ingest",),
    "curl/": ("ingest/registry",),
    "simdjson.h": ("ingest/formats",),
    "yaml-cpp/": ("config",),
    "prometheus/": ("server",),
}
# These cost seconds each time they are read, so our headers forward-declare
# and hold a unique_ptr instead. Our generated code is not among them: a
# service's Stub and Service are nested classes, which cannot be declared.
NOT_IN_HEADERS = ("grpc", "google/protobuf/", "rocksdb/", "arrow/", "parquet/",
                  "yaml-cpp/", "simdjson.h")
# The members behind a class's unique_ptr, shared by its sources: such a header
# may include them, and no other folder may include it.
PRIVATE_HEADER = "_parts.h"

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


def reachable(folder):
    seen, todo = set(), [folder]
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo.extend(FOLDERS[at])
    return seen


def folder_of(path):
    parts = path.split("/")
    inner = "/".join(parts[:2])
    return inner if inner in FOLDERS else parts[0]


def _wrong_folder(folder, header):
    target = folder_of(header)
    if (target in FOLDERS and target != folder and
            header.endswith(PRIVATE_HEADER)):
        return f'"{header}" is private to {target}/: use its public headers'
    if target not in FOLDERS and target not in FREE:
        return None
    if target in FOLDERS and target in reachable(folder):
        return None
    allowed = ", ".join(sorted(reachable(folder)))
    return (f'{folder}/ includes "{header}"; it may include {allowed}: move '
            "the code down, or give what it needs through a parameter")


def _wrong_library(folder, path, header):
    for prefix, allowed in LIBRARIES.items():
        if (header.startswith(prefix) and folder not in allowed and
                path.parent.as_posix() not in allowed):
            return (f"{folder}/ includes {header}; only {', '.join(allowed)} "
                    "may: ask for it through their headers")
    if (path.suffix == ".h" and header.startswith(NOT_IN_HEADERS) and
            not path.name.endswith(PRIVATE_HEADER)):
        return (f"a header includes {header}, which is slow to read: "
                "forward-declare, and include it in the .cc")
    return None


def check(root):
    errors = []
    for path in tree.files(root, tree.SOURCES):
        folder = folder_of(path.as_posix())
        if folder in FREE or folder not in FOLDERS:
            if folder not in FREE and len(path.parts) > 1:
                errors.append(f"{path}:1: folder '{folder}' is not in the "
                              "table in tests/lint/include_layers.py: add it "
                              "there and in docs/architecture.md")
            continue
        text = tree.read(root, path)
        bare = tree.without_comments(text, keep_literals=True)
        for match in INCLUDE.finditer(bare):
            header = match.group(2)
            wrong = (_wrong_folder(folder, header) or
                     _wrong_library(folder, path, header))
            if wrong:
                line = tree.line_of(bare, match.start(1))
                errors.append(f"{path}:{line}: {wrong}")
        if folder == "server":
            hit = re.search(r"\brocksdb::", tree.without_comments(text))
            if hit:
                errors.append(f"{path}:{tree.line_of(text, hit.start())}: "
                              "server/ names rocksdb::; go through storage/")
    return errors
