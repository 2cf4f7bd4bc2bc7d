#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The example from nothing to an answer, after ./dev has built the programs:
#   scripts/run.sh [--once]
#   scripts/run.sh --pipeline [--once] [--days N]
source "$(dirname "$0")/common.sh"
cd "$top"

bin=${FRESHET_BUILD:-$top/build/dev}/bin

# The example as a pipeline, day by day.
if [ "${1:-}" = --pipeline ]; then
  mkdir -p .run
  exec 9>.run/pipeline.lock
  flock -n 9 || die 75 "another ./dev run --pipeline runs in this folder"
  step .run/python_wheel.log "Building the Python client and the Airflow provider" \
    tests/clients/python_wheel.sh "$venv/bin/python" "$top" "$top/.run/clients"
  export FRESHETD=$bin/freshetd FRESHET=$bin/freshet
  export PYTHONPATH=$top/.run/clients/python PYTHONDONTWRITEBYTECODE=1
  exec "$venv/bin/python" examples/flights/pipeline/show.py "${@:2}" \
    .run/pipeline
fi

once=no
case ${1:-} in
  '') ;;
  --once) once=yes ;;
  *) die 64 "run takes --once, --pipeline or nothing, not '$1'" ;;
esac

config=examples/flights/freshet.yaml
log=.run/freshetd.log
day=2013-12-31
daemon=''

freshet() { "$bin/freshet" "$@"; }

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
  : >"$log"  # Or the line below would be found of the run before.
  setsid "$bin/freshetd" --config "$config" >>"$log" 2>&1 </dev/null &
  daemon=$!
  local left code=1
  for ((left = 300; left > 0; left--)); do
    if grep -q 'serving: data on' "$log"; then return 0; fi
    if ! kill -0 "$daemon" 2>/dev/null; then
      wait "$daemon" || code=$?
      daemon=''
      break
    fi
    sleep 0.1
  done
  tail -n 20 "$log" >&2
  die "$code" "freshetd does not serve after $((300 - left)) tenths of a" \
    "second; above is the end of $log"
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
carrier=(airline flights cancelled disrupted mean_dep_delay late_share_7d)
plane=(manufacturer model built_year seats flights_28d mean_arr_delay_28d
  last_arr_delays carriers)
route=(dest_name distance flights_28d daily mean_arr_delay_28d
  p90_arr_delay_28d carriers_28d)
show get "${carrier[@]/#/carrier_daily.}" --key carrier=UA,OO,HA
show get "${plane[@]/#/plane_history.}" --key tailnum=N768JB,N14228,N0FRESH
show get "${route[@]/#/route_history.}" \
  --key origin=JFK,EWR,LGA --key dest=LAX,SJU,ORD

if [ "$once" = yes ]; then exit 0; fi

cat <<END

==> freshetd is up, in the first hours of 2014 by its simulated clock:
      127.0.0.1:7600  OnlineService, for model servers (gRPC)
      127.0.0.1:7601  AdminService, health, reflection (gRPC)
      http://127.0.0.1:7602/  status page, /metrics, /healthz, /readyz
    Try, in another terminal:
      build/dev/bin/freshet status
      build/dev/bin/freshet get --service carrier_card --key carrier=UA --explain
    Ctrl-C stops it.
END
wait "$daemon"
