// SPDX-License-Identifier: Apache-2.0
// The functions of timestamps.
#include "features/expressions/functions/kernels.h"
#include "features/expressions/functions/numbers.h"

namespace freshet {
namespace {

RowState EpochUs(int64_t a, int64_t& out) {
  out = a;
  return RowState::kValue;
}

RowState MakeTimestamp(int64_t a, int64_t& out) {
  out = a;
  return TimestampState(a);
}

constexpr Function kFunctions[] = {
    {"epoch_us", "t", 'l', Strict<EpochUs>},
    {"make_timestamp", "l", 't', Strict<MakeTimestamp>},
};

}  // namespace

std::span<const Function> TimeFunctions() { return kFunctions; }

}  // namespace freshet
