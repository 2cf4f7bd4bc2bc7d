// SPDX-License-Identifier: Apache-2.0
#include "features/windows/tile.h"

#include "base/check.h"
#include "base/error.h"

namespace freshet {
namespace {

// Those whose length is said before their bytes, which are passed over by it.
bool IsLong(const PartialSpec& spec) {
  return spec.groups > 0 || spec.kind >= PartialKind::kFirst;
}

void SkipShort(const PartialSpec& spec, ByteReader& in) {
  switch (spec.kind) {
    case PartialKind::kMin:
    case PartialKind::kMax:
      if (const uint32_t width = ElementWidth(spec.value); width > 0) {
        in.Bytes(width);
      } else {
        in.LengthAndBytes();
      }
      return;
    default:
      // The numbers' own Merge is as cheap as any way round it.
      Partial passed = MakePartial(spec);
      std::visit([&](auto& p) { p.Merge(in); }, passed);
  }
}

void MergeLong(Partial& partial, ByteReader& in) {
  ByteReader own(in.LengthAndBytes());
  std::visit([&](auto& p) { p.Merge(own); }, partial);
  if (!own.ok() || !own.AtEnd()) in.Fail();
}

}  // namespace

Tile::Tile(const TileShape& shape) : specs_(shape.partials()) {
  partials_.reserve(specs_.size());
  for (const PartialSpec& spec : specs_) {
    partials_.push_back(MakePartial(spec));
  }
}

void Tile::Clear() {
  for (Partial& partial : partials_) {
    std::visit([](auto& p) { p.Clear(); }, partial);
  }
}

absl::Status Tile::Merge(std::string_view bytes) {
  return MergeWanted(bytes, nullptr);
}

absl::Status Tile::Merge(std::string_view bytes, std::string_view wanted) {
  CHECK(wanted.size() == specs_.size());
  return MergeWanted(bytes, wanted.data());
}

absl::Status Tile::MergeWanted(std::string_view bytes, const char* wanted) {
  ByteReader in(bytes);
  const std::string_view present = in.Bytes((specs_.size() + 7) / 8);
  for (size_t i = 0; i < specs_.size() && in.ok(); ++i) {
    if (((static_cast<uint8_t>(present[i / 8]) >> (i % 8)) & 1) == 0) continue;
    const bool merge = wanted == nullptr || wanted[i] != 0;
    if (IsLong(specs_[i])) {
      if (merge) {
        MergeLong(partials_[i], in);
      } else {
        in.LengthAndBytes();
      }
    } else if (merge) {
      std::visit([&](auto& p) { p.Merge(in); }, partials_[i]);
    } else {
      SkipShort(specs_[i], in);
    }
  }
  if (in.ok() && in.AtEnd()) return absl::OkStatus();
  return DataLoss("a tile of {} bytes is none of its shape", bytes.size());
}

void Tile::AppendTo(std::string* out) const {
  const size_t present = out->size();
  out->append((specs_.size() + 7) / 8, '\0');
  for (size_t i = 0; i < specs_.size(); ++i) {
    const bool empty =
        std::visit([](const auto& p) { return p.empty(); }, partials_[i]);
    if (empty) continue;
    char& bits = (*out)[present + i / 8];
    bits = static_cast<char>(static_cast<uint8_t>(bits) | 1U << (i % 8));
    if (IsLong(specs_[i])) {
      scratch_.clear();
      std::visit([&](const auto& p) { p.AppendTo(&scratch_); }, partials_[i]);
      AppendLengthAndBytes(scratch_, out);
    } else {
      std::visit([&](const auto& p) { p.AppendTo(out); }, partials_[i]);
    }
  }
}

}  // namespace freshet
