# SPDX-License-Identifier: Apache-2.0
"""What batch jobs use: hand over snapshots, and wait until they serve."""

import dataclasses
import datetime
import time
import uuid
from typing import Any, List, Optional, Tuple

import grpc

from freshet import _api, errors, snapshot

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
# How often a view is looked at for a version that is to come.
_EVERY_S = 0.5
# For a load whose connection broke while it was watched.
_LOST_MAX_S = 60.0
# While a look at a source is waited for, which takes tens of milliseconds; and
# how long looks may take, however little time there is.
_LOOK_S, _LOOK_MAX_S = 0.05, 5.0
# What a watched source is not tried again for until its files change.
_FINAL = (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.DATA_LOSS,
          grpc.StatusCode.OUT_OF_RANGE, grpc.StatusCode.CANCELLED)


@dataclasses.dataclass(frozen=True)
class Load:
    """A load as it is now."""
    id: str
    view: str
    path: str
    phase: str  # `READING`, `WRITING`, ..., `DONE`, `FAILED`, `CANCELLED`.
    # `ACTIVE`, `LOADED`, `WAITING` (for its snapshot group),
    # `PENDING_APPROVAL`, `CHECKED`, or "".
    outcome: str
    version: int  # 0: none was made.
    rows: int
    message: str  # Why it failed or is held, and what to do.
    code: Optional[grpc.StatusCode] = None  # Of one that failed.

    @property
    def ended(self) -> bool:
        return self.phase in ("DONE", "FAILED", "CANCELLED")


@dataclasses.dataclass(frozen=True)
class Version:
    """A version as it is now."""
    view: str
    version: int
    phase: str  # `CURRENT`, `KEPT`, `PENDING_APPROVAL`, `DELETED`, ...
    source: str  # The path that it was loaded from.
    rows: int
    as_of: datetime.datetime
    message: str  # Why it is held, waits, is corrupt or failed.
    base: int = 0  # Of an upsert: the version that it is laid over.
    run: str = ""  # Of its view's snapshot group.
    # Goes live with the versions of that run of the group's other views.
    waits_for_group: bool = False


@dataclasses.dataclass(frozen=True)
class View:
    """A view at a glance."""
    name: str
    version: int  # That serves; 0: none yet.
    rows: int
    as_of: Optional[datetime.datetime]  # What its data is a picture of.
    pending: int  # Versions that wait for approval.
    age: Optional[datetime.timedelta] = None  # Of its data, by the daemon's clock.


def _micros(moment: datetime.datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone: a moment without one "
                         "is no moment")
    return (moment - _EPOCH) // datetime.timedelta(microseconds=1)


def _moment(micros: int) -> datetime.datetime:
    return _EPOCH + datetime.timedelta(microseconds=micros)


def _left(end: Optional[float]) -> Optional[float]:
    """Seconds until then."""
    return None if end is None else max(end - time.monotonic(), 0.0)


