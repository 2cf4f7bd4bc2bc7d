# SPDX-License-Identifier: Apache-2.0
"""Limits on the size of files, functions, classes and folders."""
import collections

import cxx
import tree

HEADER_LINES, SOURCE_LINES, TEST_LINES, MAIN_LINES = 200, 400, 500, 80
PYTHON_LINES = 400
FUNCTION_LINES = 70
PUBLIC_METHODS = 10
FOLDER_FILES = 25


def _limit(path):
    if path.suffix == ".py":
        return PYTHON_LINES
    if path.suffix == ".h":
        return HEADER_LINES
    if path.name == "main.cc" or path.name.endswith("_main.cc"):
        return MAIN_LINES
    if path.name.endswith("_test.cc"):
        return TEST_LINES
    return SOURCE_LINES


def check(root):
    errors = []
    folders = collections.Counter()
    for path in tree.files(root, tree.SOURCES + (".py",)):
        text = tree.read(root, path)
        lines, limit = text.count("\n"), _limit(path)
        if lines > limit:
            errors.append(f"{path}:1: {lines} lines, at most {limit}: "
                          "split it by noun")
        if path.suffix == ".py":
            continue
        folders[path.parent] += 1
        functions, classes = cxx.scan(text)
        for name, first, last in functions:
            if last - first + 1 > FUNCTION_LINES:
                errors.append(
                    f"{path}:{first}: function '{name}' has "
                    f"{last - first + 1} lines, at most {FUNCTION_LINES}: "
                    "name its steps")
        for name, line, methods in classes:
            if len(methods) > PUBLIC_METHODS:
                errors.append(
                    f"{path}:{line}: class '{name}' has {len(methods)} public "
                    f"methods, at most {PUBLIC_METHODS}: that is two nouns "
                    f"({', '.join(sorted(methods))})")
    for folder, count in sorted(folders.items()):
        if count > FOLDER_FILES:
            errors.append(f"{folder}/: {count} sources and headers, at most "
                          f"{FOLDER_FILES}: split it by noun")
    return errors
