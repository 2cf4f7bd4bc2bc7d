// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/streams/stream_view.h"
#include "features/expressions/expression.h"
#include "features/row_schema.h"

namespace freshet {

// What a view makes of each event of its source, compiled: whether it takes it,
// whose it is, and values. Immutable; safe to use from any thread.
struct EventColumns {
  std::vector<KeyPart> key;
  size_t timestamp_field = 0;        // Index into the source's fields.
  std::optional<Expression> filter;  // Over the source's fields, as the next.
  std::vector<Expression> columns;
  std::vector<std::string> names;   // Of columns.
  std::vector<size_t> key_columns;  // Indexes into columns, by part of the key.
};

// Compiles them, one after the other. Every error is INVALID_ARGUMENT and names
// the view, what is wrong, and where in an expression.
class EventColumnsBuilder {
 public:
  // Expressions by the name of their column. A name without one is the field of
  // that name. All must outlive the builder.
  using Definitions = std::map<std::string, std::string>;
  EventColumnsBuilder(const StreamSource& source, const std::string& view,
                      const Definitions& columns);

  absl::Status SetTimestampField();
  // "": there is none.
  absl::Status SetFilter(const std::string& filter);
  // The join keys, which are columns of the same name and type.
  absl::Status SetKey(const std::vector<KeyPart>& key);

  // The place of a column among those that are computed, each once.
  absl::StatusOr<size_t> Column(const std::string& name);
  // The same of an expression that has no name for others.
  absl::StatusOr<size_t> Computed(const std::string& what,
                                  const std::string& expression);
  const Type& type(size_t column) const { return out_.columns[column].type(); }

  EventColumns Take() { return std::move(out_); }

 private:
  absl::StatusOr<Expression> Compile(std::string_view what,
                                     const std::string& text) const;
  absl::StatusOr<size_t> Add(std::string name, Expression column);

  const StreamSource& source_;
  const std::string& view_;
  const Definitions& definitions_;
  std::vector<ExpressionInput> fields_;
  EventColumns out_;
};

}  // namespace freshet
