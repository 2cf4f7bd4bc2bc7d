// SPDX-License-Identifier: Apache-2.0
// The bytes of one list value: docs/format.md, "List".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/type.h"

namespace freshet {

// Encodes one list after the other into a reused buffer. Not thread-safe.
class ListWriter {
 public:
  explicit ListWriter(Kind kind) : kind_(kind) {}

  void Begin();
  void AddNull();
  // Fixed-width elements: exactly ElementWidth(kind) bytes; else any bytes.
  void Add(std::string_view element);
  // The payload; valid until the next Begin.
  std::string_view Finish();

 private:
  Kind kind_;
  bool has_nulls_ = false;
  std::string nulls_;     // One byte per element, 1: null.
  std::string elements_;  // Fixed-width, or the bytes of all strings.
  std::vector<uint32_t> ends_;
  std::string out_;
};

// The parts of a list's payload, pointing into the row. All lengths and ends
// have been checked: Element() is safe for every i < size.
struct ListView {
  uint32_t size = 0;
  std::string_view nulls;  // Empty: none is null. Else `size` bytes, 1: null.
  std::string_view elements;  // Fixed-width slots (a null's slot is zero), or
                              // the bytes of all strings.
  std::string_view ends;      // Strings only: `size` little-endian uint32.

  bool IsNull(uint32_t i) const { return !nulls.empty() && nulls[i] != 0; }
  // The bytes of one element: the slot, or the string. A null's are zero bytes
  // or none.
  std::string_view Element(uint32_t i) const;
};

// Splits a list's payload. DATA_LOSS if it is not one.
absl::StatusOr<ListView> ParseList(Kind kind, std::string_view payload);

}  // namespace freshet
