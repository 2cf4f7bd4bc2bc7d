# SPDX-License-Identifier: Apache-2.0
"""What a figure was measured on, and what processes cost."""

import contextlib
import os
import pathlib
import platform
import re


def describe():
    """One line: processor, cores, memory, kernel."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"model name\s*:\s*(.*)", cpuinfo)
    memory = re.search(r"MemTotal:\s*(\d+)",
                       pathlib.Path("/proc/meminfo").read_text("utf-8"))
    return (f"{model.group(1) if model else platform.machine()}, "
            f"{os.cpu_count()} cores, {int(memory.group(1)) / 2**20:.0f} GiB, "
            f"{platform.system()} {platform.release()}")


def empty_page_cache():
    """Whether it could: only root may."""
    os.sync()
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("3", "utf-8")
    except OSError:
        return False
    return True


def _halves():
    cores = sorted(os.sched_getaffinity(0))
    middle = (len(cores) + 1) // 2
    return set(cores[:middle]), set(cores[middle:] or cores)


# The cores for a server and those for its clients, as if they were on another
# machine; the same ones where there is only one. A kernel that may put both on
# one core leaves threads waiting for each other there.
SERVER_CORES, CLIENT_CORES = _halves()


@contextlib.contextmanager
def on(cores):
    """Processes that are started meanwhile run on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def peak_rss_bytes(pid):
    """Peak resident memory of a process; 0 once it has gone."""
    return _status_bytes(pid, "VmHWM")


def rss_bytes(pid):
    """What it has resident now, of its own memory: files are left out."""
    return _status_bytes(pid, "RssAnon")


def _status_bytes(pid, name):
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text("utf-8")
    except FileNotFoundError:
        return 0
    found = re.search(rf"{name}:\s*(\d+) kB", status)
    return int(found.group(1)) * 1024 if found else 0


def children(pid):
    """The process ids below `pid`, all levels."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            below = [int(child) for child in task.read_text("utf-8").split()]
        except FileNotFoundError:
            continue
        for child in below:
            found += [child, *children(child)]
    return found


def cpu_seconds(pid):
    """User and system time that a process has used."""
    return _ticks(pid, 11, 12)


def cpu_with_children(pid):
    """User seconds and system seconds of it and of all processes below it,
    those that have ended included."""
    below = children(pid)
    return tuple(
        sum(_ticks(one, *fields) for one in (pid, *below))
        for fields in ((11, 13), (12, 14)))


def cpu_without_threads(pid, prefix):
    """As cpu_seconds, of its threads that are there now, but for those whose
    names begin so."""
    found = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            if not (task / "comm").read_text("utf-8").startswith(prefix):
                found += _ticks(f"{pid}/task/{task.name}", 11, 12)
        except (FileNotFoundError, ProcessLookupError):
            continue  # It has ended.
    return found


def _ticks(process, *fields):
    stat = pathlib.Path(f"/proc/{process}/stat").read_text("utf-8")
    values = stat.rsplit(")", 1)[1].split()
    return (sum(int(values[field]) for field in fields) /
            os.sysconf("SC_CLK_TCK"))
