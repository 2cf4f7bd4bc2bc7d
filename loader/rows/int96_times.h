// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "absl/status/status.h"

namespace parquet {
class ParquetFileReader;
}  // namespace parquet

namespace freshet {

// Reads the INT96 columns among `leaves` once, in bounded memory, and refuses
// the first value that is no time of the years 1 to 9999, by row group, row
// and column. Arrow turns INT96 into 64 bits without a look at whether they
// fit, so that a hostile or damaged value would become another, valid one.
//
// `on_work` is called for each piece.
absl::Status CheckInt96Times(parquet::ParquetFileReader& file,
                             const std::vector<int>& leaves,
                             const std::function<void()>& on_work);

}  // namespace freshet
