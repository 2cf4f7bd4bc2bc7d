// SPDX-License-Identifier: Apache-2.0
// What the committed fixtures of the format hold, as values. make_fixture
// wrote them once per format; format_fixture_test reads them for ever.
#pragma once

#include <cstdint>
#include <vector>

#include "config/value.h"
#include "features/row_schema.h"

namespace freshet {

struct FixtureRow {
  std::vector<Value> key;
  int64_t event_time_micros = 0;
  std::vector<Value> values;
};

// A column of every type, under a composite key.
RowSchema FixtureSchema();

// In the order of their keys.
std::vector<FixtureRow> FixtureRows();

}  // namespace freshet
