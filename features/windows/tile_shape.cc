// SPDX-License-Identifier: Apache-2.0
#include "features/windows/tile_shape.h"

#include "base/error.h"
#include "base/status.h"
#include "features/aggregations/partial.h"

namespace freshet {
namespace {

PartialSpec ReadSpec(ByteReader& in) {
  PartialSpec spec;
  spec.kind = static_cast<PartialKind>(in.Fixed<uint8_t>());
  spec.value = static_cast<Kind>(in.Fixed<uint8_t>());
  spec.size = in.Varint<uint32_t>();
  return spec;
}

}  // namespace

absl::StatusOr<TileShape> TileShape::Read(ByteReader& in) {
  const auto count = in.Varint();
  if (count > kPartialsMax) return DataLoss("a tile of {} partials", count);
  std::vector<PartialSpec> partials;
  for (uint64_t i = 0; i < count; ++i) {
    PartialSpec spec = ReadSpec(in);
    if (spec.kind == PartialKind::kGroups) {
      const PartialSpec groups = spec;
      spec = ReadSpec(in);
      spec.by = groups.value;
      spec.groups = groups.size;
      if (groups.size == 0) in.Fail();
    }
    if (!in.ok()) return DataLoss("the shape of tiles is cut short");
    if (const absl::Status known = CheckPartialSpec(spec); !known.ok()) {
      return DataLoss("{}", std::string(known.message()));
    }
    partials.push_back(spec);
  }
  if (!in.ok()) return DataLoss("the shape of tiles is cut short");
  return TileShape(std::move(partials));
}

void TileShape::AppendTo(std::string* out) const {
  AppendVarint(partials_.size(), out);
  for (const PartialSpec& spec : partials_) {
    if (spec.groups > 0) {
      out->push_back(static_cast<char>(PartialKind::kGroups));
      out->push_back(static_cast<char>(spec.by));
      AppendVarint(spec.groups, out);
    }
    out->push_back(static_cast<char>(spec.kind));
    out->push_back(static_cast<char>(spec.value));
    AppendVarint(spec.size, out);
  }
}

}  // namespace freshet
