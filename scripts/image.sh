#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds for release and lays out under OUT what an image or a machine gets:
#   scripts/image.sh OUT
source "$(dirname "$0")/common.sh"
cd "$top"
[ $# -eq 1 ] || die 64 "usage: scripts/image.sh OUT"
out=$1

say "Configuring build/image"
cmake --preset release -B build/image -DCMAKE_INSTALL_PREFIX=/usr
say "Building freshetd, freshet and freshet-load"
cmake --build build/image --target freshetd freshet freshet-load
say "Installing under $out"
for component in Unspecified system; do
  DESTDIR=$out cmake --install build/image --strip --component "$component"
done
# The image runs as 65532, so what it writes must be that user's.
install -d -m 0700 "$out/var/lib/freshet" "$out/srv/freshet"
if [ "$(id -u)" -eq 0 ]; then
  chown 65532:65532 "$out/var/lib/freshet"
  chmod 0755 "$out/srv/freshet"
fi
