// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "absl/status/statusor.h"

namespace parquet {
class ParquetFileReader;
}  // namespace parquet

namespace freshet {

// Which unit holds every INT96 time of a file in 64 bits.
enum class Int96Span {
  kNanoseconds,   // The years 1678 to 2261.
  kMicroseconds,  // The years 1 to 9999.
};

// Reads the INT96 columns among `leaves` once, in bounded memory, and refuses
// the first value that is no time of the years 1 to 9999, by row group, row
// and column. Arrow turns INT96 into 64 bits without a look at whether they
// fit, so that a hostile or damaged value would become another, valid one.
//
// `on_work` is called for each piece.
absl::StatusOr<Int96Span> ReadInt96Times(parquet::ParquetFileReader& file,
                                         const std::vector<int>& leaves,
                                         const std::function<void()>& on_work);

}  // namespace freshet
