#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example from nothing to an answer, after ./dev has built the programs:
#   scripts/run.sh [--once]
source "$(dirname "$0")/common.sh"
cd "$top"

once=no
case ${1:-} in
  '') ;;
  --once) once=yes ;;
  *) die 64 "run takes --once or nothing, not '$1'" ;;
esac

bin=$top/build/dev
config=examples/flights/freshet.yaml
log=.run/freshetd.log
day=2013-12-31
daemon=''

freshet() { "$bin/cli/freshet" "$@"; }

# Says what it runs, as one would type it.
show() {
  printf '\n$ freshet'
  printf ' %s' "$@"
  printf '\n'
  freshet "$@"
}

stop() {
  [ -n "$daemon" ] || return 0
  say "Stopping freshetd"
  kill -TERM "$daemon" 2>/dev/null || true
  wait "$daemon" || true
  daemon=''
}
trap stop EXIT
trap 'exit 130' INT TERM

start() {
  say "Starting freshetd with $config (log: $log)"
  # A session of its own: Ctrl-C is for this script, which stops the daemon.
  setsid "$bin/server/freshetd" --config "$config" >"$log" 2>&1 </dev/null &
  daemon=$!
  local left
  for ((left = 300; left > 0; left--)); do
    kill -0 "$daemon" 2>/dev/null || break
    if grep -q 'freshetd serves' "$log"; then return 0; fi
    sleep 0.1
  done
  tail -n 20 "$log" >&2
  wait "$daemon" || code=$?
  daemon=''
  die "${code:-1}" "freshetd did not start; above is the end of $log"
}

mkdir -p .run
say "Preparing the example's snapshots in .run/flights"
"$venv/bin/python" examples/flights/prepare.py .run/flights
start

for view in carrier_daily plane_history origin_hourly route_history; do
  say "Loading the snapshot of $view"
  # The key makes a second run find the load of the first.
  freshet load "$view" --key "dev-run-$view-$day"
done

say "Asking for features"
show get --service carrier_card --key carrier=UA,OO,HA
show get --service plane_card --key tailnum=N768JB,N14228,N0FRESH
show get --service route_card --key origin=JFK,EWR,LGA --key dest=LAX,SJU,ORD

if [ "$once" = yes ]; then exit 0; fi

cat <<END

==> freshetd is up, in the first hours of 2014 by its simulated clock:
      127.0.0.1:7600  OnlineService, for model servers (gRPC)
      127.0.0.1:7601  AdminService, health, reflection (gRPC)
      http://127.0.0.1:7602/  status page, /metrics, /healthz, /readyz
    Try, in another terminal:
      build/dev/cli/freshet status
      build/dev/cli/freshet get --service carrier_card --key carrier=UA --explain
    Ctrl-C stops it.
END
wait "$daemon"
