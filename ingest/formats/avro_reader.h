// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "features/byte_reader.h"
#include "features/records/avro_plan.h"
#include "features/records/record_field.h"
#include "features/streams/event_rows.h"

namespace freshet {

// Reads one record of Avro by a plan. Used once.
class AvroReader {
 public:
  // All outlive it. `fields`: RecordFields of the source of the plan.
  AvroReader(const AvroPlan& plan, const std::vector<RecordField>& fields,
             std::string_view bytes, EventRows& rows)
      : plan_(plan), fields_(fields), rows_(rows), in_(bytes) {}

  // As EventFormat's.
  absl::Status Read();

 private:
  // The bytes from where an image of a row begins; none where it is null.
  using Image = std::optional<std::string_view>;

  absl::Status ReadRecord(const AvroRecord& record);
  absl::Status ReadMember(const AvroRecord& record, const AvroMember& member);
  absl::Status ReadTarget(const AvroTarget& target, size_t type);
  absl::Status ReadNumber(const AvroTarget& target, size_t branch,
                          const AvroType& type);
  absl::Status ReadText(const AvroTarget& target, AvroRead read);
  absl::Status ReadBytes(const AvroTarget& target, const AvroType& type,
                         AvroRead read);
  absl::Status ReadSymbol(const AvroTarget& target, const AvroType& type);

  absl::Status ReadOp();  // A string: the plan says so.
  absl::Status ReadSource(size_t type);
  // Whether a value is of the record that is planned, as one of another kind of
  // type is not. INVALID_ARGUMENT: it is another record.
  absl::StatusOr<bool> IsPlanned(const AvroRecord& record, size_t branch) const;
  // Notes where it is, and passes over it.
  absl::Status MarkImage(const AvroRecord& record, size_t type, Image* image);
  // The row itself, when the envelope is read.
  absl::Status ReadChange();

  // A length and so many bytes.
  std::string_view Text();
  // The branch that a value is of, and its place; the type itself, and 0, where
  // it is no union.
  absl::StatusOr<size_t> Branch(size_t type, size_t* index);
  absl::Status Skip(size_t type, int depth);
  absl::Status SkipBlocks(const AvroType& type, int depth);
  absl::Status Ended() const;
  // Whether a database did not tell what did not change: nothing is said then.
  bool IsUntold(std::string_view bytes) const {
    return plan_.enveloped && bytes == kUnavailable;
  }

  const AvroPlan& plan_;
  const std::vector<RecordField>& fields_;
  EventRows& rows_;
  ByteReader in_;
  char op_ = 0;
  Image before_;
  Image after_;
};

}  // namespace freshet
