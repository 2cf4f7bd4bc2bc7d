// SPDX-License-Identifier: Apache-2.0
// freshet-checker: reads a table whose every cell is known, and says whether a
// reply was ever wrong. tests/crash/commands.h has what it does.
#include <CLI/CLI.hpp>

#include "tests/crash/commands.h"

namespace freshet {
namespace {

int Run(int argc, char** argv) {
  CLI::App app("Checks what a daemon answers");
  app.require_subcommand(1);
  CheckedTable table;
  app.add_option("--data", table.data)->required();
  app.add_option("--view", table.view)->required();
  app.add_option("--key", table.key)->required();
  app.add_option("--feature", table.features)->required();
  app.add_option("--rows", table.rows)->required();
  uint64_t seed = 1;
  app.add_option("--seed", seed);
  std::string admin;
  app.add_option("--admin", admin);

  app.add_subcommand("scan");
  CLI::App* load = app.add_subcommand("load");
  std::string path;
  load->add_option("--path", path)->required();
  CLI::App* read = app.add_subcommand("read");
  int threads = 2;
  read->add_option("--threads", threads);

  SwapOptions swap_options;
  CLI::App* swaps = app.add_subcommand("swaps");
  swaps->add_option("--version", swap_options.versions)->required();
  swaps->add_option("--swaps", swap_options.swaps);
  swaps->add_option("--straddling", swap_options.straddling);
  swaps->add_option("--threads", swap_options.threads);

  StuckOptions stuck_options;
  CLI::App* stuck = app.add_subcommand("stuck");
  stuck->add_option("--cached", stuck_options.cached)->required();
  stuck->add_option("--cold", stuck_options.cold)->required();

  CLI11_PARSE(app, argc, argv);
  if (*load) return RunLoad(table, admin, path);
  if (*read) return RunRead(table, threads, seed);
  swap_options.admin = stuck_options.admin = admin;
  swap_options.seed = seed;
  if (*swaps) return RunSwaps(table, swap_options);
  if (*stuck) return RunStuck(table, stuck_options);
  return RunScan(table);
}

}  // namespace
}  // namespace freshet

int main(int argc, char** argv) { return freshet::Run(argc, argv); }
