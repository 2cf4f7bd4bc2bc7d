# SPDX-License-Identifier: Apache-2.0
"""Finds functions and classes in C++ text by its braces.

Enough for code that clang-format has laid out; what it cannot tell apart it
leaves out, and clang-tidy's readability-function-size measures again.
"""
import re

import tree

_PREPROCESSOR = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.MULTILINE)
_MACRO = re.compile(r"\bABSL_\w+(?:\s*\([^()]*\))?|\[\[[^\]]*\]\]|"
                    r"\balignas\([^()]*\)")
_ACCESS = re.compile(r"^\s*(public|private|protected)\s*:(?!:)")
_NAME = re.compile(r"(~?\w+|operator\s*(?:\(\s*\)|[^\s(]+))\s*\($")


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group(0))


def _without_groups(text, left, right):
    """`text` without what stands between `left` and `right`, nested."""
    out, depth = [], 0
    for char in text:
        if char == left:
            depth += 1
            if depth == 1:
                out.append(left)
        elif char == right and depth:
            depth -= 1
            if depth == 0:
                out.append(right)
        elif depth == 0:
            out.append(char)
    return "".join(out)


def _simplified(header):
    """A declaration without template arguments and parameters."""
    if "operator" not in header:
        header = re.sub(r"->|<=>|<<|<=|>=", "  ", header)
    header = _without_groups(_without_groups(header, "<", ">"), "(", ")")
    return re.sub(r"\btemplate\s*<>\s*(requires\s*\(\)\s*)?", "",
                  header).strip()


def _kind(header):
    """What a `{` after `header` opens, and its name."""
    bare = _simplified(_MACRO.sub("", header))
    if re.match(r'(inline\s+)?namespace\b|extern\s*"\s*"$', bare):
        return "namespace", ""
    match = re.match(r"(class|struct|union)\s+(?:\w+::)*(\w+)", bare)
    if match and "(" not in bare:
        return match.group(1), match.group(2)
    if re.match(r"enum\b", bare):
        return "other", ""
    head = bare.split("(")[0] + "("
    match = _NAME.search(head)
    if "(" in bare and match and not re.search(
            r"(?<![=!<>])=(?!=)", re.sub(r"operator\s*[^\s(]+", "", head)):
        return "function", match.group(1)
    return "other", ""


def _count_method(block, declaration, names):
    """Adds the name of a public method that `declaration` declares."""
    if block["access"] != "public":
        return
    bare = _simplified(_MACRO.sub("", declaration))
    if "(" not in bare or re.match(r"(friend|using|typedef|static_assert)\b",
                                   bare):
        return
    if re.search(r"\b(override|final)\b|=\s*(delete|default)\s*$", bare):
        return
    head = bare.split("(")[0] + "("
    match = _NAME.search(head)
    if not match or re.search(r"(?<!r)=\s", head):
        return
    name = match.group(1)
    if name.lstrip("~") in (block["name"], "operator="):
        return
    names.add(name)


def scan(text):
    """Returns functions [(name, first line, last line)] and classes
    [(name, line, {names of public methods, overrides not counted})]."""
    text = _PREPROCESSOR.sub(_blank, tree.without_comments(text))
    functions, classes = [], []
    stack = [{"kind": "namespace", "name": "", "access": "", "methods": set()}]
    start, parens = 0, 0
    for at, char in enumerate(text):
        if char in "()":
            parens += 1 if char == "(" else -1
        top = stack[-1]
        if char == ":" and top["kind"] in ("class", "struct"):
            label = _ACCESS.match(text[start:at + 1] + " ")
            if label and text[at:at + 2] != "::":
                top["access"] = label.group(1)
                start = at + 1
        if char == ";" and not parens:
            if top["kind"] in ("class", "struct"):
                _count_method(top, text[start:at], top["methods"])
            start = at + 1
        elif char == "{":
            header = text[start:at]
            kind, name = "other", ""
            if not parens and top["kind"] in ("namespace", "class", "struct"):
                kind, name = _kind(header.strip())
                if kind == "function" and top["kind"] != "namespace":
                    _count_method(top, header.strip(), top["methods"])
            lead = len(header) - len(header.lstrip())
            stack.append({
                "kind": kind, "name": name, "methods": set(),
                "access": "public" if kind == "struct" else "private",
                "line": tree.line_of(text, start + lead), "parens": parens})
            if kind != "other":
                start = at + 1
            parens = 0
        elif char == "}" and len(stack) > 1:
            block = stack.pop()
            parens = block["parens"]
            if block["kind"] == "function":
                functions.append((block["name"], block["line"],
                                  tree.line_of(text, at)))
            elif block["kind"] in ("class", "struct"):
                classes.append((block["name"], block["line"],
                                block["methods"]))
            if block["kind"] != "other":
                start = at + 1
    return functions, classes
