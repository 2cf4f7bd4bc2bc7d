#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the Python client's wheel and installs it into BUILD/python.
#
#   python_wheel.sh PYTHON SOURCE BUILD
set -euo pipefail

python=$1
source=$2
build=$3

# A copy: setuptools leaves files beside what it builds.
rm -rf "$build/source" "$build/wheel" "$build/python"
mkdir -p "$build/source/proto"
cp -r "$source/clients/python/." "$build/source"
cp -r "$source/proto/freshet" "$build/source/proto"
pip=("$python" -m pip --disable-pip-version-check)
"${pip[@]}" wheel --no-deps --no-build-isolation --no-index \
  -w "$build/wheel" "$build/source"
"${pip[@]}" install --no-deps --no-index --target "$build/python" \
  "$build"/wheel/freshet-*.whl
