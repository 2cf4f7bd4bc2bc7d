// SPDX-License-Identifier: Apache-2.0

//go:build tools

// What generate.sh builds: named here, its versions stand in go.mod.
package main

import (
	_ "google.golang.org/grpc/cmd/protoc-gen-go-grpc"
	_ "google.golang.org/protobuf/cmd/protoc-gen-go"
)
