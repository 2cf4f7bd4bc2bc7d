// SPDX-License-Identifier: Apache-2.0
#include "features/list_codec.h"

#include <limits>

#include "base/check.h"
#include "base/error.h"
#include "features/little_endian.h"

namespace freshet {
namespace {

constexpr size_t kHeaderBytes = sizeof(uint32_t) + 1;

absl::Status BadList(std::string_view why) {
  return DataLoss("damaged list: {}", why);
}

absl::Status CheckEnds(const ListView& list) {
  uint32_t before = 0;
  for (uint32_t i = 0; i < list.size; ++i) {
    const auto end = LoadLittle<uint32_t>(list.ends, i * sizeof(uint32_t));
    if (end < before) return BadList("its ends fall");
    before = end;
  }
  if (before != list.elements.size()) return BadList("its last end is wrong");
  return absl::OkStatus();
}

}  // namespace

void ListWriter::Begin() {
  has_nulls_ = false;
  nulls_.clear();
  elements_.clear();
  ends_.clear();
}

void ListWriter::AddNull() {
  has_nulls_ = true;
  nulls_.push_back(1);
  elements_.append(ElementWidth(kind_), '\0');
  ends_.push_back(static_cast<uint32_t>(elements_.size()));
}

void ListWriter::Add(std::string_view element) {
  const uint32_t width = ElementWidth(kind_);
  CHECK(width == 0 || element.size() == width);
  nulls_.push_back(0);
  elements_.append(element);
  CHECK(elements_.size() <= std::numeric_limits<uint32_t>::max());
  ends_.push_back(static_cast<uint32_t>(elements_.size()));
}

std::string_view ListWriter::Finish() {
  out_.clear();
  AppendLittle(static_cast<uint32_t>(nulls_.size()), &out_);
  out_.push_back(has_nulls_ ? 1 : 0);
  if (has_nulls_) out_.append(nulls_);
  if (ElementWidth(kind_) == 0) {
    for (const uint32_t end : ends_) AppendLittle(end, &out_);
  }
  out_.append(elements_);
  return out_;
}

std::string_view ListView::Element(uint32_t i) const {
  if (ends.empty()) {
    const size_t width = elements.size() / size;
    return elements.substr(i * width, width);
  }
  const uint32_t begin =
      i == 0 ? 0 : LoadLittle<uint32_t>(ends, (i - 1) * sizeof(uint32_t));
  const auto end = LoadLittle<uint32_t>(ends, i * sizeof(uint32_t));
  return elements.substr(begin, end - begin);
}

absl::StatusOr<ListView> ParseList(Kind kind, std::string_view payload) {
  if (payload.size() < kHeaderBytes) return BadList("too short");
  ListView list;
  list.size = LoadLittle<uint32_t>(payload, 0);
  const auto has_nulls = static_cast<uint8_t>(payload[sizeof(uint32_t)]);
  payload.remove_prefix(kHeaderBytes);
  if (has_nulls > 1) return BadList("bad null mark");

  // In 64 bits, so that no size makes the sum wrap.
  const uint64_t size = list.size;
  const uint64_t width = ElementWidth(kind);
  const uint64_t nulls_bytes = has_nulls * size;
  const uint64_t ends_bytes = width == 0 ? size * sizeof(uint32_t) : 0;
  const uint64_t fixed_bytes = nulls_bytes + ends_bytes + size * width;
  if (payload.size() < fixed_bytes ||
      (width != 0 && payload.size() != fixed_bytes)) {
    return BadList("its length does not fit its size");
  }
  list.nulls = payload.substr(0, nulls_bytes);
  list.ends = payload.substr(nulls_bytes, ends_bytes);
  list.elements = payload.substr(nulls_bytes + ends_bytes);
  if (width == 0) {
    if (absl::Status status = CheckEnds(list); !status.ok()) return status;
  }
  return list;
}

}  // namespace freshet