def _late(message: str) -> errors.DeadlineExceeded:
    return errors.DeadlineExceeded(message, grpc.StatusCode.DEADLINE_EXCEEDED)


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
             label: str = "", run: str = "", idempotency_key: str = "",
             wait: bool = True, timeout: Optional[float] = None) -> Load:
        """Loads a snapshot that lies where the daemon can read it.

        Args:
            path: empty: the source of the view's definition.
            as_of: what the snapshot is a picture of; not given: the greatest
                event time in it.
            activate: False: keeps the version without serving it.
            label: points this label at the version; with activate=False a
                canary, for those who ask for it.
            run: of the view's snapshot group, the same for each of its views:
                they go live together, and until then the outcome is `WAITING`.
                Not given: where the snapshot lies beneath the source's path.
            idempotency_key: the same key gives the same load, however often it
                is asked for. Made up when not given.
            wait: until it has ended.
            timeout: seconds to wait; None: as long as it takes.

        Raises:
            LoadFailed, HeldForApproval: if waited for.
            DeadlineExceeded: it goes on all the same.
        """
        request = _api.message("LoadSnapshotRequest")(
            view=view, path=path, no_activate=not activate, label=label, run=run,
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
            left = _left(end)
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
                raise _late(f"view '{view}' serves version {found.version} as "
                            f"of {found.as_of}")
            time.sleep(_EVERY_S)

    def wait_for_snapshot(self, view: str, path: str = "", *,
                          timeout: Optional[float] = None) -> Version:
        """Until a snapshot that a job wrote into a watched source serves. Has
        the source looked at first, so what served before the job is not taken
        for it.

        Args:
            path: of the snapshot, or its last parts, as `ds=2026-01-31`; empty:
                the newest that is complete.
            timeout: seconds to wait; None: as long as it takes.

        Raises:
            HeldForApproval, LoadFailed: with the evidence.
            DeadlineExceeded: with what it waits for.
            Error: the view is not watched.
        """
        end = None if timeout is None else time.monotonic() + timeout
        waits = "no look at its source has ended"
        while True:
            watch = self._look(view, end)
            if watch is None:
                raise _late(f"view '{view}' does not serve '{path}': {waits}")
            running = [job for job in self.loads(view) if not job.ended]
            if not running:
                found, waits = self._serving(view, path or watch.path, watch)
                if found is not None:
                    return found
                if _left(end) == 0:
                    raise _late(f"view '{view}' does not serve '{path}': "
                                f"{waits}")
                time.sleep(_EVERY_S)
            for job in running:
                waits = f"load {job.id} is {job.phase.lower()}"
                try:
                    self.wait_for_load(job.id, timeout=_left(end))
                except (errors.LoadFailed, errors.HeldForApproval,
                        errors.DeadlineExceeded):
                    pass  # Which versions and loads tell the next time.

    def _look(self, view: str, end: Optional[float]) -> Optional[Any]:
        """What a look at the source says that began after this call, and whose
        load, if it found one, has begun. None: it is too late."""
        if end is not None:
            end = max(end, time.monotonic() + _LOOK_MAX_S)
        request = _api.message("DescribeViewRequest")(view=view)
        watch = self._call("DescribeView", request).watch
        # The first may be one that was under way; a load begins before the
        # look after the one that found its snapshot.
        for _ in range(3):
            before = watch.looked_micros
            self.notify(view)
            while watch.looked_micros == before:
                if _left(end) == 0:
                    return None
                time.sleep(_LOOK_S)
                watch = self._call("DescribeView", request).watch
        return watch

    def _serving(self, view: str, path: str,
                 watch: Any) -> Tuple[Optional[Version], str]:
        """The version made of `path` if it serves, or what is waited for."""
        def of_it(where: str) -> bool:
            return where == path or where.endswith("/" + path.strip("/"))

        versions = {one.version: one for one in self.versions(view)
                    if one.phase not in ("FAILED", "CORRUPT")}
        serving, layer = set(), next((one for one in versions.values()
                                      if one.phase == "CURRENT"), None)
        while layer is not None:  # And what it is laid over.
            serving.add(layer.version)
            layer = versions.get(layer.base) if layer.base else None
        made = [one for one in versions.values() if of_it(one.source)]
        jobs = [job for job in self.loads(view) if of_it(job.path)]
        if jobs and jobs[-1].phase != "DONE":
            if jobs[-1].code in _FINAL:
                _check(jobs[-1])
            return None, jobs[-1].message
        if made and made[-1].version in serving:
            return made[-1], ""
        if made and made[-1].phase == "PENDING_APPROVAL":
            raise errors.HeldForApproval(made[-1].message, made[-1].version)
        if made and made[-1].waits_for_group:
            return None, made[-1].message
        if made:
            raise errors.LoadFailed(
                f"version {made[-1].version} of view '{view}', made of "
                f"'{made[-1].source}', is {made[-1].phase.lower()} and does "
                "not serve")
        if watch.path and not of_it(watch.path) and (
                watch.path.rsplit("/", 1)[-1] > path.rsplit("/", 1)[-1]):
            raise errors.LoadFailed(
                f"'{path}' of view '{view}' is not loaded by the watch: the "
                f"newest snapshot is '{watch.path}', and older ones are left")
        newest = f"the newest complete snapshot is '{watch.path}'"
        if watch.state == watch.STATE_COMPLETE and watch.message:
            return None, f"{newest}, and cannot be loaded: {watch.message}"
        return None, watch.message or newest

    def notify(self, view: str) -> None:
        """Has the view's watched source looked at now."""
        self._call("NotifySource",
                   _api.message("NotifySourceRequest")(view=view))

    def views(self) -> List[View]:
        """All views and what they serve."""
        reply = self._call("ListViews", _api.message("ListViewsRequest")())
        return [View(one.name, one.version, one.rows,
                     _moment(one.as_of_micros) if one.version else None,
                     one.pending,
                     datetime.timedelta(seconds=one.age_seconds)
                     if one.version else None)
                for one in reply.views]

    def versions(self, view: str) -> List[Version]:
        """All that are known of a view, in their order."""
        reply = self._call("ListVersions",
                           _api.message("ListVersionsRequest")(view=view))
        names = _api.enum_names("VersionPhase")
        return sorted(
            (Version(one.view, one.version, names[one.phase], one.source,
                     one.rows, _moment(one.as_of_micros), one.message,
                     one.base, one.run, one.waits_for_group)
             for one in reply.versions), key=lambda one: one.version)

    def loads(self, view: str = "") -> List[Load]:
        """Those that run and the newest of those that ended, oldest first; of
        one view, or of all."""
        reply = self._call("ListLoads",
                           _api.message("ListLoadsRequest")(view=view))
        return [_load(job) for job in reply.loads]

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
                job.rows, job.message,
                next((code for code in grpc.StatusCode
                      if job.code and code.value[0] == job.code), None))


def _check(job: Load) -> Load:
    if job.phase != "DONE":
        raise errors.LoadFailed(
            f"load {job.id} of view '{job.view}' {job.phase.lower()}: "
            f"{job.message}")
    if job.outcome == "PENDING_APPROVAL":
        raise errors.HeldForApproval(job.message, job.version)
    return job
