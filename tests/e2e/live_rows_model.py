# SPDX-License-Identifier: Apache-2.0
"""What a view with live rows answers, by keeping everything that was ever
handed over to it and looking for the newest (docs/semantics.md, rules 7, 8, 10
and 36)."""

import decimal

NAMES = ("visits", "rate", "balance", "tier", "vip")
NONE = {"visits": None, "rate": None, "balance": decimal.Decimal("0.00"),
        "tier": None, "vip": None}


class Row:
    def __init__(self, at, values):
        self.at = at
        # None: deleted. Of a name that is not there nothing is said.
        self.values = values


class Model:
    """Everything that was ever handed over to one view."""

    def __init__(self):
        self.live = {}        # User: rows, in the order in which they came.
        self.versions = []    # Each: (as_of of the full one, {user: Row}).
        self.current = None
        self.newest = None    # as_of of what serves.

    def push(self, user, row):
        self.live.setdefault(user, []).append(row)

    def load(self, as_of, rows):
        self.versions.append((as_of, dict(rows)))
        self.current = len(self.versions) - 1
        self.newest = as_of

    def upsert(self, rows):
        as_of, before = self.versions[self.current]
        after = dict(before)
        for user, row in rows.items():
            if user not in after or row.at >= after[user].at:
                after[user] = row
        self.versions.append((as_of, after))
        self.current = len(self.versions) - 1
        self.newest = max(self.newest, *(row.at for row in rows.values()))

    def forget(self, user):
        self.live.pop(user, None)
        for _, rows in self.versions:
            rows.pop(user, None)

    def layers(self, user):
        """What may count: the snapshot's row, and live rows newer than what the
        snapshot says, the last wanted last."""
        until, snapshot = None, None
        if self.current is not None:
            until, rows = self.versions[self.current]
            snapshot = rows.get(user)
        live = [row for row in self.live.get(user, [])
                if (until is None or row.at > until) and
                (snapshot is None or row.at > snapshot.at)]
        live.sort(key=lambda row: row.at)  # Stable: of one time as they came.
        return ([] if snapshot is None else [snapshot]) + live

    def answer(self, user):
        layers = self.layers(user)
        return with_defaults(layers[-1].values if layers else None)


class PatchedModel(Model):
    """One in which a row changes only what it says something of."""

    def answer(self, user):
        values = None
        for row in self.layers(user):
            values = None if row.values is None else {**(values or {}),
                                                      **row.values}
        return with_defaults(values)


def with_defaults(values):
    values = values or {}
    return {name: NONE[name] if values.get(name) is None else values[name]
            for name in NAMES}
