#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds the example client of a language as its users do, with Debian's compiler.
# BUILD/LANGUAGE/run is the program then; where there is no compiler
# BUILD/LANGUAGE/skipped says so. Libraries that are fetched stay in SOURCE/.deps.
#
#   build_example.sh cpp|java|go SOURCE BUILD
set -euo pipefail

language=$1
source=$2
build=$3/$1
deps=$source/.deps

skip() {
  printf '%s\n' "$1" | tee "$build/skipped"
  exit 0
}

# A program that runs "$@".
make_run() {
  {
    printf '#!/bin/sh\nexec'
    printf " '%s'" "$@"
    printf ' "$@"\n'
  } >"$build/run"
  chmod +x "$build/run"
}

rm -rf "$build"
mkdir -p "$build/clients"
# Copies: some leave files beside what they build.
cp -r "$source/proto" "$build/proto"
cp -r "$source/clients/$language" "$build/clients"
cd "$build/clients/$language"

case $language in
  cpp)
    cmake -S . -B "$build/cmake" -G Ninja -DCMAKE_CXX_COMPILER_LAUNCHER="$(command -v ccache || true)"
    cmake --build "$build/cmake"
    make_run "$build/cmake/get_features"
    ;;
  java)
    for tool in java javac mvn; do
      [ -x "/usr/bin/$tool" ] ||
        skip "/usr/bin/$tool is missing: apt-get install openjdk-17-jdk-headless maven"
    done
    maven=(/usr/bin/mvn --batch-mode --quiet
      "-Dmaven.repo.local=$deps/maven" package)
    # Without the network once all is there.
    if ! "${maven[@]}" --offline >"$build/offline.log" 2>&1; then
      printf 'Fetching libraries into .deps/maven (100 MB)\n'
      "${maven[@]}"
    fi
    # For a process of seconds.
    make_run /usr/bin/java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xmx256m \
      -jar "$PWD/target/get-features-0.1.0.jar"
    ;;
  go)
    [ -x /usr/bin/go ] ||
      skip "/usr/bin/go is missing: apt-get install golang-go"
    export GO=/usr/bin/go GOPATH=$deps/go GOCACHE=$deps/go-build
    export GOTOOLCHAIN=local GOFLAGS='-mod=readonly -modcacherw'
    ./generate.sh
    /usr/bin/go vet .
    /usr/bin/go build -o "$build/get_features" .
    make_run "$build/get_features"
    ;;
  *)
    printf 'no such language: %s\n' "$language" >&2
    exit 64
    ;;
esac
