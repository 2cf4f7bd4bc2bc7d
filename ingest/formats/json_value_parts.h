// SPDX-License-Identifier: Apache-2.0
// How values of JSON become fields' values; for the sources of formats/ only.
#pragma once

// What can fail says so, and nothing is thrown where that was not looked at.
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/streams/event_rows.h"

namespace freshet {

struct JsonField {
  size_t index = 0;  // Of the source.
  StreamField field = {};
  int64_t scale = 0;  // Of a decimal in base64.
  // That it is one is said by a schema beside it, not by the definition.
  bool by_schema = false;
  // A value of a database's row by Debezium: a text that is a decimal or its
  // bytes is told by the encoding alone, and one may say that it is not told.
  bool of_row = false;
};

// Members of objects that fields are read from, by name.
class JsonMembers {
 public:
  // `names`: of the members, one for each of the fields.
  JsonMembers(std::vector<JsonField> fields, std::vector<std::string> names);

  // Has the members of an object looked for anew.
  void Begin() { seen_.assign(fields_.size(), false); }
  // Reads a member, if it is one. FAILED_PRECONDITION: it is not of its type,
  // or there twice; INVALID_ARGUMENT: it is not JSON.
  absl::Status Read(std::string_view name, simdjson::ondemand::value& value,
                    EventRows& rows);
  // The same of all members of an object.
  absl::Status ReadAll(simdjson::ondemand::object& object, EventRows& rows);

  std::vector<JsonField>& fields() { return fields_; }
  const std::vector<std::string>& names() const { return names_; }

 private:
  absl::Status ReadAt(size_t place, simdjson::ondemand::value& value,
                      EventRows& rows);

  std::vector<JsonField> fields_;
  std::vector<std::string> names_;  // Of fields_.
  std::unordered_map<std::string_view, size_t> by_name_;
  std::vector<bool> seen_;
};

// A text of JSON, and the objects within it, one open at a time.
class JsonText {
 public:
  // Forgets what there was.
  void Take(std::string_view text);
  std::string_view text() const {
    return std::string_view(padded_).substr(0, size_);
  }
  // The object that `within` is, a part of text(); it ends with the next call.
  // INVALID_ARGUMENT: it is none.
  absl::StatusOr<simdjson::ondemand::object> Open(std::string_view within);
  // Once its members were gone through: INVALID_ARGUMENT if there is more.
  absl::Status CheckEnd();

 private:
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  std::string padded_;  // simdjson reads beyond the end.
  size_t size_ = 0;
};

// The text of an object; none for null. INVALID_ARGUMENT if it is neither:
// "its 'x' is ...".
absl::StatusOr<std::optional<std::string_view>> ObjectText(
    std::string_view name, simdjson::ondemand::value& value);

absl::Status NotJson(simdjson::error_code error);
// "a number", "an array": for errors.
std::string_view NameOf(simdjson::ondemand::json_type type);

}  // namespace freshet
