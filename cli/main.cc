// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cli/commands.h"

int main(int argc, char** argv) {
  freshet::Terminal terminal{.in = stdin, .out = stdout, .err = stderr};
  terminal.interactive =
      ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0;
  terminal.colour =
      ::isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  return freshet::RunCli(argc, argv, terminal);
}
