# SPDX-License-Identifier: Apache-2.0
"""What Freshet must answer for the flights example, worked out a second time.

    expected.py [--as-of DATE] [--now INSTANT] VIEW KEY...
    expected.py [--as-of DATE] --all

Reads the raw CSV files with Python's standard library alone: neither DuckDB
nor the models of warehouse/ nor anything of Freshet has a part in it, so that
an error in one of them shows as a difference. Prints what `freshet get --json` must say of
each feature at the instant `--now` (default: the example's simulated clock).
KEY is the join keys in order: `route_history JFK LAX`.
"""

import argparse
import datetime
import json
import sys

import expected_rows

UTC = datetime.timezone.utc
NOW = datetime.datetime(2014, 1, 1, 6, 0, tzinfo=UTC)
DAY = datetime.timedelta(days=1)

# What freshet.yaml promises, written down a second time.
TTL = {
    "carrier_daily": 7 * DAY,
    "plane_history": 30 * DAY,
    "origin_hourly": 2 * DAY,
    "route_history": 14 * DAY,
}
DEFAULTS = {
    "carrier_daily": {"disrupted": False},
    "plane_history": {"engine": "unknown", "flights_28d": 0, "miles_28d": 0},
    "origin_hourly": {"departures_3h": 0},
    "route_history": {"flights_28d": 0, "daily": False},
}
JOIN_KEYS = {
    "carrier_daily": ("carrier",),
    "plane_history": ("tailnum",),
    "origin_hourly": ("origin", "hour"),
    "route_history": ("origin", "dest"),
}


def as_json(value):
    """The value as JSON has it: decimals and instants become text."""
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, datetime.datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return str(value)


class Expected:
    """All feature tables as they stand at the end of the day `as_of`."""

    def __init__(self, as_of):
        rows = expected_rows.compute(as_of)
        # Of the carriers' days only the latest is served.
        latest = {}
        for (carrier, _), row in sorted(rows["carrier_daily"].items()):
            latest[(carrier,)] = row
        self._rows = {**rows, "carrier_daily": latest}
        self._features = {
            view: list(next(iter(table.values()))[1])
            for view, table in self._rows.items()
        }

    def keys(self, view):
        """The keys of all rows of the view, in order."""
        return sorted(self._rows[view])

    def answer(self, view, key, now=NOW, expired_values=False):
        """One entity's answer, in the form of `freshet get --json`: its keys,
        and value, status, cause and event time of each feature. With
        `expired_values` as `--expired` has it."""
        event_time, values = self._rows[view].get(key, (None, {}))
        features = {}
        for name in self._features[view]:
            value = values.get(name)
            if event_time is None:
                status = "NOT_FOUND"
            elif now - event_time > TTL[view]:
                status = "EXPIRED"
                if not expired_values:
                    value = None
            else:
                status = "NULL" if value is None else "PRESENT"
            cell = {"value": as_json(value), "status": status}
            if value is None and name in DEFAULTS[view]:
                cell["value"] = as_json(DEFAULTS[view][name])
                cell["cause"] = "DEFAULTED"
            elif value is None and status == "EXPIRED" and expired_values:
                cell.update(status="NULL", cause="STALE")
            if event_time is not None:
                cell["event_time"] = as_json(event_time)
            features[f"{view}.{name}"] = cell
        return {"keys": dict(zip(JOIN_KEYS[view], key)), "features": features}


def main():
    parser = argparse.ArgumentParser(
        description="What Freshet must answer for the flights example.")
    parser.add_argument("--as-of", default=datetime.date(2013, 12, 31),
                        type=datetime.date.fromisoformat, metavar="DATE")
    parser.add_argument("--now", default=NOW, metavar="INSTANT",
                        type=datetime.datetime.fromisoformat)
    parser.add_argument("--all", action="store_true",
                        help="all entities, one a line")
    parser.add_argument("view", nargs="?", choices=sorted(JOIN_KEYS))
    parser.add_argument("key", nargs="*")
    arguments = parser.parse_args()
    if arguments.now.tzinfo is None:
        parser.error("--now needs a zone, as in 2014-01-01T06:00:00+00:00")
    if not arguments.all:
        if arguments.view is None:
            parser.error("give VIEW and KEY, or --all")
        names = JOIN_KEYS[arguments.view]
        if len(arguments.key) != len(names):
            parser.error(f"'{arguments.view}' is keyed by {', '.join(names)}")

    expected = Expected(arguments.as_of)
    if arguments.all:
        for view in JOIN_KEYS:
            for key in expected.keys(view):
                print(json.dumps(expected.answer(view, key, arguments.now)))
        return 0
    key = tuple(int(part) if name == "hour" else part
                for name, part in zip(names, arguments.key))
    print(json.dumps(expected.answer(arguments.view, key, arguments.now),
                     indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
