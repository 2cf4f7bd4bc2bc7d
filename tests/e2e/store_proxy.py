# SPDX-License-Identifier: Apache-2.0
"""A proxy before an object store that spoils answers on command.

It passes each request on, unless its `spoil` returns a Fault for it. Reads
only: what a test writes goes to the store itself.
"""

import dataclasses
import http.client
import http.server
import re
import socket
import struct
import sys
import threading
import typing
import urllib.parse

# How S3 refuses.
_REFUSALS = {
    503: (503, "SlowDown", "Please reduce your request rate."),
    "expired": (403, "ExpiredToken", "The provided token has expired."),
    "skewed": (403, "RequestTimeTooSkewed", "The difference between the "
               "request time and the current time is too large."),
}


@dataclasses.dataclass(frozen=True)
class Request:
    method: str
    bucket: str
    key: str  # Of the object; of a list its prefix.
    is_list: bool
    first: int | None  # Byte that is asked for; None: no range.
    access_key: str  # Whose signature it carries,
    signed_at: str = dataclasses.field(compare=False)  # and of when.

    @property
    def is_piece(self):
        """Whether it fetches content of an object."""
        return self.method == "GET" and not self.is_list


@dataclasses.dataclass(frozen=True)
class Fault:
    """What happens to one answer.

    503, "expired", "skewed": a refusal instead, as S3 says it. "drop": the
    connection is reset unanswered. "delay": it comes after `seconds`. "stall":
    its second half comes after `seconds`. "cut": it is reset after its first
    half. "short": its first half, as if that were all. "empty": no body, as if
    that were all. "edit": with the body that `act` makes of it. "meanwhile":
    `act()` is called before it is passed on, as by a writer of the store.
    """
    kind: int | str
    seconds: float = 0
    act: typing.Callable | None = None


def parse(method, path, headers):
    split = urllib.parse.urlsplit(path)
    bucket, _, key = urllib.parse.unquote(
        split.path.removeprefix("/")).partition("/")
    query = dict(urllib.parse.parse_qsl(split.query, keep_blank_values=True))
    is_list = method == "GET" and not key
    first = re.match(r"bytes=(\d+)-", headers.get("Range") or "")
    signer = re.search(r"Credential=([^/]*)/",
                       headers.get("Authorization") or "")
    return Request(method, bucket, query.get("prefix", "") if is_list else key,
                   is_list, int(first[1]) if first else None,
                   signer[1] if signer else "",
                   headers.get("X-Amz-Date") or "")


class StoreProxy:
    """`spoil(request)` is called for each request, one at a time; what its
    fault does happens outside of that, beside other requests."""

    def __init__(self, address):
        self.spoil = lambda request: None
        self.spoiled = []  # (Request, Fault), in order.
        self._store = address
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def close(self):
        self._ended.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def judge(self, request):
        """The fault for a request, or None."""
        with self._lock:
            fault = self.spoil(request)
            if fault is not None:
                self.spoiled.append((request, fault))
            return fault

    def pause(self, seconds):
        self._ended.wait(seconds)

    def ask(self, handler):
        """(status, headers, body) of the store itself."""
        connection = http.client.HTTPConnection(self._store, timeout=60)
        try:
            # The signature is over the host as the client named it.
            connection.putrequest(handler.command, handler.path,
                                  skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            reply = connection.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        finally:
            connection.close()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A client that has left is what a fault is for; anything else is a
        fault of the proxy's own and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _handler(proxy):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self):
            fault = proxy.judge(parse(self.command, self.path, self.headers))
            kind = fault.kind if fault else None
            if kind in _REFUSALS:
                self._refuse(kind)
            elif kind == "drop":
                self._reset()
            else:
                if kind == "meanwhile":
                    fault.act()
                status, headers, body = proxy.ask(self)
                if kind == "delay":
                    proxy.pause(fault.seconds)
                elif kind == "edit":
                    body = fault.act(body)
                elif kind == "empty":
                    body = b""
                elif kind == "short":
                    body = body[:len(body) // 2]
                self._answer(status, headers, body, fault)

        do_GET = do_HEAD = _serve

        def _answer(self, status, headers, body, fault):
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("content-length", "transfer-encoding",
                                        "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", next(
                (value for name, value in headers if self.command == "HEAD" and
                 name.lower() == "content-length"), len(body)))
            self.end_headers()
            half = len(body) // 2
            if fault and fault.kind == "cut":
                self.wfile.write(body[:half])
                self._reset()
            elif fault and fault.kind == "stall":
                self.wfile.write(body[:half])
                proxy.pause(fault.seconds)
                self.wfile.write(body[half:])
            else:
                self.wfile.write(body)

        def _refuse(self, kind):
            status, code, message = _REFUSALS[kind]
            body = (f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>'
                    f"{code}</Code><Message>{message}</Message>"
                    "</Error>").encode()
            self.send_response_only(status)
            self.send_header("Date", self.date_time_string())
            self.send_header("Content-Type", "application/xml")
            self.send_header("Content-Length", len(body))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _reset(self):
            """Ends the connection as a crashed peer does."""
            self.wfile.flush()
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                       struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True

        def log_message(self, *_):
            pass

    return Handler
