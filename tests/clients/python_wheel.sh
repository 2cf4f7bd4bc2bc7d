#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the wheels of the Python client and of the Airflow provider, and
# installs them into BUILD/python.
#
#   python_wheel.sh PYTHON SOURCE BUILD
set -euo pipefail

python=$1
source=$2
build=$3

rm -rf "$build/source" "$build/wheel" "$build/python"
pip=("$python" -m pip --disable-pip-version-check)
for client in python airflow; do
  # A copy: setuptools leaves files beside what it builds.
  mkdir -p "$build/source/$client/proto"
  cp -r "$source/clients/$client/." "$build/source/$client"
  cp -r "$source/proto/freshet" "$build/source/$client/proto"
  # What somebody's `pip install` left there would pass for new.
  rm -rf "$build/source/$client/build"
  "${pip[@]}" wheel --no-deps --no-build-isolation --no-index \
    -w "$build/wheel" "$build/source/$client"
done
"${pip[@]}" install --no-deps --no-index --target "$build/python" \
  "$build"/wheel/freshet*.whl
