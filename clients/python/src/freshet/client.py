# SPDX-License-Identifier: Apache-2.0
"""What model servers use."""

import asyncio
import queue
import time
from typing import (Any, AsyncIterable, AsyncIterator, Iterable, Iterator,
                    Mapping, Optional, Sequence, Union)

import grpc

from freshet import _api, _events, _request, errors, push
from freshet._events import Events
from freshet._request import Keys, KeyValue
from freshet.features import FeatureVectors
from freshet.push import PushResult


def _message(features: Union[str, Sequence[str]], keys: Optional[Keys],
             shared: Optional[Mapping[str, KeyValue]], event_times: bool,
             expired_values: bool, versions: Optional[Mapping[str, int]],
             label: Optional[str], request_id: Optional[str]) -> Any:
    pin = _api.message("VersionPin")
    return _request.get_features(
        features, keys, shared, include_event_times=event_times,
        include_expired_values=expired_values,
        pins=[pin(view=view, version=version)
              for view, version in (versions or {}).items()],
        label=label, request_id=request_id)


async def _async(batches: Any) -> Any:
    """Of an iterable, or an asynchronous one."""
    if hasattr(batches, "__aiter__"):
        async for batch in batches:
            yield batch
    else:
        for batch in batches:
            yield batch


_ENDED = "UNAVAILABLE: the stream ended before its last batch was answered"


