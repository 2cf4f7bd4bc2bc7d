# SPDX-License-Identifier: Apache-2.0
"""Feature vectors from a Freshet daemon, snapshots and events into it.

    client = freshet.Client("features:7600")
    vectors = client.get_features("checkout", {"item_id": [7, 8, 9]},
                                  shared={"user_id": 42})
    model.predict(vectors.to_numpy())
    client.push("payments", [{"user_id": 42, "amount": 9.5, "at": now}])
"""

from freshet.admin import Admin, Load, Version, View
from freshet.client import AsyncClient, Client
from freshet.errors import (DeadlineExceeded, Error, HeldForApproval,
                            InvalidArgument, LoadFailed, NotFound, Unavailable)
from freshet.features import Cause, Column, FeatureVectors, State, Type
from freshet.push import PushResult, Rejected, RejectReason
from freshet.snapshot import write_snapshot

__all__ = [
    "Admin", "AsyncClient", "Cause", "Client", "Column", "DeadlineExceeded",
    "Error", "FeatureVectors", "HeldForApproval", "InvalidArgument", "Load",
    "LoadFailed", "NotFound", "PushResult", "RejectReason", "Rejected", "State",
    "Type", "Unavailable", "Version", "View", "write_snapshot",
]
