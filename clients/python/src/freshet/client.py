# SPDX-License-Identifier: Apache-2.0
"""What model servers use."""

from typing import Any, Mapping, Optional, Sequence, Union

import grpc

from freshet import _api, _request, errors
from freshet._request import Keys, KeyValue
from freshet.features import FeatureVectors

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


class Client:
    """Reads features from a daemon. Safe to use from any thread; make one and
    keep it.

    Args:
        address: `host:port` of `settings.listen.data`. A name with several
            addresses, `dns:///features:7600`, is asked in turn.
        credentials: of grpc.ssl_channel_credentials(), for TLS.
    """

    def __init__(self, address: str = "127.0.0.1:7600", *,
                 credentials: Optional[grpc.ChannelCredentials] = None) -> None:
        self._channel = _api.channel(grpc, address, credentials)
        self._methods = _api.methods(self._channel, "OnlineService")

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

    async def close(self) -> None:
        """Ends the connection; calls under way fail."""
        await self._channel.close()

    async def __aenter__(self) -> "AsyncClient":
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.close()