class Client:
    """Reads features from a daemon, and pushes events to it. Safe to use from any
    thread; make one and keep it.

    Args:
        address: `host:port` of `settings.listen.data`. A name with several
            addresses, `dns:///features:7600`, is asked in turn.
        credentials: of grpc.ssl_channel_credentials(), for TLS.
    """

    def __init__(self, address: str = "127.0.0.1:7600", *,
                 credentials: Optional[grpc.ChannelCredentials] = None) -> None:
        self._channel = _api.channel(grpc, address, credentials)
        self._methods = _api.methods(self._channel, "OnlineService")
        self._push = _api.methods(self._channel, "PushService")

    def get_features(self, features: Union[str, Sequence[str]],
                     keys: Optional[Keys] = None, *,
                     shared: Optional[Mapping[str, KeyValue]] = None,
                     timeout: Optional[float] = 1.0,
                     event_times: bool = False, expired_values: bool = False,
                     versions: Optional[Mapping[str, int]] = None,
                     label: Optional[str] = None,
                     request_id: Optional[str] = None) -> FeatureVectors:
        """Feature vectors of entities.

        Args:
            features: the name of a feature service, or references
                `view.feature`.
            keys: for each join key a sequence with a value for each row: str,
                int or bytes, NumPy's as well. All of one length.
            shared: join keys whose one value stands for all rows: one user,
                many items. The user's work is done once.
            timeout: seconds; None: as long as it takes.
            event_times: whether to answer Column.event_times.
            expired_values: whether to answer values older than their ttl; their
                state stays EXPIRED.
            versions: a fixed version for a view.
            label: answers from the version that carries it (`canary`), where a
                view has one.
            request_id: stands in the daemon's log; made up when not given.

        Returns:
            FeatureVectors, with a row for each value of `keys`, in their order.
            An entity or a value that is not there is a State, not an error.

        Raises:
            InvalidArgument, NotFound: the request is wrong.
            Unavailable, DeadlineExceeded: another daemon, or later. A connection
                that broke was already retried twice.
        """
        request = _message(features, keys, shared, event_times, expired_values,
                           versions, label, request_id)
        try:
            reply = self._methods["GetFeatures"](request, timeout=timeout)
        except grpc.RpcError as error:
            raise errors.from_grpc(error) from None
        return FeatureVectors(reply, expired_values)

    def push(self, source: str, events: Events, *,
             timeout: Optional[float] = 10.0, idempotent: bool = False,
             request_id: Optional[str] = None) -> PushResult:
        """Events that have happened. When it returns, those that are not
        `rejected` are on the daemon's disk, and every later get_features of it
        counts them. Other daemons do not hear of them: push to an address that
        is one daemon's. Or, where the source has a `push_log`, they are in that
        log, and come to every daemon: push to any.

        A push that broke, or was UNAVAILABLE, may have been taken or not. Where the
        source has an `id_field` it may be pushed again, with the same ids: an
        event counts once, for the source's `deduplicate_for`. Without one what
        is pushed again counts again.

        Args:
            source: one of `stream_sources`, with `single_node: true` or a
                `push_log`.
            events: columns by name, each a sequence or an array with a value
                for each event; a pandas.DataFrame; or records, mappings each of
                one event. Values are str, bytes, int, float, bool, aware
                datetimes, numpy.datetime64 (UTC), decimal.Decimal, or None for
                null; a field that is not there is null, and in the rows of a
                view that is `partial` it stays what it was. An int is taken for
                a float, a double or a decimal where it is exactly that number,
                and never for a timestamp. A NaN is a value; only in a DataFrame
                it is null, as it is for pandas.
            timeout: seconds, for all attempts together; None: as long as it
                takes.
            idempotent: the source has an `id_field`: a push for which no daemon
                answers is sent again until `timeout`.
            request_id: stands in the daemon's log; made up when not given.

        Raises:
            InvalidArgument, NotFound: the push is wrong; nothing was taken.
            Error: the source takes no pushes (FAILED_PRECONDITION).
            Unavailable, DeadlineExceeded: push again, if that may be; with the
                code RESOURCE_EXHAUSTED nothing was taken.
            TypeError, ValueError: a value that no field can have.
        """
        request = _events.request(source, events, request_id=request_id)
        attempts = push.Attempts(timeout, idempotent)
        while True:
            try:
                return push.result(self._push["Push"](
                    request, timeout=attempts.left_s()))
            except grpc.RpcError as error:
                time.sleep(attempts.wait_s(error))

    def push_stream(self, source: str, batches: Iterable[Events], *,
                    timeout: Optional[float] = None,
                    outstanding: int = 16) -> Iterator[PushResult]:
        """Pushes batch after batch over one stream, each as push() does, without
        waiting for one before the next is sent: for many events.

        A generator: nothing is sent until it is iterated. It takes a batch,
        sends it, and yields the result of an earlier one once `outstanding` are
        not answered, so `batches` may be a generator as well, and is run by
        whoever iterates. Results come in the order of batches. Nothing is sent
        twice.

        Args:
            source: as push().
            batches: the events of each, as push() takes them.
            timeout: seconds, for the whole stream.
            outstanding: how many batches may be sent and not answered.

        Raises:
            As push(). What is wrong with a batch ends the stream, and the
            message says with which, from 0. The results that were yielded hold;
            of the batches from there on some may have been taken.
        """
        requests: Any = queue.SimpleQueue()
        call = self._push["PushStream"](iter(requests.get, None),
                                        timeout=timeout)
        sent = answered = 0

        def result() -> PushResult:
            try:
                response = next(call, None)
            except grpc.RpcError as error:
                raise errors.from_grpc(error) from None
            if response is None:
                raise errors.Unavailable(_ENDED, grpc.StatusCode.UNAVAILABLE)
            return push.stream_result(response, answered)

        try:
            for batch in batches:
                requests.put(_events.request(source, batch, sent))
                sent += 1
                if sent - answered >= outstanding:
                    yield result()
                    answered += 1
            requests.put(None)
            while answered < sent:
                yield result()
                answered += 1
        finally:
            requests.put(None)  # Ends gRPC's thread that takes them.
            call.cancel()

    def close(self) -> None:
        """Ends the connection; calls under way fail."""
        self._channel.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class AsyncClient:
    """Client, for asyncio. Of one event loop.

    Args: as Client.
    """

    def __init__(self, address: str = "127.0.0.1:7600", *,
                 credentials: Optional[grpc.ChannelCredentials] = None) -> None:
        import grpc.aio
        self._channel = _api.channel(grpc.aio, address, credentials)
        self._methods = _api.methods(self._channel, "OnlineService")
        self._push = _api.methods(self._channel, "PushService")

    async def get_features(self, features: Union[str, Sequence[str]],
                           keys: Optional[Keys] = None, *,
                           shared: Optional[Mapping[str, KeyValue]] = None,
                           timeout: Optional[float] = 1.0,
                           event_times: bool = False,
                           expired_values: bool = False,
                           versions: Optional[Mapping[str, int]] = None,
                           label: Optional[str] = None,
                           request_id: Optional[str] = None) -> FeatureVectors:
        """Feature vectors of entities.

        Args:
            features: the name of a feature service, or references
                `view.feature`.
            keys: for each join key a sequence with a value for each row: str,
                int or bytes, NumPy's as well. All of one length.
            shared: join keys whose one value stands for all rows: one user,
                many items. The user's work is done once.
            timeout: seconds; None: as long as it takes.
            event_times: whether to answer Column.event_times.
            expired_values: whether to answer values older than their ttl; their
                state stays EXPIRED.
            versions: a fixed version for a view.
            label: answers from the version that carries it (`canary`), where a
                view has one.
            request_id: stands in the daemon's log; made up when not given.

        Returns:
            FeatureVectors, with a row for each value of `keys`, in their order.
            An entity or a value that is not there is a State, not an error.

        Raises:
            InvalidArgument, NotFound: the request is wrong.
            Unavailable, DeadlineExceeded: another daemon, or later. A connection
                that broke was already retried twice.
        """
        request = _message(features, keys, shared, event_times, expired_values,
                           versions, label, request_id)
        try:
            reply = await self._methods["GetFeatures"](request, timeout=timeout)
        except grpc.RpcError as error:
            raise errors.from_grpc(error) from None
        return FeatureVectors(reply, expired_values)

    async def push(self, source: str, events: Events, *,
                   timeout: Optional[float] = 10.0, idempotent: bool = False,
                   request_id: Optional[str] = None) -> PushResult:
        """As Client.push."""
        request = _events.request(source, events, request_id=request_id)
        attempts = push.Attempts(timeout, idempotent)
        while True:
            try:
                return push.result(await self._push["Push"](
                    request, timeout=attempts.left_s()))
            except grpc.RpcError as error:
                await asyncio.sleep(attempts.wait_s(error))

    async def push_stream(
            self, source: str,
            batches: Union[Iterable[Events], AsyncIterable[Events]], *,
            timeout: Optional[float] = None,
            outstanding: int = 16) -> AsyncIterator[PushResult]:
        """As Client.push_stream; `batches` may be an asynchronous generator."""
        call = self._push["PushStream"](timeout=timeout)
        sent = answered = 0

        async def result() -> PushResult:
            try:
                response = await call.read()
            except grpc.RpcError as error:
                raise errors.from_grpc(error) from None
            if not hasattr(response, "sequence"):  # grpc.aio.EOF
                raise errors.Unavailable(_ENDED, grpc.StatusCode.UNAVAILABLE)
            return push.stream_result(response, answered)

        async def send(request: Any) -> None:
            try:
                await call.write(request)
            except (grpc.RpcError, asyncio.InvalidStateError):
                # It has ended; why, the next answer says.
                pass

        try:
            async for batch in _async(batches):
                await send(_events.request(source, batch, sent))
                sent += 1
                if sent - answered >= outstanding:
                    yield await result()
                    answered += 1
            await call.done_writing()
            while answered < sent:
                yield await result()
                answered += 1
        finally:
            call.cancel()

    async def close(self) -> None:
        """Ends the connection; calls under way fail."""
        await self._channel.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()
