# SPDX-License-Identifier: Apache-2.0
"""Words that may not stand in the tree, each with what to write instead."""
import re

import tree

# (pattern, where, what to do). "code": C++ without comments and literals;
# "product": the same, but not in tests/; "text": everything in every file.
BANNED = [
    (r"\babsl::Mutex\w*", "code",
     "use Mutex of base/mutex.h: TSan cannot see into absl's"),
    (r"\babsl::string_view\b(?!\()", "code",
     "use std::string_view, and base/error.h for messages"),
    (r"std::atomic<\s*std::shared_ptr", "code",
     "use a shared_ptr under a Mutex: libstdc++ 12's races under TSan"),
    (r"\bsleep_for\b|\bsleep_until\b", "code",
     "wait for the event itself: CondVar, a latch or ManualClock"),
    (r"\bstd::cout\b", "code",
     "use spdlog, or fmt::print in a command's output"),
    (r"\bthrow\b", "product", "return absl::Status; CHECK a caller's bug"),
    (r"\bFIX" r"ME\b", "text", "mend it, or open an issue"),
    # Quoted as `freshet import-dbt` prints it, it is no promise of ours.
    (r"(?<!`# )\bTO" r"DO\b", "text", "do it, or open an issue"),
    # Put together from pieces, so that this file does not hold them.
    (r"\b(?:" + "|".join(
        host.replace(" ", r"\.") for host in (
            "pypi org", "pythonhosted org", "npmjs org", "npmjs com",
            "crates io", "deb debian org", "proxy golang org", "docker io",
            "ghcr io", "quay io", "gcr io", "maven org", "conda anaconda org",
        )) + r")\b", "text",
     "name the package, not a registry: each machine has its own"),
    ("(?<![\\w.])/" + "(?:work|root)/|/home/" + r"\w+/", "text",
     "use a path that exists on every machine"),
]

# Not in the name of a type or of a file: they say nothing.
EMPTY_NAMES = ("Manager", "Handler", "Helper", "Helpers", "Util", "Utils",
               "Impl", "Info", "Data")
EMPTY_TYPE = re.compile(
    r"\b(?:class|struct|enum(?:\s+class)?|using)\s+(?:ABSL_\w+\s+)?"
    r"(\w*?(?:" + "|".join(EMPTY_NAMES) + r"))\b\s*(?:final\s*)?[:{=]")
EMPTY_FILE = re.compile(
    r"(?:^|_)(?:" + "|".join(n.lower() for n in EMPTY_NAMES) +
    r")(?:_test|_fuzz|_bench)?\.(?:h|cc|py)$")

SPDX = "SPDX-License-Identifier: Apache-2.0"
NEEDS_SPDX = (".h", ".cc", ".py", ".sh", ".cmake", ".proto")
NOT_OURS = ("proto/grpc/",)  # gRPC's files keep gRPC's header.


def _needs_spdx(path):
    if path.as_posix().startswith(NOT_OURS):
        return False
    return path.suffix in NEEDS_SPDX or path.name in (
        "CMakeLists.txt", "Dockerfile", "dev")


def _check_banned(path, text, code):
    errors = []
    for pattern, where, instead in BANNED:
        if where == "product" and path.parts[0] == "tests":
            continue
        subject = text if where == "text" else code
        for match in re.finditer(pattern, subject or ""):
            errors.append(f"{path}:{tree.line_of(subject, match.start())}: "
                          f"'{match.group(0)}': {instead}")
    return errors


def _check_names(path, code):
    errors = []
    if EMPTY_FILE.search(path.name):
        errors.append(f"{path}:1: a file's name says nothing with one of "
                      f"{', '.join(EMPTY_NAMES)}: name it after its noun")
    for match in EMPTY_TYPE.finditer(code or ""):
        errors.append(
            f"{path}:{tree.line_of(code, match.start())}: type "
            f"'{match.group(1)}' ends in a word that says nothing: name the "
            "noun (docs/architecture.md has the glossary)")
    return errors


def check(root):
    errors = []
    for path in tree.files(root):
        text = tree.read(root, path)
        if text is None:
            continue
        code = None
        if path.suffix in tree.SOURCES:
            code = tree.without_comments(text)
            if path.suffix == ".h" and "#pragma once" not in code:
                errors.append(f"{path}:1: no '#pragma once'")
        errors += _check_banned(path, text, code)
        errors += _check_names(path, code)
        head = "\n".join(text.split("\n")[:3])
        if _needs_spdx(path) and SPDX not in head:
            errors.append(f"{path}:1: no '{SPDX}' in the first lines")
    return errors
