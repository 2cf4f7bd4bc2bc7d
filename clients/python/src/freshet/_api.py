# SPDX-License-Identifier: Apache-2.0
"""The messages and methods of Freshet's gRPC API, from its descriptors.

In a pool of their own: a program may also hold classes that protoc made of the
same files.
"""

import importlib.resources
from typing import Any, Callable, Dict

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


def _resource(name: str) -> bytes:
    return importlib.resources.files("freshet").joinpath(name).read_bytes()


def _load() -> descriptor_pool.DescriptorPool:
    files = descriptor_pb2.FileDescriptorSet.FromString(_resource("api.binpb"))
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
        sent, answered = ("stream" if streaming else "unary" for streaming in
                          (proto.client_streaming, proto.server_streaming))
        found[method.name] = getattr(channel, f"{sent}_{answered}")(
            f"/freshet.v1.{service}/{method.name}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(
                method.output_type).FromString)
    return found


# Reads, and calls that are safe to repeat, after a connection that broke: the
# same for clients in every language.
_SERVICE_CONFIG = _resource("service_config.json").decode()

OPTIONS = [
    ("grpc.service_config", _SERVICE_CONFIG),
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
