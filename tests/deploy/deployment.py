# SPDX-License-Identifier: Apache-2.0
"""What deploy/ holds, read for its tests."""

import json
import pathlib
import re

TOP = pathlib.Path(__file__).resolve().parents[2]
PROMETHEUS = TOP / "deploy" / "prometheus"
DASHBOARD = TOP / "deploy" / "grafana" / "freshet.json"
RUNBOOKS = TOP / "docs" / "runbooks"
RULES = [PROMETHEUS / "recording.yml", PROMETHEUS / "alerts.yml"]
RULE_TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))

# `up` is Prometheus' own; histograms are scraped as three names each.
# Groups of rules are named alike, and are none.
_METRIC = re.compile(r"(?<!name: )\b((?:freshet|process)_[a-z0-9_]+)\b")
_HISTOGRAM_PART = re.compile(r"_(bucket|sum|count)$")


def alert_names():
    text = (PROMETHEUS / "alerts.yml").read_text(encoding="utf-8")
    return re.findall(r"- alert: (\w+)", text)


def metric_names(text):
    """The metrics that expressions mention, histograms by their base name."""
    return {_HISTOGRAM_PART.sub("", name) for name in _METRIC.findall(text)}


def fields_by_object():
    """The reference in docs/configuration.md, which a test of its own compares
    with the parser's table: object -> names of its fields."""
    text = (TOP / "docs" / "configuration.md").read_text(encoding="utf-8")
    text = text[text.index("<!-- reference: begin -->"):]
    sections = re.split(r"^### `(\w+)`$", text, flags=re.MULTILINE)[1:]
    return {name: set(re.findall(r"^\| `(\w+)` \|", body, re.MULTILINE))
            for name, body in zip(sections[::2], sections[1::2])}


def panels():
    """The dashboard's panels that show something."""
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions(job, instance):
    """(panel's title, PromQL) of every query, its variables filled in."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], (target["expr"].replace("$job", job)
                                   .replace("$instance", instance))
