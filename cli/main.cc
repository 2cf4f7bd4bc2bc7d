// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/stubs/logging.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cli/commands.h"

int main(int argc, char** argv) {
  // gRPC's own lines say nothing that Freshet's do not say for people. Set to
  // debug, they are there.
  ::setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  // Protobuf's own would stand before the daemon's answer.
  google::protobuf::SetLogHandler(nullptr);
  freshet::Terminal terminal{.in = stdin, .out = stdout, .err = stderr};
  terminal.interactive =
      ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
  terminal.colour =
      ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return freshet::RunCli(argc, argv, terminal);
}
