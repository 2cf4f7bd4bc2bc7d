# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts: how they speak, and where things are.
# shellcheck shell=bash
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=$top/.deps
venv=$deps/venv

# Objects do not depend on where the checkout lies, so all checkouts of one
# machine share what ccache holds.
export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1

say() { printf '==> %s\n' "$*"; }

die() {
  local code=$1
  shift
  printf 'freshet: %s\n' "$*" >&2
  exit "$code"
}

# step LOG WHAT COMMAND...: says WHAT, runs COMMAND with its output in LOG,
# says every 10 s that it still runs, and shows LOG's end if it fails.
step() {
  local log=$1 what=$2 start=$SECONDS pid code=0
  shift 2
  say "$what"
  mkdir -p "$(dirname "$log")"
  # Descriptor 9 is setup.sh's lock, which no child may hold on to.
  "$@" >"$log" 2>&1 </dev/null 9>&- &
  pid=$!
  (
    # Waits by reading from a pipe that nobody writes, so that no orphaned
    # sleep keeps our output open.
    exec 8<> <(:)
    while ! read -r -t 10 -u 8; do
      printf '    ... %d s: %s\n' $((SECONDS - start)) \
        "$(tail -n 1 "$log" | cut -c1-100)"
    done
  ) 9>&- &
  local ticker=$!
  wait "$pid" || code=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  if [ "$code" -ne 0 ]; then
    tail -n 30 "$log" >&2
    die "$code" "failed: $what (whole output: $log)"
  fi
  printf '    done in %d s\n' $((SECONDS - start))
}
