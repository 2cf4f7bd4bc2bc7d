#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs benchmarks against the release build: `./dev bench [NAME...]`.
source "$(dirname "$0")/../scripts/common.sh"

build=${FRESHET_BUILD:-$top/build/release}
export FRESHETD=$build/bin/freshetd
export FRESHET=$build/bin/freshet
export FRESHET_LOAD=$build/bin/freshet-load
export FRESHET_BENCH=$build/bench/freshet-bench
export FRESHET_BENCH_STREAM=$build/bench/freshet-bench-stream
export FRESHET_BENCH_ECHO=$build/bench/freshet-bench-echo
export FRESHET_BENCH_FLOOR=$build/bench/freshet-bench-floor
export FRESHET_BENCH_REDIS=$build/bench/freshet-bench-redis
export FRESHET_MICROBENCH=$build/bench/freshet-microbench

# Apart from what the build needs: Feast alone brings 66 packages.
bench=$deps/bench
wanted=$(sha256sum <"$top/bench/requirements.txt")
if [[ " $* " != *" --quick "* ]] &&  # Has no plot and no Feast.
  [ "$(cat "$bench/done" 2>/dev/null)" != "$wanted" ]; then
  rm -rf "$bench"
  step "$deps/log/bench-venv" "Making a Python environment in .deps/bench" \
    /usr/bin/python3 -m venv "$bench"
  step "$deps/log/bench" "Installing Feast and matplotlib (850 MB)" \
    "$bench/bin/pip" --disable-pip-version-check install --no-deps \
    --require-hashes -r "$top/bench/requirements.txt"
  printf '%s\n' "$wanted" >"$bench/done"
fi
export FRESHET_BENCH_PYTHON=$bench/bin/python

exec "$venv/bin/python3" "$top/bench/run.py" "$@"
