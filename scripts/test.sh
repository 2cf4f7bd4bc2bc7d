#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# `./dev test`, see `./dev help`. It stops at the first step that fails, so
# that what is printed last always tells the truth about the whole.
source "$(dirname "$0")/common.sh"
cd "$top"

sanitize=''
long=no
while [ $# -gt 0 ]; do
  case $1 in
    --sanitize)
      sanitize=${2:-}
      case $sanitize in
        asan | tsan) ;;
        *) die 64 "--sanitize wants asan or tsan, not '$sanitize'" ;;
      esac
      shift 2
      ;;
    --long)
      long=yes
      shift
      ;;
    *) break ;;
  esac
done

# What parses and stores bytes: its tests run under ASan each time. The whole
# suite under a sanitizer: --sanitize, and --long.
sanitized=(base config features features_check records windows streams formats
  registry storage change_log live live_applier)

build() { ./dev build "$@"; }

# run_tests PRESET [ctest's arguments]
run_tests() {
  say "Running the tests of build/$1${2:+ (${*:2})}"
  python3 -B scripts/ctest.py --preset "$1" -j "$(nproc)" "${@:2}"
}

# Each fuzz target for a minute from its corpus; a finding stays in
# build/fuzz/findings.
fuzz() {
  local target name
  mkdir -p build/fuzz/findings
  while IFS= read -r target; do
    name=$(basename "$target" | sed 's/^fuzz_//')
    mkdir -p "build/fuzz/grown/$name"
    step "build/fuzz/$name.log" "Fuzzing $name for 60 s" \
      "$target" -max_total_time=60 -timeout=10 -rss_limit_mb=2048 \
      -artifact_prefix="build/fuzz/findings/$name-" \
      "build/fuzz/grown/$name" "$(find tests -path "*/corpus/$name" -type d)"
  done < <(find build/fuzz -type f -name 'fuzz_*' -executable | sort)
}

if [ -n "$sanitize" ]; then
  build "$sanitize"
  run_tests "$sanitize" "$@"
  exit
fi
if [ $# -gt 0 ] && [ "$long" = no ]; then
  build dev
  run_tests dev "$@"
  exit
fi

if [ "$long" = yes ]; then ./dev lint; else ./dev lint --shipped; fi
build dev
build asan "${sanitized[@]/#/test_}"
run_tests asan -R "^($(IFS='|'; echo "${sanitized[*]}"))\\."
build release freshetd freshet freshet-load
run_tests release -R '^package\.hardening'
if [ "$long" = yes ]; then
  build asan
  run_tests asan
  build tsan
  run_tests tsan
  build clang
  build fuzz
  fuzz
  scripts/image_test.sh
  scripts/setup.sh flink
  run_tests long "$@"
else
  run_tests dev
fi
