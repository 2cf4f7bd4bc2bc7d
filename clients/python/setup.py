# SPDX-License-Identifier: Apache-2.0
"""Puts the API's descriptors into the package: messages are made from them when
it is imported, by whatever version of protobuf is there. And its service config,
which says what is retried."""

import pathlib
import shutil
import subprocess
import sys

import setuptools
import setuptools.command.build_py

HERE = pathlib.Path(__file__).resolve().parent
# In the repository, else in the source distribution.
PROTO = next(path for path in (HERE.parents[1] / "proto", HERE / "proto")
             if path.is_dir())


class BuildPy(setuptools.command.build_py.build_py):
    def run(self):
        super().run()
        protoc = shutil.which("protoc")
        command = [protoc] if protoc else [sys.executable, "-m",
                                           "grpc_tools.protoc"]
        package = pathlib.Path(self.build_lib) / "freshet"
        target = package / "api.binpb"
        subprocess.run(
            [*command, f"-I{PROTO}", "--include_imports",
             f"--descriptor_set_out={target}",
             *(str(PROTO / "freshet" / "v1" / f"{name}.proto")
               for name in ("online", "push", "admin"))], check=True)
        shutil.copy(PROTO / "freshet" / "v1" / "service_config.json", package)


setuptools.setup(cmdclass={"build_py": BuildPy})
