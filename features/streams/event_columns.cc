// SPDX-License-Identifier: Apache-2.0
#include "features/streams/event_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/status.h"

namespace freshet {

EventColumnsBuilder::EventColumnsBuilder(const StreamSource& source,
                                         const std::string& view,
                                         const Definitions& columns)
    : source_(source), view_(view), definitions_(columns) {
  for (const StreamField& field : source.fields) {
    fields_.push_back({field.name, field.type});
  }
}

absl::StatusOr<Expression> EventColumnsBuilder::Compile(
    std::string_view what, const std::string& text) const {
  auto compiled = Expression::Compile(text, fields_);
  if (!compiled.ok()) {
    return InvalidArgument("view '{}': {} `{}`: {}", view_, what, text,
                           std::string(compiled.status().message()));
  }
  return compiled;
}

absl::Status EventColumnsBuilder::SetTimestampField() {
  for (size_t i = 0; i < source_.fields.size(); ++i) {
    const StreamField& field = source_.fields[i];
    if (field.name != source_.timestamp_field) continue;
    out_.timestamp_field = i;
    if (field.type.kind == Kind::kTimestamp && !field.type.list) {
      return absl::OkStatus();
    }
    return InvalidArgument(
        "view '{}': 'timestamp_field: {}' of source '{}' is {}, not timestamp",
        view_, field.name, source_.name, field.type.ToString());
  }
  return InvalidArgument(
      "view '{}': source '{}' has no field '{}', its 'timestamp_field'", view_,
      source_.name, source_.timestamp_field);
}

absl::Status EventColumnsBuilder::SetFilter(const std::string& filter) {
  if (filter.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(out_.filter, Compile("filter", filter));
  const Type& type = out_.filter->type();
  if (type.kind == Kind::kBool) return absl::OkStatus();
  return InvalidArgument("view '{}': filter `{}` is {}, not bool", view_,
                         filter, type.ToString());
}

absl::StatusOr<size_t> EventColumnsBuilder::Add(std::string name,
                                                Expression column) {
  out_.names.push_back(std::move(name));
  out_.columns.push_back(std::move(column));
  return out_.columns.size() - 1;
}

absl::StatusOr<size_t> EventColumnsBuilder::Column(const std::string& name) {
  const auto known = std::find(out_.names.begin(), out_.names.end(), name);
  if (known != out_.names.end()) {
    return static_cast<size_t>(known - out_.names.begin());
  }
  const auto defined = definitions_.find(name);
  const std::string text =
      defined == definitions_.end() ? "\"" + name + "\"" : defined->second;
  ASSIGN_OR_RETURN(Expression column,
                   Compile(fmt::format("column '{}',", name), text));
  return Add(name, std::move(column));
}

absl::StatusOr<size_t> EventColumnsBuilder::Computed(
    const std::string& what, const std::string& expression) {
  ASSIGN_OR_RETURN(Expression column, Compile(what, expression));
  return Add("", std::move(column));
}

absl::Status EventColumnsBuilder::SetKey(const std::vector<KeyPart>& key) {
  out_.key = key;
  for (const KeyPart& part : key) {
    ASSIGN_OR_RETURN(const size_t column, Column(part.name));
    if (!WidensTo(type(column), part.type)) {
      return InvalidArgument(
          "view '{}': join key '{}' is {}, and the column of that name is {}",
          view_, part.name, part.type.ToString(), type(column).ToString());
    }
    out_.key_columns.push_back(column);
  }
  return absl::OkStatus();
}

}  // namespace freshet
