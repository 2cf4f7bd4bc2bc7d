#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what Freshet needs and this machine lacks: Debian packages, and the
# pinned Python packages (Arrow among them) into .deps; for the tests Spark,
# Kafka, Delta Lake and Iceberg as well, for benchmarks Kafka, for one long test
# Flink. When nothing is missing it changes nothing and ends at once.
#
#   scripts/setup.sh [--no-python] GROUP...
#
# GROUP is a group of scripts/packages.txt: build, test, run or another; with
# test and pipeline also dbt and Airflow, each in an environment of its own,
# for their pins contradict the others'. Exit code 77: packages are missing and
# only root can install them.
source "$(dirname "$0")/common.sh"

packages_of() {
  awk -v group="[$1]" '
    /^#/ || NF == 0 { next }
    /^\[/ { in_group = ($0 == group); found = found || in_group; next }
    in_group { print }
    END { if (!found) exit 1 }' "$top/scripts/packages.txt" ||
    die 64 "scripts/packages.txt has no group '$1'; use build, test or run"
}

missing_packages() {
  # The architecture's own copy is what counts, so names come without it.
  comm -23 <(sort -u <<<"$1") \
    <(dpkg-query -W -f '${db:Status-Status} ${Package}\n' 2>/dev/null |
      sed -n 's/^installed //p' | sort -u)
}

apt_lists_are_stale() {
  [ -z "$(find /var/lib/apt/lists -maxdepth 1 -name '*_Packages*' -mtime -1 \
    2>/dev/null | head -n 1)" ]
}

install_packages() {
  command -v dpkg-query >/dev/null ||
    die 69 "this set-up knows Debian only; see scripts/packages.txt"
  local wanted missing
  wanted=$(for group in "$@"; do packages_of "$group"; done)
  missing=$(missing_packages "$wanted")
  [ -n "$missing" ] || return 0
  # One word each from here on.
  local -a names
  mapfile -t names <<<"$missing"
  if [ "$(id -u)" -ne 0 ]; then
    printf 'Missing Debian packages:\n' >&2
    printf '  %s\n' "${names[@]}" >&2
    printf 'This command installs them:\n' >&2
    printf '  sudo sh -c "apt-get update && apt-get install' >&2
    printf ' -y --no-install-recommends %s"\n' "${names[*]}" >&2
    exit 77
  fi
  export DEBIAN_FRONTEND=noninteractive
  if apt_lists_are_stale; then
    step "$deps/log/apt-update" "Reading Debian's package lists" \
      apt-get update
  fi
  step "$deps/log/apt-install" \
    "Installing ${#names[@]} Debian packages: ${names[*]}" \
    apt-get install -y --no-install-recommends "${names[@]}"
}

# make_environment NAME: an empty one in .deps/NAME.
make_environment() {
  # Debian's own Python, whatever else stands first in PATH: the pins are for
  # its version.
  local python=/usr/bin/python3
  "$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' ||
    die 69 "the pinned Python packages are for Python 3.11 (Debian 12);" \
      "$python is $("$python" --version)"
  rm -rf "${deps:?}/$1"
  step "$deps/log/$1" "Making a Python environment in .deps/$1" \
    "$python" -m venv "$deps/$1"
}

# install_beside NAME WHAT: scripts/requirements-NAME.txt into .deps/NAME.
install_beside() {
  local list=$top/scripts/requirements-$1.txt stamp=$deps/$1/freshet-requirements sum
  sum=$(sha256sum <"$list")
  if [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then return 0; fi
  make_environment "$1"
  step "$deps/log/pip-$1" "Installing $2" \
    "$deps/$1/bin/pip" --disable-pip-version-check install --no-deps \
    --require-hashes --only-binary :all: -r "$list"
  printf '%s\n' "$sum" >"$stamp"
}

install_python() {
  local lists=("$top/scripts/requirements-build.txt"
    "$top/scripts/requirements.txt")
  local stamp=$venv/freshet-requirements sum
  sum=$(cat "${lists[@]}" "$0" | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then return 0; fi

  make_environment venv
  local pip=("$venv/bin/pip" --disable-pip-version-check install --no-deps
    --require-hashes)
  step "$deps/log/pip-build" "Installing what builds Python packages" \
    "${pip[@]}" --only-binary :all: -r "${lists[0]}"
  step "$deps/log/pip" "Installing pyarrow, duckdb, seaweedfs, gRPC, pandas and others (200 MB)" \
    "${pip[@]}" --no-build-isolation -r "${lists[1]}"
  # Where cmake/FindArrow.cmake looks.
  mkdir -p "$deps/arrow"
  ln -sfn ../venv/lib/python3.11/site-packages/pyarrow "$deps/arrow/pyarrow"
  printf '%s\n' "$sum" >"$stamp"
}

install_spark() {
  local list=$top/scripts/requirements-spark.txt stamp=$deps/spark/done sum
  sum=$(sha256sum <"$list")
  if [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then return 0; fi
  rm -rf "$deps/spark"
  # Beside the environment, not in it: only what asks for it sees it.
  step "$deps/log/spark" "Installing Spark for tests (460 MB)" \
    "$venv/bin/pip" --disable-pip-version-check install --no-deps \
    --require-hashes --no-build-isolation --target "$deps/spark" -r "$list"
  printf '%s\n' "$sum" >"$stamp"
}

# install_jars NAME WHAT: those of scripts/NAME/pom.xml into .deps/NAME/lib.
install_jars() {
  local pin=$top/scripts/$1 stamp=$deps/$1/done sum
  sum=$(cat "$pin/pom.xml" "$pin/sha256" | sha256sum)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$sum" ]; then return 0; fi
  rm -rf "${deps:?}/$1"
  step "$deps/log/$1" "Fetching $2 for tests into .deps/$1" \
    /usr/bin/mvn --batch-mode --quiet --strict-checksums --file "$pin/pom.xml" \
    "-Dmaven.repo.local=$deps/maven" dependency:copy-dependencies \
    -DincludeScope=runtime "-DoutputDirectory=$deps/$1/lib"
  # All of these files, and no other.
  (export LC_ALL=C && cd "$deps/$1/lib" && sha256sum --binary -- *.jar) |
    diff "$pin/sha256" - >"$deps/log/$1-sums" ||
    die 65 "the files of $2 are not those of scripts/$1/sha256;" \
      "see $deps/log/$1-sums"
  printf '%s\n' "$sum" >"$stamp"
}

python=yes
if [ "${1:-}" = --no-python ]; then
  python=no
  shift
fi
[ $# -gt 0 ] || die 64 "usage: scripts/setup.sh [--no-python] GROUP..."

mkdir -p "$deps"
exec 9>"$deps/lock"
if ! flock -n 9; then
  say "Waiting for another set-up in this folder"
  flock 9
fi
install_packages "$@"
if [ "$python" = no ]; then exit 0; fi
install_python
for group in "$@"; do
  case $group in
    test | pipeline)
      install_beside dbt "dbt, DuckDB for it and s3fs (500 MB)"
      install_beside airflow "Airflow (300 MB)"
      ;;&
    test | bench)
      install_jars kafka "Kafka (50 MB)"
      ;;&
    test)
      install_spark
      install_jars spark_tables "Delta Lake and Iceberg (60 MB)"
      ;;
    flink)
      install_jars flink "Flink (132 MB)"
      ;;
  esac
done
