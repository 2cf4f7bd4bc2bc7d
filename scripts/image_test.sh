#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the Dockerfile's steps in two chroots, as Docker would in two stages,
# then the daemon as the image runs it: user 65532, read-only root. Part of
# ./dev test --long. Needs root, and about 3 GB for a while.
source "$(dirname "$0")/common.sh"
cd "$top"

if [ "$(id -u)" -ne 0 ]; then
  say "Skipped: the image's steps: they need root, for chroots"
  exit 0
fi
scripts/setup.sh --no-python long

work=$(mktemp -d)
daemon=''
finish() {
  local at
  # Deepest first, and what lies over another before it; what is not mounted is
  # no failure.
  if [ -n "$daemon" ]; then kill -KILL "$daemon" 2>/dev/null || true; fi
  for at in final/tmp final/var/lib/freshet final/proc final/dev final \
    {build,final}/{proc,dev}; do
    if mountpoint -q "$work/$at"; then umount -l "$work/$at"; fi
  done
  rm -rf --one-file-system "$work"
}
trap finish EXIT

# make_root NAME: a bare Debian that reaches the registries as we do.
make_root() {
  local root=$work/$1 file
  mmdebstrap --quiet --variant=minbase --include=ca-certificates \
    ${checks:+--aptopt="$checks"} bookworm "$root" "${sources[@]}"
  for file in /etc/resolv.conf /etc/hosts /etc/pip.conf; do
    if [ -e "$file" ]; then cp -L "$file" "$root$file"; fi
  done
  cp -r /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
  cp -r /etc/ssl/certs/. "$root/etc/ssl/certs/"
  mount --bind /proc "$root/proc"
  mount --bind /dev "$root/dev"
}

# run_steps STAGE ROOT FOLDER: the stage's RUN lines.
run_steps() {
  local line
  while IFS= read -r line; do
    step "build/image_test.log" "Stage $1: $line" \
      chroot "$2" sh -c "cd $3 && $line"
  done < <(awk -v stage="$1" '
    /^FROM / { at++ }
    /^RUN / && at == stage { sub(/^RUN /, ""); print }' Dockerfile)
}

mapfile -t sources < <(find /etc/apt/sources.list.d /etc/apt/sources.list \
  -type f \( -name '*.list' -o -name '*.sources' \) 2>/dev/null)
checks=$(grep -ls 'Acquire::Check-' /etc/apt/apt.conf.d/* | head -n 1 || true)
for name in build final; do
  step "build/image_test.log" "Making a bare Debian 12 ($name)" make_root "$name"
done

mkdir -p "$work/build/src" "$work/final/setup"
git ls-files -z | tar --null -T - -c | tar -x -C "$work/build/src"
cp -r scripts "$work/final/setup/scripts"
run_steps 1 "$work/build" /src
run_steps 2 "$work/final" /setup
cp -a "$work/build/out/." "$work/final/"

say "Starting the daemon as user 65532 on a read-only root"
mkdir -p "$work/store"
chown 65532:65532 "$work/store"
mount --bind "$work/final" "$work/final"
mount -o remount,bind,ro "$work/final"
mount --bind /proc "$work/final/proc"
mount --bind /dev "$work/final/dev"
mount -t tmpfs tmpfs "$work/final/tmp"
mount --bind "$work/store" "$work/final/var/lib/freshet"
as_nobody=(chroot --userspec=65532:65532 "$work/final")

if "${as_nobody[@]}" touch /etc/freshet/x 2>/dev/null; then
  die 1 "the root of the image could be written"
fi
ports=(--set listen.data=127.0.0.1:0 --set listen.admin=127.0.0.1:0
  --set listen.http=127.0.0.1:0)
# Not by a function, whose process would get the signal instead of the daemon.
"${as_nobody[@]}" /usr/bin/freshetd --config /etc/freshet/freshet.yaml "${ports[@]}" \
  >build/image_test.log 2>&1 &
daemon=$!
for ((left = 300; left > 0; left--)); do
  if [ -e "$work/store/ports.json" ]; then break; fi
  kill -0 "$daemon" 2>/dev/null || break
  sleep 0.1
done
if [ ! -e "$work/store/ports.json" ]; then
  cat build/image_test.log >&2
  die 1 "the daemon did not start in the image"
fi
kill -TERM "$daemon"
wait "$daemon" || die 1 "the daemon ended with $? after SIGTERM"
daemon=''
say "The image's steps work, and its daemon starts and stops"
