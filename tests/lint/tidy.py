# SPDX-License-Identifier: Apache-2.0
"""clang-tidy over every source that the build compiles.

A source that was clean is not looked at again until it, a header of ours that
it includes, its compiler flags or the configuration changes: the user's cache
directory has an empty file for each state that was clean, in any checkout.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import tree

TOOL = "clang-tidy-14"
# Clang's own warnings come with it: its thread-safety analysis, which g++
# lacks, among them. The analyzer's usual bound of 225,000 nodes a function
# costs 10 s a file; this one finds what a short function can hide in 2 s.
EXTRA = [f"--extra-arg={flag}" for flag in (
    "-Wthread-safety", "-Wno-unknown-warning-option", "-Wno-sign-conversion",
    "-Xclang", "-analyzer-config", "-Xclang", "max-nodes=20000")]
NOT_SHIPPED = ("tests", "bench")
# g++'s precompiled headers mean nothing to Clang, and without them a header
# that a source forgot to include is missed.
PRECOMPILED = re.compile(r"-Winvalid-pch -include \S+/cmake_pch\.hxx ")
INCLUDE = re.compile(r'^\s*#\s*include\s*["<]([^">]+)[">]', re.MULTILINE)


class Inputs:
    """Hashes what a source's verdict depends on within our own tree."""

    def __init__(self, roots):
        self._roots = roots
        self._includes = {}

    def _read(self, path):
        if path not in self._includes:
            raw = path.read_bytes()
            names = INCLUDE.findall(raw.decode("utf-8", "replace"))
            found = [root / name for name in names for root in self._roots
                     if (root / name).is_file()]
            self._includes[path] = (hashlib.sha256(raw).digest(), found)
        return self._includes[path]

    def digest(self, source):
        seen, todo = set(), [source]
        while todo:
            path = todo.pop()
            if path not in seen:
                seen.add(path)
                todo.extend(self._read(path)[1])
        total = hashlib.sha256()
        for path in sorted(seen):
            total.update(self._read(path)[0])
        return total.digest()


def _config(root, path):
    """The configuration files that hold for `path`."""
    return b"".join((folder / ".clang-tidy").read_bytes()
                    for folder in path.parents
                    if (folder == root or root in folder.parents) and
                    (folder / ".clang-tidy").exists())


def _entries(build_dir):
    """What CMake left, as Clang should see it."""
    entries = json.loads((build_dir / "compile_commands.json").read_text())
    for entry in entries:
        entry["command"] = PRECOMPILED.sub("", entry["command"])
    return [entry for entry in entries
            if "/cmake_pch.hxx" not in entry["file"]]


def _sources(root, build_dir, entries, shipped_only):
    """Yields (path, its compile command) for each source of ours."""
    for entry in entries:
        path = pathlib.Path(entry["directory"], entry["file"]).resolve()
        if root not in path.parents or build_dir in path.parents:
            continue
        if shipped_only and path.relative_to(root).parts[0] in NOT_SHIPPED:
            continue
        yield path, (entry["command"].replace(str(build_dir), "BUILD")
                     .replace(str(root), "ROOT"))


def _run(root, database, path):
    done = subprocess.run(
        [TOOL, "--quiet", f"-p={database}", *EXTRA, str(path)], cwd=root,
        capture_output=True, text=True)
    if done.returncode == 0:
        return []
    found = [line.replace(f"{root}/", "") for line in done.stdout.splitlines()
             if re.search(r": (error|warning): ", line)]
    return found or [f"{path}: {TOOL} failed: {done.stderr.strip()[-500:]}"]


def _cache():
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    cache = pathlib.Path(home) / "freshet" / "clang-tidy"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


def check(root, build_dir, shipped_only=False):
    if shutil.which(TOOL) is None:
        return [f"{TOOL} is not installed; run: ./dev setup"]
    build_dir = pathlib.Path(build_dir).resolve()
    if not (build_dir / "compile_commands.json").exists():
        return [f"{build_dir} has no compile_commands.json; run: ./dev build"]
    cache = _cache()
    version = subprocess.run([TOOL, "--version"], check=True,
                             capture_output=True).stdout
    inputs = Inputs([root, build_dir / "proto", root / "proto"])
    tool = version + " ".join(EXTRA).encode()

    todo = []
    entries = _entries(build_dir)
    for path, command in _sources(root, build_dir, entries, shipped_only):
        state = hashlib.sha256(tool + _config(root, path) + command.encode() +
                               inputs.digest(path)).hexdigest()
        if not (cache / state).exists():
            todo.append((path, cache / state))
    print(f"clang-tidy: {len(todo)} sources to look at", flush=True)

    with tempfile.TemporaryDirectory() as database:
        (pathlib.Path(database) / "compile_commands.json").write_text(
            json.dumps(entries))
        return _look(root, database, todo)


def _look(root, database, todo):
    errors = set()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {pool.submit(_run, root, database, path): (path, state)
                for path, state in todo}
        for count, job in enumerate(concurrent.futures.as_completed(jobs), 1):
            path, state = jobs[job]
            found = job.result()
            errors.update(found)
            if not found:
                state.touch()
            print(f"[{count}/{len(todo)}] {path.relative_to(root)}"
                  f"{': ' + str(len(found)) + ' found' if found else ''}",
                  flush=True, file=sys.stderr)
    return sorted(errors)
