// SPDX-License-Identifier: Apache-2.0
// What freshet-checker does. Each but `load` prints one line of JSON on
// standard output at its end, and returns the exit code: 0 when all that was
// read was right.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/crash/feature_reader.h"

namespace freshet {

// Reads every key: one version, one number, and a key beyond them is not
// found. Prints version, value, rows.
int RunScan(const CheckedTable& table);

// Loads a snapshot. Prints `phase NAME` at each change and at the end
// `ended OUTCOME version N` or `ended failed: why`; exit code 0 if it ended
// well.
int RunLoad(const CheckedTable& table, const std::string& admin,
            const std::string& path);

// Reads random keys on `threads` connections until standard input ends. Calls
// that fail (the daemon is dead half of the time) are counted, wrong replies
// end in exit code 1. Prints requests, failed, wrong, values by version.
int RunRead(const CheckedTable& table, int threads, uint64_t seed);

// While `threads` connections read without a failed call, activates and rolls
// back between `versions` until there were `swaps` swaps and `straddling`
// replies whose call overlapped one. Version n holds n. Prints what it counted.
struct SwapOptions {
  std::string admin;
  std::vector<int64_t> versions;
  int threads = 4;
  int64_t swaps = 50;
  int64_t straddling = 10'000;
  uint64_t seed = 1;
};
int RunSwaps(const CheckedTable& table, const SwapOptions& options);

// With as many reads stuck on the disk as there are threads for them: checks
// that health, a rollback and a read from memory answer before any of the
// stuck ones. `cached` is a key in memory, `cold` are keys that are not, one
// more than there are threads. Waits for a line on standard input before the
// quick calls (the caller knows when all are stuck). Prints the order.
struct StuckOptions {
  std::string admin;
  int64_t cached = 0;
  std::vector<int64_t> cold;
};
int RunStuck(const CheckedTable& table, const StuckOptions& options);

}  // namespace freshet
