# SPDX-License-Identifier: Apache-2.0
"""The definitions of what window_model.py has."""

import json

from window_model import SECOND, moment


def definitions(project, streams, views):
    """The file for all that. YAML takes JSON for what it is."""
    join_keys = {key: view.stream.fields[key].kind
                 for view in views for key in view.keys}
    return json.dumps({
        "project": project,
        "entities": [{"name": key,
                      "join_keys": [{"name": key, "type": kind}]}
                     for key, kind in join_keys.items()],
        "stream_sources": [_source(stream) for stream in streams],
        "stream_feature_views": [_view(view) for view in views],
        "feature_services": [{"name": "all",
                              "features": [view.name for view in views]}],
    }, indent=1)


def _source(stream):
    source = {
        "name": stream.name,
        "fields": [{"name": name, "type": column.kind}
                   for name, column in stream.fields.items()],
        "timestamp_field": "at",
        "max_future_skew": f"{stream.skew // SECOND}s",
    }
    if stream.kafka:
        source["kafka"] = stream.kafka
    else:
        source["single_node"] = True
    if stream.id_field:
        source["id_field"] = stream.id_field
        source["deduplicate_for"] = f"{stream.deduplicate // SECOND}s"
    return source


def _view(view):
    text = {
        "name": view.name,
        "entities": view.keys,
        "source": view.stream.name,
        "aggregations": [
            {**({"column": aggregation.column} if aggregation.column else {}),
             "functions": aggregation.functions,
             **({"windows": aggregation.windows} if aggregation.windows
                else {}),
             **({"series": {"window": aggregation.series[0],
                            "count": aggregation.series[1]}}
                if aggregation.series else {}),
             **({"window_mode": "exact"} if aggregation.exact else {}),
             **({"force_exact": True} if aggregation.force else {}),
             **({"by": aggregation.by, "max_groups": aggregation.max_groups}
                if aggregation.by else {})}
            for aggregation in view.aggregations],
        "on_incomplete": view.on_incomplete,
    }
    if view.filter:
        text["filter"] = view.filter
    if view.columns:
        text["columns"] = {name: sql for name, (sql, _) in
                           view.columns.items()}
    if view.since:
        text["since"] = moment(view.since)
    if view.grace:
        text["grace"] = view.grace
    if not view.stream.id_field:
        text["duplicates"] = "counted"
    if view.batch_source:
        text["batch_source"] = view.batch_source
    return text
