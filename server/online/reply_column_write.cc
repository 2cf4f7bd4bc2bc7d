// SPDX-License-Identifier: Apache-2.0
// The second half of ReplyColumn: copying.
#include <cstring>

#include "features/little_endian.h"
#include "server/online/reply_column.h"
#include "server/online/reply_fields.h"

namespace freshet {
namespace {

template <typename Stored, typename Wire>
void CopyOne(const char* from, char* to) {
  if constexpr (std::is_same_v<Stored, bool>) {
    // A byte that damage turned into another than 0 or 1 would be read as
    // part of a longer varint.
    *to = *from != 0 ? 1 : 0;
  } else if constexpr (std::is_same_v<Stored, Wire>) {
    std::memcpy(to, from, sizeof(Wire));
  } else {
    Stored narrow;
    std::memcpy(&narrow, from, sizeof(narrow));
    const auto wide = static_cast<Wire>(narrow);
    std::memcpy(to, &wide, sizeof(wide));
  }
}

template <typename Stored, typename Wire>
void CopyMany(std::string_view from, char* to) {
  if constexpr (std::is_same_v<Stored, Wire> && !std::is_same_v<Wire, bool>) {
    if (!from.empty()) std::memcpy(to, from.data(), from.size());
  } else {
    for (size_t at = 0; at < from.size(); at += sizeof(Stored)) {
      CopyOne<Stored, Wire>(from.data() + at, to);
      to += sizeof(Wire);
    }
  }
}

using CopyElements = void (*)(std::string_view from, char* to);

// One choice per column or list, none per value.
CopyElements CopyFor(Kind stored, Kind wire) {
  if (wire == Kind::kBool) return CopyMany<bool, bool>;
  if (stored == Kind::kInt32 && wire == Kind::kInt64) {
    return CopyMany<int32_t, int64_t>;
  }
  if (stored == Kind::kFloat && wire == Kind::kDouble) {
    return CopyMany<float, double>;
  }
  return ElementWidth(wire) == 4 ? CopyMany<int32_t, int32_t>
                                 : CopyMany<int64_t, int64_t>;
}

void PutUint32(size_t value, char* to) {
  const auto narrow = static_cast<uint32_t>(value);
  std::memcpy(to, &narrow, sizeof(narrow));
}

}  // namespace

void ReplyColumn::Write(WireWriter& out) const {
  out.BytesField(kColumnStatuses, statuses_);
  out.VarintField(kColumnShared, shared_ ? 1 : 0);
  switch (shape_) {
    case Shape::kFixed:
      WriteFixed(out);
      break;
    case Shape::kBytes:
      WriteBytes(out);
      break;
    case Shape::kList:
      WriteLists(out);
      break;
  }
  if (options_.event_times) WriteEventTimes(out);
  if (options_.names) {
    out.BytesField(kColumnName, feature_->name);
    WriteType(out);
  }
}

void ReplyColumn::WriteFixed(WireWriter& out) const {
  const size_t size = from_.size() * SlotWidth(feature_->type);
  if (size == 0) return;
  const Kind wire = feature_->type.kind;
  const Kind stored = feature_->stored_type.kind;
  out.Length(ValuesField(wire), size);
  char* to = out.Skip(size);
  if (feature_->type.fixed_length > 0) {
    WriteFloats(to);
  } else if (wire == Kind::kBool) {
    CopySlots<bool, bool>(to);
  } else if (stored == Kind::kInt32 && wire == Kind::kInt64) {
    CopySlots<int32_t, int64_t>(to);
  } else if (stored == Kind::kFloat && wire == Kind::kDouble) {
    CopySlots<float, double>(to);
  } else if (ElementWidth(wire) == 4) {
    CopySlots<int32_t, int32_t>(to);
  } else {
    CopySlots<int64_t, int64_t>(to);
  }
}

template <typename Stored, typename Wire>
void ReplyColumn::CopySlots(char* out) const {
  for (size_t i = 0; i < from_.size(); ++i, out += sizeof(Wire)) {
    if (from_[i] == From::kRow) {
      const auto slot = rows_->row(i)->Fixed(*feature_->column);
      CopyOne<Stored, Wire>(slot.data(), out);
    } else if (from_[i] == From::kDefault) {
      CopyOne<Wire, Wire>(default_.data(), out);
    } else {
      std::memset(out, 0, sizeof(Wire));
    }
  }
}

void ReplyColumn::WriteFloats(char* out) const {
  const size_t width = SlotWidth(feature_->type);
  for (size_t i = 0; i < from_.size(); ++i, out += width) {
    if (from_[i] == From::kRow) {
      const auto slot = rows_->row(i)->Fixed(*feature_->column);
      std::memcpy(out, slot.data(), width);
    } else if (from_[i] == From::kDefault) {
      std::memcpy(out, default_.data(), width);
    } else {
      std::memset(out, 0, width);
    }
  }
}

void ReplyColumn::WriteBytes(WireWriter& out) const {
  if (blob_size_ > 0) {
    out.Length(kColumnBlob, blob_size_);
    for (const std::string_view bytes : bytes_) out.Raw(bytes);
  }
  if (bytes_.empty()) return;
  out.Length(kColumnEnds, 4 * bytes_.size());
  char* to = out.Skip(4 * bytes_.size());
  size_t end = 0;
  for (const std::string_view bytes : bytes_) {
    end += bytes.size();
    PutUint32(end, to);
    to += 4;
  }
}

void ReplyColumn::WriteLists(WireWriter& out) const {
  const size_t width = ElementWidth(feature_->type.kind);
  if (width == 0) {
    WriteListStrings(out);
  } else if (elements_ > 0) {
    out.Length(ValuesField(feature_->type.kind), elements_ * width);
    WriteListElements(out.Skip(elements_ * width));
  }
  WriteEnds(out);
  if (!null_elements_) return;
  out.Length(kColumnNullElements, elements_);
  char* to = out.Skip(elements_);
  for (const ListView& list : lists_) {
    for (uint32_t e = 0; e < list.size; ++e) *to++ = list.IsNull(e) ? 1 : 0;
  }
}

void ReplyColumn::WriteListElements(char* out) const {
  const Kind wire = feature_->type.kind;
  const CopyElements from_row = CopyFor(feature_->stored_type.kind, wire);
  const CopyElements from_default = CopyFor(wire, wire);
  for (size_t i = 0; i < lists_.size(); ++i) {
    const auto copy = from_[i] == From::kDefault ? from_default : from_row;
    copy(lists_[i].elements, out);
    out += lists_[i].size * ElementWidth(wire);
  }
}

void ReplyColumn::WriteListStrings(WireWriter& out) const {
  if (blob_size_ > 0) {
    out.Length(kColumnBlob, blob_size_);
    for (const ListView& list : lists_) out.Raw(list.elements);
  }
  if (elements_ == 0) return;
  out.Length(kColumnEnds, 4 * elements_);
  char* to = out.Skip(4 * elements_);
  size_t start = 0;
  for (const ListView& list : lists_) {
    for (uint32_t e = 0; e < list.size; ++e, to += 4) {
      PutUint32(start + LoadLittle<uint32_t>(list.ends, 4 * size_t{e}), to);
    }
    start += list.elements.size();
  }
}

void ReplyColumn::WriteEnds(WireWriter& out) const {
  if (lists_.empty()) return;
  out.Length(kColumnListEnds, 4 * lists_.size());
  char* to = out.Skip(4 * lists_.size());
  size_t end = 0;
  for (const ListView& list : lists_) {
    end += list.size;
    PutUint32(end, to);
    to += 4;
  }
}

void ReplyColumn::WriteEventTimes(WireWriter& out) const {
  if (from_.empty()) return;
  out.Length(kColumnEventTimes, 8 * from_.size());
  char* to = out.Skip(8 * from_.size());
  for (size_t i = 0; i < from_.size(); ++i, to += 8) {
    const bool has_row = rows_->row(i) != nullptr;
    const int64_t time = !has_row ? 0
                         : feature_->column.has_value()
                             ? rows_->event_time_micros(i, *feature_->column)
                             : rows_->row(i)->event_time_micros();
    std::memcpy(to, &time, sizeof(time));
  }
}

void ReplyColumn::WriteType(WireWriter& out) const {
  const Type& type = feature_->type;
  out.Length(kColumnType, TypeSize(type));
  out.VarintField(kTypeKind, static_cast<uint64_t>(type.kind));
  out.VarintField(kTypeList, type.list ? 1 : 0);
  out.VarintField(kTypeFixedLength, type.fixed_length);
  out.VarintField(kTypePrecision, type.precision);
  out.VarintField(kTypeScale, type.scale);
}

}  // namespace freshet
