// SPDX-License-Identifier: Apache-2.0
// From functions, as definitions name them, to the partial aggregates that they
// are computed from, and back to values.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "config/streams/aggregate_function.h"
#include "config/type.h"
#include "features/aggregations/partial.h"

namespace freshet {

// INVALID_ARGUMENT when the function is not for such values, with what it is
// for. A `count` of rows has no column: any type.
absl::StatusOr<Type> ResultType(const FunctionCall& call, const Type& column);

// What is kept for the function. Requires: ResultType is OK.
PartialSpec SpecOf(const FunctionCall& call, const Type& column);

// Whether `spec` also says what the function, with SpecOf another one, needs: a
// sum knows the count and the mean.
bool Answers(const PartialSpec& spec, const FunctionCall& call);

enum class AnswerState {
  kValue,
  kApproximate,  // Of a function that is exact up to its size: it is beyond.
  kPart,         // Of some groups: there are more than are kept.
  kNull,
  kOverflow,  // The value is none of its type.
};

// Replaces `out` with the value as rows hold it: a slot, a string, a list's
// payload. Without a value it is empty. Requires: the partial is of SpecOf, or
// of one that Answers.
AnswerState Answer(const FunctionCall& call, const Type& column,
                   const Partial& partial, std::string* out);

// INVALID_ARGUMENT where a function has no groups, with what to do.
absl::Status CheckGroups(const FunctionCall& call, const Type& by);

// The same of each group, as a list, ascending by what they are of; one that
// has no value is null. kPart: there are more groups. Requires: CheckGroups is
// OK, and the partial is of SpecOf with groups.
AnswerState AnswerGroups(const FunctionCall& call, const Type& column,
                         const GroupsPartial& partial, std::string* out);
// What those are of, in their order.
AnswerState AnswerKeys(const GroupsPartial& partial, std::string* out);

}  // namespace freshet
