# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy before a gRPC server that counts calls, and breaks or swallows
those that it is told to. It knows of HTTP/2 only where a frame begins: a call
is a HEADERS frame from the client."""

import contextlib
import itertools
import socket
import struct
import threading

_PREFACE = 24
_HEADERS = 1


class BreakingProxy:
    """Give `target` as host:port. `fate(n)` says of the n-th call, from 1 on:
    "pass", "break" (its connection is reset) or "swallow" (it is never
    answered)."""

    def __init__(self, target, fate):
        host, port = target.rsplit(":", 1)
        self._target = (host, int(port))
        self._fate = fate
        self._numbers = itertools.count(1)
        self._open = contextlib.ExitStack()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._listener.getsockname()[1]
        self.calls = 0
        self._acceptor = threading.Thread(target=self._accept, daemon=True)
        self._acceptor.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Wakes accept(), which close() alone does not.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._acceptor.join()
        self._open.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # Closed.
            server = socket.create_connection(self._target)
            for one in (client, server):
                self._open.callback(one.close)
            for work, way in ((self._requests, (client, server)),
                              (self._replies, (server, client))):
                threading.Thread(target=work, args=way, daemon=True).start()

    @staticmethod
    def _replies(server, client):
        # A reset of either side ends both: nothing else is to be told of it.
        with contextlib.suppress(OSError):
            while chunk := server.recv(65536):
                client.sendall(chunk)
            client.shutdown(socket.SHUT_WR)

    def _requests(self, client, server):
        with contextlib.suppress(OSError):
            pending, skipped = b"", False
            while chunk := client.recv(65536):
                pending += chunk
                if not skipped and len(pending) >= _PREFACE:
                    server.sendall(pending[:_PREFACE])
                    pending, skipped = pending[_PREFACE:], True
                while skipped and len(pending) >= 9:
                    size = 9 + int.from_bytes(pending[:3], "big")
                    if len(pending) < size:
                        break
                    if not self._passes(pending[3], client, server):
                        return
                    server.sendall(pending[:size])
                    pending = pending[size:]
            server.shutdown(socket.SHUT_WR)

    def _passes(self, kind, client, server):
        if kind != _HEADERS:
            return True
        self.calls = next(self._numbers)
        fate = self._fate(self.calls)
        if fate == "break":
            for one in (client, server):
                # Closed with a reset, not with an end that could be an answer.
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                               struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RD)
                one.close()
        return fate == "pass"
