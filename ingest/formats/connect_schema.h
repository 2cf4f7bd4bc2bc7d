// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "features/records/field_reading.h"

namespace freshet {

// What the schema that Kafka Connect writes beside a change says of the row's
// fields: those whose values mean more than their type. A text that is no such
// schema says nothing.
class RowMeanings {
 public:
  explicit RowMeanings(std::string_view json);

  // Null: it says nothing of it.
  const Meaning* Find(const std::string& field) const;

 private:
  std::map<std::string, Meaning> by_field_;
};

}  // namespace freshet
