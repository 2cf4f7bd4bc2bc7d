# SPDX-License-Identifier: Apache-2.0
"""What batch jobs use: hand over snapshots, and wait until they serve."""

import dataclasses
import datetime
import time
import uuid
from typing import Any, List, Optional

import grpc

from freshet import _api, errors, snapshot

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
# How often a view is looked at for a version that is to come.
_EVERY_S = 0.5
# For a load whose connection broke while it was watched.
_LOST_MAX_S = 60.0


@dataclasses.dataclass(frozen=True)
class Load:
    """A load as it is now."""
    id: str
    view: str
    path: str
    phase: str  # `READING`, `WRITING`, ..., `DONE`, `FAILED`, `CANCELLED`.
    outcome: str  # `ACTIVE`, `LOADED`, `PENDING_APPROVAL`, `CHECKED`, or "".
    version: int  # 0: none was made.
    rows: int
    message: str  # Why it failed or is held, and what to do.

    @property
    def ended(self) -> bool:
        return self.phase in ("DONE", "FAILED", "CANCELLED")


@dataclasses.dataclass(frozen=True)
class View:
    """A view at a glance."""
    name: str
    version: int  # That serves; 0: none yet.
    rows: int
    as_of: Optional[datetime.datetime]  # What its data is a picture of.
    pending: int  # Versions that wait for approval.


def _micros(moment: datetime.datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: a moment without one "
                         "is no moment")
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1)


class Admin:
    """Hands over snapshots. Safe to use from any thread.

    Args:
        address: `host:port` of `settings.listen.admin`.
        credentials: of grpc.ssl_channel_credentials(), for TLS.
    """

    def __init__(self, address: str = "127.0.0.1:7601", *,
                 credentials: Optional[grpc.ChannelCredentials] = None) -> None:
        self._channel = _api.channel(grpc, address, credentials)
        self._methods = _api.methods(self._channel, "AdminService")

    def _call(self, method: str, request: Any, timeout: float = 30.0) -> Any:
        try:
            return self._methods[method](request, timeout=timeout)
        except grpc.RpcError as error:
            raise errors.from_grpc(error) from None

    def load(self, view: str, path: str = "", *,
             as_of: Optional[datetime.datetime] = None, activate: bool = True,
             label: str = "", idempotency_key: str = "", wait: bool = True,
             timeout: Optional[float] = None) -> Load:
        """Loads a snapshot that lies where the daemon can read it.

        Args:
            path: empty: the source of the view's definition.
            as_of: what the snapshot is a picture of; not given: the greatest
                event time in it.
            activate: False: keeps the version without serving it.
            label: points this label at the version; with activate=False a
                canary, for those who ask for it.
            idempotency_key: the same key gives the same load, however often it
                is asked for. Made up when not given.
            wait: until it has ended.
            timeout: seconds to wait; None: as long as it takes.

        Raises:
            LoadFailed, HeldForApproval: if waited for.
            DeadlineExceeded: it goes on all the same.
        """
        request = _api.message("LoadSnapshotRequest")(
            view=view, path=path, no_activate=not activate, label=label,
            idempotency_key=idempotency_key or uuid.uuid4().hex)
        if as_of is not None:
            request.as_of_micros = _micros(as_of)
        job = _load(self._call("LoadSnapshot", request))
        return self.wait_for_load(job.id, timeout=timeout) if wait else job

    def push_snapshot(self, view: str, data: Any, to: str, *,
                      filesystem: Optional[Any] = None,
                      manifest: str = "_manifest.json",
                      **load: Any) -> Load:
        """Writes a snapshot (write_snapshot) and loads it (load).

        Args:
            data: a pandas DataFrame, a pyarrow.Table, or an iterable of tables
                or record batches.
            to: a directory of its own, under one of `settings.load.roots` and
                by the same name for the daemon, or an object store's prefix.
            load: as of load().
        """
        snapshot.write_snapshot(data, to, filesystem=filesystem,
                                manifest=manifest)
        return self.load(view, to, **load)

    def wait_for_load(self, load_id: str, *,
                      timeout: Optional[float] = None) -> Load:
        """Until it has ended; goes on when the connection breaks.

        Raises: as load().
        """
        end = None if timeout is None else time.monotonic() + timeout
        request = _api.message("GetLoadRequest")(id=load_id)
        lost_since = None
        job: Optional[Load] = None
        while job is None or not job.ended:
            left = None if end is None else max(end - time.monotonic(), 0.0)
            try:
                for reply in self._methods["WatchLoad"](request, timeout=left):
                    job, lost_since = _load(reply), None
            except grpc.RpcError as error:
                lost_since = lost_since or time.monotonic()
                lost = time.monotonic() - lost_since
                if error.code() != grpc.StatusCode.UNAVAILABLE or (
                        lost > _LOST_MAX_S):
                    raise errors.from_grpc(error) from None
                time.sleep(min(_EVERY_S, left if left is not None else 1))
        return _check(job)

    def wait_until_live(self, view: str, *, version: int = 0,
                        as_of: Optional[datetime.datetime] = None,
                        timeout: Optional[float] = None) -> View:
        """Until the view serves this version or a later one, and data that is
        at least as new; whoever loads it.

        Raises:
            NotFound: there is no such view.
            DeadlineExceeded: `timeout` seconds passed; the message says what
                serves.
        """
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            found = next((one for one in self.views() if one.name == view),
                         None)
            if found is None:
                raise errors.NotFound(f"there is no view '{view}'",
                                      grpc.StatusCode.NOT_FOUND)
            if found.version >= max(version, 1) and (
                    as_of is None or
                    (found.as_of is not None and found.as_of >= as_of)):
                return found
            if end is not None and time.monotonic() >= end:
                raise errors.DeadlineExceeded(
                    f"view '{view}' serves version {found.version} as of "
                    f"{found.as_of}", grpc.StatusCode.DEADLINE_EXCEEDED)
            time.sleep(_EVERY_S)

    def notify(self, view: str) -> None:
        """Has the view's watched source looked at now."""
        self._call("NotifySource",
                   _api.message("NotifySourceRequest")(view=view))

    def views(self) -> List[View]:
        """All views and what they serve."""
        reply = self._call("ListViews", _api.message("ListViewsRequest")())
        return [View(one.name, one.version, one.rows,
                     _EPOCH + datetime.timedelta(microseconds=one.as_of_micros)
                     if one.version else None, one.pending)
                for one in reply.views]

    def close(self) -> None:
        """Ends the connection; calls under way fail."""
        self._channel.close()

    def __enter__(self) -> "Admin":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _load(job: Any) -> Load:
    outcome = _api.enum_names("LoadOutcome")[job.outcome]
    return Load(job.id, job.view, job.path,
                _api.enum_names("LoadPhase")[job.phase],
                "" if outcome == "UNSPECIFIED" else outcome, job.version,
                job.rows, job.message)


def _check(job: Load) -> Load:
    if job.phase != "DONE":
        raise errors.LoadFailed(
            f"load {job.id} of view '{job.view}' {job.phase.lower()}: "
            f"{job.message}")
    if job.outcome == "PENDING_APPROVAL":
        raise errors.HeldForApproval(job.message, job.version)
    return job
