# SPDX-License-Identifier: Apache-2.0
"""What became of events, and how often they are sent."""

import dataclasses
import enum
import random
import time
from typing import Any, List, NamedTuple, Optional

import grpc

from freshet import errors


class RejectReason(enum.IntEnum):
    """Why an event can be in no window, whatever is defined."""
    OTHER = 0  # Of a daemon that is newer than this package.
    NO_TIME = 1  # Its `timestamp_field` is null.
    # Further ahead of the daemon's clock than the source's `max_future_skew`.
    FUTURE = 2

    @classmethod
    def _missing_(cls, value: object) -> "RejectReason":
        return cls.OTHER


class Rejected(NamedTuple):
    """An event that was not taken. Sent again it would be rejected again, but
    for one of the future."""
    row: int  # Of what was pushed, from 0.
    reason: RejectReason


@dataclasses.dataclass(frozen=True)
class PushResult:
    """What became of the events of one push. Those that are not rejected are on
    the daemon's disk, and every later get_features of it counts them."""
    accepted: int
    rejected: List[Rejected]
    request_id: str  # Stands in the daemon's log too.


def result(response: Any) -> PushResult:
    """Of a PushResponse."""
    return PushResult(response.accepted,
                      [Rejected(event.row, RejectReason(event.reason))
                       for event in response.rejected], response.request_id)


def stream_result(response: Any, batch: int) -> PushResult:
    """Of the answer to a request of a stream, which may be an error."""
    if response.code != 0:
        raise errors.from_code(response.code, f"batch {batch}: "
                               f"{response.message} "
                               f"(request_id: {response.request_id})")
    return result(response)


class Attempts:
    """When to send once more what may be sent twice."""
    _FIRST_S, _MOST_S = 0.05, 1.0

    def __init__(self, timeout: Optional[float], may_repeat: bool) -> None:
        self._end = None if timeout is None else time.monotonic() + timeout
        self._may_repeat = may_repeat
        self._next_s = self._FIRST_S

    def left_s(self) -> Optional[float]:
        """What is left of `timeout`."""
        return (None if self._end is None
                else max(self._end - time.monotonic(), 0.0))

    def wait_s(self, error: Any) -> float:
        """How long to wait before the next attempt. Raises what `error` is if
        there is none."""
        # Spread, so that clients of a daemon that is back do not come at once.
        wait = self._next_s * random.uniform(0.5, 1)
        left = self.left_s()
        if (not self._may_repeat or
                error.code() != grpc.StatusCode.UNAVAILABLE or
                left is not None and left <= wait):
            raise errors.from_grpc(error) from None
        self._next_s = min(2 * self._next_s, self._MOST_S)
        return wait
