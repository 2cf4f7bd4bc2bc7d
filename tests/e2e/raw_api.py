# SPDX-License-Identifier: Apache-2.0
"""Freshet's gRPC API without a client of it: its messages and methods, from
the descriptors that protoc makes of proto/."""

import pathlib
import struct
import subprocess
import tempfile

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from freshet_daemon import PATIENCE_S, TOP

FILES = ("online", "push", "admin")
LARGEST_MESSAGE = 64 << 20


def _load():
    proto = TOP / "proto"
    with tempfile.TemporaryDirectory() as directory:
        out = pathlib.Path(directory) / "api.binpb"
        subprocess.run(
            ["protoc", f"-I{proto}", "--include_imports",
             f"--descriptor_set_out={out}",
             *(str(proto / "freshet" / "v1" / f"{name}.proto")
               for name in FILES)],
            check=True)
        files = descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes())
    pool = descriptor_pool.DescriptorPool()
    for file in files.file:
        pool.Add(file)
    return pool


_POOL = _load()


def message(name):
    """The class of a message of freshet.v1."""
    return message_factory.GetMessageClass(
        _POOL.FindMessageTypeByName(f"freshet.v1.{name}"))


class Api:
    """What calls one port of a daemon."""

    def __init__(self, address):
        self._channel = grpc.insecure_channel(
            address,
            options=[("grpc.max_receive_message_length", LARGEST_MESSAGE)])

    def call(self, service, method, **fields):
        """The reply to a request with these fields."""
        found = _POOL.FindServiceByName(
            f"freshet.v1.{service}").methods_by_name[method]
        send = self._channel.unary_unary(
            f"/freshet.v1.{service}/{method}",
            request_serializer=lambda request: request.SerializeToString(),
            response_deserializer=message_factory.GetMessageClass(
                found.output_type).FromString)
        request = message_factory.GetMessageClass(found.input_type)(**fields)
        return send(request, timeout=5 * PATIENCE_S)

    def close(self):
        self._channel.close()


KINDS = {1: "bools", 2: "int32s", 3: "int64s", 4: "floats", 5: "doubles",
         6: "strings", 7: "bytes", 8: "int64s", 9: "int64s"}


def _pieces(blob, ends):
    begins = [0, *ends]
    return [blob[begin:end] for begin, end in zip(begins, ends)]


def column_values(column):
    """The values of a reply's column, one for each row; whatever stands there
    where a row has none, and None for a null element of a list."""
    field = KINDS[column.type.kind]
    if field in ("strings", "bytes"):
        elements = _pieces(column.blob, column.ends)
        if field == "strings":
            elements = [element.decode() for element in elements]
    else:
        elements = list(getattr(column, field))
    if not column.type.list:
        return elements
    for place, null in enumerate(column.null_elements):
        if null:
            elements[place] = None
    return _pieces(elements, column.list_ends)


def bits(value):
    """A number that tells doubles apart as their bits do, but for those of
    NaN."""
    if value != value:
        return "nan"
    return struct.pack("<d", value)
