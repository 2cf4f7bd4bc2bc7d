// SPDX-License-Identifier: Apache-2.0
#include "features/streams/live_row.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/error.h"
#include "base/status.h"
#include "features/byte_reader.h"

namespace freshet {
namespace {

// Of a row.
constexpr uint8_t kHasWhole = 1;
constexpr uint8_t kIsDeleted = 2;

// Of a cell, above its Storage.
constexpr uint8_t kStorageMask = 3;
constexpr uint8_t kIsNull = 4;
constexpr uint8_t kHasTime = 8;  // Else it is of the whole row's.

bool IsOfWhole(const LiveRow& row, const LiveCell& cell) {
  return row.whole && row.whole->time_micros == cell.time_micros;
}

void AppendCell(const LiveRow& row, const LiveCell& cell, std::string* out) {
  const bool has_time = !IsOfWhole(row, cell);
  AppendVarint(cell.feature, out);
  out->push_back(static_cast<char>(static_cast<uint8_t>(cell.storage) |
                                   (cell.value.null ? kIsNull : 0) |
                                   (has_time ? kHasTime : 0)));
  if (has_time) AppendLittle(cell.time_micros, out);
  if (cell.value.null) return;
  switch (cell.storage) {
    case Storage::kIntegers:
      AppendVarint(ZigZag(cell.value.integer), out);
      break;
    case Storage::kReals:
      AppendLittle(cell.value.real, out);
      break;
    case Storage::kStrings:
      AppendLengthAndBytes(cell.value.text, out);
      break;
  }
}

LiveCell ReadCell(const LiveRow& row, ByteReader& in) {
  LiveCell cell;
  cell.feature = in.Varint<uint32_t>();
  const auto tag = in.Fixed<uint8_t>();
  const uint8_t storage = tag & kStorageMask;
  if (storage > static_cast<uint8_t>(Storage::kStrings)) in.Fail();
  cell.storage = static_cast<Storage>(storage);
  if ((tag & kHasTime) != 0) {
    cell.time_micros = in.Fixed<int64_t>();
  } else if (row.whole) {
    cell.time_micros = row.whole->time_micros;
  } else {
    in.Fail();
  }
  if ((tag & kIsNull) != 0 || !in.ok()) return cell;
  switch (cell.storage) {
    case Storage::kIntegers:
      cell.value = Datum::Integer(in.SignedVarint());
      break;
    case Storage::kReals:
      cell.value = Datum::Real(in.Fixed<double>());
      break;
    case Storage::kStrings:
      cell.value = Datum::Text(in.LengthAndBytes());
      break;
  }
  return cell;
}

// Without the cells that are older, or as old and came before.
void DropBefore(int64_t time_micros, bool and_of_it, LiveRow& row) {
  std::erase_if(row.cells, [&](const LiveCell& cell) {
    return cell.time_micros < time_micros ||
           (and_of_it && cell.time_micros == time_micros);
  });
}

// Adds what came after all of `row`.
void MergeNext(LiveRow next, LiveRow& row) {
  if (next.whole &&
      (!row.whole || next.whole->time_micros >= row.whole->time_micros)) {
    row.whole = next.whole;
    DropBefore(next.whole->time_micros, /*and_of_it=*/true, row);
  } else if (row.whole) {
    DropBefore(row.whole->time_micros, /*and_of_it=*/false, next);
  }
  std::vector<LiveCell> cells;
  auto had = row.cells.begin();
  for (LiveCell& cell : next.cells) {
    for (; had != row.cells.end() && had->feature < cell.feature; ++had) {
      cells.push_back(*had);
    }
    const bool same = had != row.cells.end() && had->feature == cell.feature;
    cells.push_back(same && had->time_micros > cell.time_micros ? *had : cell);
    if (same) ++had;
  }
  cells.insert(cells.end(), had, row.cells.end());
  row.cells = std::move(cells);
}

}  // namespace

std::string EncodeLiveRow(const LiveRow& row) {
  std::string out(1, static_cast<char>(kLiveRowFormat));
  uint8_t flags = 0;
  if (row.whole) flags = kHasWhole | (row.whole->deleted ? kIsDeleted : 0);
  out.push_back(static_cast<char>(flags));
  if (row.whole) AppendLittle(row.whole->time_micros, &out);
  for (const LiveCell& cell : row.cells) AppendCell(row, cell, &out);
  return out;
}

int64_t NewestMicros(const LiveRow& row) {
  int64_t newest =
      row.whole ? row.whole->time_micros : std::numeric_limits<int64_t>::min();
  for (const LiveCell& cell : row.cells) {
    newest = std::max(newest, cell.time_micros);
  }
  return newest;
}

absl::StatusOr<LiveRow> DecodeLiveRow(std::string_view bytes) {
  ByteReader in(bytes);
  const auto format = in.Fixed<uint8_t>();
  const auto flags = in.Fixed<uint8_t>();
  LiveRow row;
  if ((flags & kHasWhole) != 0) {
    row.whole = {.time_micros = in.Fixed<int64_t>(),
                 .deleted = (flags & kIsDeleted) != 0};
  }
  while (in.ok() && !in.AtEnd()) {
    const LiveCell cell = ReadCell(row, in);
    if (!row.cells.empty() && cell.feature <= row.cells.back().feature) {
      in.Fail();
    }
    row.cells.push_back(cell);
  }
  if (in.ok() && format == kLiveRowFormat) return row;
  return DataLoss("{} bytes of format {} are no live row of format {}",
                  bytes.size(), format, kLiveRowFormat);
}

absl::StatusOr<std::string> MergeLiveRows(
    const std::vector<std::string_view>& rows) {
  CHECK(!rows.empty());
  LiveRow merged;
  for (const std::string_view bytes : rows) {
    ASSIGN_OR_RETURN(LiveRow next, DecodeLiveRow(bytes));
    MergeNext(std::move(next), merged);
  }
  return EncodeLiveRow(merged);
}

}  // namespace freshet
