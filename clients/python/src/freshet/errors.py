# SPDX-License-Identifier: Apache-2.0
"""What may go wrong."""

from typing import Any, Optional

import grpc


class Error(Exception):
    """What every error of this package is.

    Attributes:
        code: why, as gRPC has it; None where no call failed.
    """

    def __init__(self, message: str,
                 code: Optional[grpc.StatusCode] = None) -> None:
        super().__init__(message)
        self.code = code


class InvalidArgument(Error):
    """A key or a field of events that is missing, unknown or of another type;
    nothing is retried."""


class NotFound(Error):
    """No such service, view, feature, source, version or label; the message
    lists the nearest names."""


class Unavailable(Error):
    """No daemon answers, or it is overloaded; try again later, or elsewhere."""


class DeadlineExceeded(Error):
    """`timeout` passed."""


class LoadFailed(Error):
    """A load ended without a version. What serves is unchanged."""


class HeldForApproval(Error):
    """A guard holds the version: the message has the evidence and the command
    that approves it. What serves is unchanged.

    Attributes:
        version: its number.
    """

    def __init__(self, message: str, version: int) -> None:
        super().__init__(message)
        self.version = version


_BY_CODE = {
    grpc.StatusCode.INVALID_ARGUMENT: InvalidArgument,
    grpc.StatusCode.NOT_FOUND: NotFound,
    grpc.StatusCode.UNAVAILABLE: Unavailable,
    grpc.StatusCode.RESOURCE_EXHAUSTED: Unavailable,
    grpc.StatusCode.DEADLINE_EXCEEDED: DeadlineExceeded,
}


_CODES = {code.value[0]: code for code in grpc.StatusCode}


def from_grpc(error: Any) -> Error:
    """Of a grpc.RpcError that carries a status."""
    code = error.code()
    return _BY_CODE.get(code, Error)(f"{code.name}: {error.details()}", code)


def from_code(number: int, message: str) -> Error:
    """Of a google.rpc.Code, and what it is about."""
    code = _CODES.get(number, grpc.StatusCode.UNKNOWN)
    return _BY_CODE.get(code, Error)(f"{code.name}: {message}", code)
