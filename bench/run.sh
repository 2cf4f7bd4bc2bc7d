#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs benchmarks against the release build: `./dev bench [NAME...]`.
source "$(dirname "$0")/../scripts/common.sh"

build=${FRESHET_BUILD:-$top/build/release}
export FRESHETD=$build/bin/freshetd
export FRESHET=$build/bin/freshet
export FRESHET_LOAD=$build/bin/freshet-load
export FRESHET_BENCH=$build/bench/freshet-bench
export FRESHET_MICROBENCH=$build/bench/freshet-microbench
exec "$venv/bin/python3" "$top/bench/run.py" "$@"
