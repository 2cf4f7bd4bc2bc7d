#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes freshetv1/, the package of Freshet's API, from proto/: messages, stubs and
# the service config. `go generate` runs it. It needs protoc.
set -euo pipefail
cd "$(dirname "$0")"

proto=../../proto/freshet/v1
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
# The versions that go.mod has.
GOBIN=$tools "${GO:-go}" install google.golang.org/protobuf/cmd/protoc-gen-go \
  google.golang.org/grpc/cmd/protoc-gen-go-grpc

# The files name no package of Go's: each project has its own.
package=freshet/clients/go/freshetv1
options=()
for name in types online; do
  options+=("--go_opt=Mfreshet/v1/$name.proto=$package"
    "--go-grpc_opt=Mfreshet/v1/$name.proto=$package")
done
mkdir -p freshetv1
PATH=$tools:$PATH protoc -I../../proto --go_out=. --go-grpc_out=. \
  --go_opt=module=freshet/clients/go --go-grpc_opt=module=freshet/clients/go \
  "${options[@]}" freshet/v1/types.proto freshet/v1/online.proto

cp "$proto/service_config.json" freshetv1/
cat >freshetv1/service_config.go <<'END'
package freshetv1

import _ "embed"

// ServiceConfig says what is retried, and how requests are spread.
//
//go:embed service_config.json
var ServiceConfig string
END
