// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "features/list_codec.h"
#include "server/online/view_rows.h"
#include "server/online/wire.h"
#include "versions/plan.h"

namespace freshet {

// What the caller wants to see beyond values and statuses.
struct ReplyOptions {
  bool names = false;
  bool event_times = false;
  bool expired_values = false;
};

// One column of the reply: measured first, then written once, straight from
// the rows' bytes into the wire's. Reused from request to request; no
// allocation per value. Not thread-safe.
class ReplyColumn {
 public:
  // Gives every row its status and returns the bytes of the column's message.
  // All must stay until Write has returned.
  size_t Measure(const PlannedFeature& feature, const ViewRows& rows,
                 bool shared, ReplyOptions options);

  // Writes exactly the bytes measured.
  void Write(WireWriter& out) const;

 private:
  enum class Shape { kFixed, kBytes, kList };

  // A value is the row's, the default's, or there is none (zero or empty).
  enum class From : uint8_t { kNowhere, kRow, kDefault };

  From SourceOf(size_t i, uint8_t& status);
  From OfPresentRow(size_t i, bool has_value, uint8_t& status);
  From OfOldRow(bool has_value, uint8_t& status);
  From OrDefault(uint8_t& status);
  void MeasureValues();
  void EncodeDefault();
  std::string_view BytesAt(size_t i, uint8_t& status);
  ListView ListAt(size_t i, uint8_t& status);
  size_t ValuesSize() const;

  template <typename Stored, typename Wire>
  void CopySlots(char* out) const;
  void WriteFixed(WireWriter& out) const;
  void WriteFloats(char* out) const;
  void WriteBytes(WireWriter& out) const;
  void WriteLists(WireWriter& out) const;
  void WriteListElements(char* out) const;
  void WriteListStrings(WireWriter& out) const;
  void WriteEnds(WireWriter& out) const;
  void WriteEventTimes(WireWriter& out) const;
  void WriteType(WireWriter& out) const;

  const PlannedFeature* feature_ = nullptr;
  const ViewRows* rows_ = nullptr;
  bool shared_ = false;
  ReplyOptions options_;
  Shape shape_ = Shape::kFixed;
  std::string statuses_;
  std::vector<From> from_;
  std::vector<std::string_view> bytes_;  // kBytes, and a list's strings.
  std::vector<ListView> lists_;          // kList.
  size_t elements_ = 0;                  // Of all lists.
  size_t blob_size_ = 0;
  bool null_elements_ = false;
  bool default_encoded_ = false;
  std::string default_;  // Encoded as rows hold it.
};

}  // namespace freshet
