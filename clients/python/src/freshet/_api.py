# SPDX-License-Identifier: Apache-2.0
"""The messages and methods of Freshet's gRPC API, from its descriptors.

In a pool of their own: a program may also hold classes that protoc made of the
same files.
"""

import importlib.resources
from typing import Any, Callable, Dict

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _load() -> descriptor_pool.DescriptorPool:
    files = descriptor_pb2.FileDescriptorSet.FromString(
        importlib.resources.files("freshet").joinpath("api.binpb")
        .read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


_POOL = _load()


def message(name: str) -> Any:
    """The class of a message of freshet.v1."""
    return message_factory.GetMessageClass(
        _POOL.FindMessageTypeByName(f"freshet.v1.{name}"))


def enum_names(name: str) -> Dict[int, str]:
    """Numbers of an enum's values, with their names without its prefix. The
    first is one called UNSPECIFIED."""
    values = _POOL.FindEnumTypeByName(f"freshet.v1.{name}").values
    prefix = len(values[0].name) - len("UNSPECIFIED")
    return {value.number: value.name[prefix:] for value in values}


def methods(channel: Any, service: str) -> Dict[str, Callable[..., Any]]:
    """What calls each method of a service, on a channel of grpc or grpc.aio."""
    found = {}
    for method in _POOL.FindServiceByName(f"freshet.v1.{service}").methods:
        # Older ones do not say it of the descriptor itself.
        proto = descriptor_pb2.MethodDescriptorProto()
        method.CopyToProto(proto)
        make = (channel.unary_stream if proto.server_streaming
                else channel.unary_unary)
        found[method.name] = make(
            f"/freshet.v1.{service}/{method.name}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(
                method.output_type).FromString)
    return found


# Reads, and calls that are safe to repeat, after a connection that broke.
_RETRY = """{
  "loadBalancingConfig": [{"round_robin": {}}],
  "methodConfig": [
    {"name": [{"service": "freshet.v1.OnlineService"}],
     "retryPolicy": {"maxAttempts": 3, "initialBackoff": "0.005s",
       "maxBackoff": "0.05s", "backoffMultiplier": 2,
       "retryableStatusCodes": ["UNAVAILABLE"]}},
    {"name": [{"service": "freshet.v1.AdminService", "method": "GetLoad"},
              {"service": "freshet.v1.AdminService", "method": "WatchLoad"},
              {"service": "freshet.v1.AdminService", "method": "ListViews"},
              {"service": "freshet.v1.AdminService", "method": "ListVersions"},
              {"service": "freshet.v1.AdminService", "method": "NotifySource"}],
     "retryPolicy": {"maxAttempts": 5, "initialBackoff": "0.1s",
       "maxBackoff": "2s", "backoffMultiplier": 2,
       "retryableStatusCodes": ["UNAVAILABLE"]}}]
}"""

OPTIONS = [
    ("grpc.service_config", _RETRY),
    ("grpc.enable_retries", 1),
    # The daemon bounds replies; the default of 4 MiB is less than its own.
    ("grpc.max_receive_message_length", 64 << 20),
]


def channel(module: Any, address: str,
            credentials: "grpc.ChannelCredentials | None") -> Any:
    """`module`: grpc or grpc.aio."""
    if credentials is None:
        return module.insecure_channel(address, options=OPTIONS)
    return module.secure_channel(address, credentials, options=OPTIONS)
