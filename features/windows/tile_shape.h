// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "features/aggregations/partial_spec.h"
#include "features/byte_reader.h"

namespace freshet {

// What a tile holds: some partial aggregates. It stands before the tiles in
// each block, so that blocks are merged by what they are made of and never by
// what is defined today (docs/semantics.md, rule 15).
class TileShape {
 public:
  static constexpr size_t kPartialsMax = 4'096;

  // Requires: CheckPartialSpec of each, at most kPartialsMax.
  explicit TileShape(std::vector<PartialSpec> partials)
      : partials_(std::move(partials)) {}

  // DATA_LOSS if the reader does not stand before a shape.
  static absl::StatusOr<TileShape> Read(ByteReader& in);
  void AppendTo(std::string* out) const;

  const std::vector<PartialSpec>& partials() const { return partials_; }

  bool operator==(const TileShape&) const = default;

 private:
  std::vector<PartialSpec> partials_;
};

}  // namespace freshet
