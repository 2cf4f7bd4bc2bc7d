// SPDX-License-Identifier: Apache-2.0
#include "features/aggregations/function.h"

#include <cmath>
#include <limits>

#include "base/check.h"
#include "base/error.h"
#include "features/list_codec.h"
#include "features/little_endian.h"
#include "features/number_kinds.h"

namespace freshet {
namespace {

using enum AggregateFunction;

constexpr uint8_t kDecimalPrecisionMax = 18;
constexpr int64_t kDecimalUnitsMax = 999'999'999'999'999'999;

absl::Status WrongType(const FunctionCall& call, const Type& column,
                       std::string_view wanted) {
  return InvalidArgument("function '{}' is of {}, not of {}",
                         FunctionName(call.function), wanted,
                         column.ToString());
}

Type Simple(Kind kind) { return {.kind = kind}; }

Type ListOf(Type type) {
  type.list = true;
  return type;
}

Type SumType(const Type& column) {
  if (IsReal(column.kind)) return Simple(Kind::kDouble);
  if (column.kind != Kind::kDecimal) return Simple(Kind::kInt64);
  return {.kind = Kind::kDecimal,
          .precision = kDecimalPrecisionMax,
          .scale = column.scale};
}

double PowerOfTen(int exponent) {
  double power = 1;  // Exact up to 22.
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

AnswerState Give(int64_t value, std::string* out) {
  AppendLittle(value, out);
  return AnswerState::kValue;
}

AnswerState Give(double value, std::string* out) {
  AppendLittle(value, out);
  return AnswerState::kValue;
}

AnswerState GiveSum(const Type& column, const IntegerSumPartial& partial,
                    std::string* out) {
  using Sum = IntegerSumPartial::Sum;
  const bool decimal = column.kind == Kind::kDecimal;
  const Sum most =
      decimal ? kDecimalUnitsMax : std::numeric_limits<int64_t>::max();
  const Sum least =
      decimal ? -kDecimalUnitsMax : std::numeric_limits<int64_t>::min();
  if (partial.sum() > most || partial.sum() < least) {
    return AnswerState::kOverflow;
  }
  return Give(static_cast<int64_t>(partial.sum()), out);
}

// Rounded at the sum, at the scale and at the count: the same everywhere.
double MeanOf(const Type& column, const Partial& partial) {
  if (const auto* sum = std::get_if<DoubleSumPartial>(&partial)) {
    return sum->sum() / static_cast<double>(sum->count());
  }
  const auto& sum = std::get<IntegerSumPartial>(partial);
  return static_cast<double>(sum.sum()) / PowerOfTen(column.scale) /
         static_cast<double>(sum.count());
}

AnswerState GiveSpread(const FunctionCall& call, const Type& column,
                       const MomentsPartial& partial, std::string* out) {
  const bool sample = call.function == kStddev || call.function == kVariance;
  const uint64_t below = sample ? 1 : 0;
  if (partial.count() <= below) return AnswerState::kNull;
  const double scale = PowerOfTen(column.scale);
  const double variance = partial.Variance(below);
  const bool root = call.function == kStddev || call.function == kStddevPop;
  return Give(root ? std::sqrt(variance) / scale : variance / scale / scale,
              out);
}

uint64_t CountOf(const Partial& partial) {
  if (const auto* count = std::get_if<CountPartial>(&partial)) {
    return count->count();
  }
  if (const auto* sum = std::get_if<IntegerSumPartial>(&partial)) {
    return sum->count();
  }
  if (const auto* sum = std::get_if<DoubleSumPartial>(&partial)) {
    return sum->count();
  }
  return std::get<MomentsPartial>(partial).count();
}

AnswerState GiveList(const Type& column, const OrderedPartial& partial,
                     std::string* out) {
  ListWriter list(column.kind);
  list.Begin();
  for (const auto& entry : partial.entries()) list.Add(entry.value);
  *out = list.Finish();
  return AnswerState::kValue;
}

AnswerState GiveTop(const FunctionCall& call, const Type& column,
                    const TopPartial& partial, std::string* out) {
  ListWriter list(column.kind);
  list.Begin();
  for (const std::string_view value : partial.Top(call.n)) list.Add(value);
  *out = list.Finish();
  return partial.IsApproximate() ? AnswerState::kApproximate
                                 : AnswerState::kValue;
}

bool IsEmpty(const Partial& partial) {
  return std::visit([](const auto& p) { return p.empty(); }, partial);
}

}  // namespace

absl::StatusOr<Type> ResultType(const FunctionCall& call, const Type& column) {
  if (column.list && call.function != kCount) {
    return WrongType(call, column, "single values");
  }
  switch (call.function) {
    case kCount:
    case kCountDistinct:
    case kApproxCountDistinct:
      return Simple(Kind::kInt64);
    case kSum:
      if (!IsNumber(column.kind)) return WrongType(call, column, "numbers");
      return SumType(column);
    case kMean:
    case kStddev:
    case kStddevPop:
    case kVariance:
    case kVariancePop:
    case kApproxPercentile:
      if (!IsNumber(column.kind)) return WrongType(call, column, "numbers");
      return Simple(Kind::kDouble);
    case kBoolOr:
    case kBoolAnd:
      if (column.kind != Kind::kBool) return WrongType(call, column, "bool");
      return column;
    case kMin:
    case kMax:
    case kFirst:
    case kLast:
      return column;
    case kFirstN:
    case kLastN:
    case kTopK:
      return ListOf(column);
  }
  CHECK(false);
}

PartialSpec SpecOf(const FunctionCall& call, const Type& column) {
  const Kind kind = column.list ? Kind::kBool : column.kind;
  const auto spec = [kind](PartialKind partial, uint32_t size = 0) {
    return PartialSpec{.kind = partial, .value = kind, .size = size};
  };
  switch (call.function) {
    case kCount:
      return {.kind = PartialKind::kCount};
    case kSum:
    case kMean:
      return spec(IsReal(kind) ? PartialKind::kDoubleSum
                               : PartialKind::kIntegerSum);
    case kStddev:
    case kStddevPop:
    case kVariance:
    case kVariancePop:
      return spec(PartialKind::kMoments);
    case kMin:
    case kBoolAnd:
      return spec(PartialKind::kMin);
    case kMax:
    case kBoolOr:
      return spec(PartialKind::kMax);
    case kFirst:
      return spec(PartialKind::kFirst, 1);
    case kLast:
      return spec(PartialKind::kLast, 1);
    case kFirstN:
      return spec(PartialKind::kFirst, call.n);
    case kLastN:
      return spec(PartialKind::kLast, call.n);
    case kCountDistinct:
      return spec(PartialKind::kDistinct, call.size);
    case kApproxCountDistinct:
      return spec(PartialKind::kHll, call.size);
    case kApproxPercentile:
      return spec(PartialKind::kQuantiles, call.size);
    case kTopK:
      return spec(PartialKind::kTop, call.size);
  }
  CHECK(false);
}

bool Answers(const PartialSpec& spec, const FunctionCall& call) {
  return call.function == kCount && (spec.kind == PartialKind::kIntegerSum ||
                                     spec.kind == PartialKind::kDoubleSum ||
                                     spec.kind == PartialKind::kMoments);
}

AnswerState Answer(const FunctionCall& call, const Type& column,
                   const Partial& partial, std::string* out) {
  out->clear();
  if (call.function == kCount) {
    return Give(static_cast<int64_t>(CountOf(partial)), out);
  }
  if (const auto* distinct = std::get_if<DistinctPartial>(&partial)) {
    Give(static_cast<int64_t>(distinct->Count()), out);
    return distinct->IsApproximate() ? AnswerState::kApproximate
                                     : AnswerState::kValue;
  }
  if (const auto* hll = std::get_if<HllPartial>(&partial)) {
    return Give(static_cast<int64_t>(hll->Count()), out);
  }
  if (IsEmpty(partial)) return AnswerState::kNull;
  switch (call.function) {
    case kSum:
      if (const auto* sum = std::get_if<DoubleSumPartial>(&partial)) {
        return Give(sum->sum(), out);
      }
      return GiveSum(column, std::get<IntegerSumPartial>(partial), out);
    case kMean:
      return Give(MeanOf(column, partial), out);
    case kStddev:
    case kStddevPop:
    case kVariance:
    case kVariancePop:
      return GiveSpread(call, column, std::get<MomentsPartial>(partial), out);
    case kApproxPercentile:
      return Give(
          std::get<QuantilesPartial>(partial).Quantile(call.percentile) /
              PowerOfTen(column.scale),
          out);
    case kFirst:
    case kLast:
      *out = std::get<OrderedPartial>(partial).entries().front().value;
      return AnswerState::kValue;
    case kFirstN:
    case kLastN:
      return GiveList(column, std::get<OrderedPartial>(partial), out);
    case kTopK:
      return GiveTop(call, column, std::get<TopPartial>(partial), out);
    default:
      *out = std::get<ExtremePartial>(partial).value();
      return AnswerState::kValue;
  }
}

absl::Status CheckGroups(const FunctionCall& call, const Type& by) {
  if (by.list || by.fixed_length > 0 || IsReal(by.kind)) {
    return InvalidArgument(
        "'by' is a column of single values that are the same or not, and not "
        "of {}",
        by.ToString());
  }
  switch (call.function) {
    case kFirstN:
    case kLastN:
    case kTopK:
    case kCountDistinct:
    case kApproxCountDistinct:
    case kApproxPercentile:
      return InvalidArgument(
          "function '{}' keeps more than a value or two, and is not kept of "
          "each group; take 'by' out, or give it an aggregation of its own",
          FunctionName(call.function));
    default:
      return absl::OkStatus();
  }
}

AnswerState AnswerGroups(const FunctionCall& call, const Type& column,
                         const GroupsPartial& partial, std::string* out) {
  ListWriter list(ResultType(call, column)->kind);
  list.Begin();
  std::string value;
  for (const GroupsPartial::Group* group : partial.Groups()) {
    switch (Answer(call, column, group->partial, &value)) {
      case AnswerState::kNull:
        list.AddNull();
        break;
      case AnswerState::kOverflow:
        out->clear();
        return AnswerState::kOverflow;
      default:
        list.Add(value);
    }
  }
  *out = list.Finish();
  return partial.IsOver() ? AnswerState::kPart : AnswerState::kValue;
}

AnswerState AnswerKeys(const GroupsPartial& partial, std::string* out) {
  ListWriter list(partial.by());
  list.Begin();
  for (const GroupsPartial::Group* group : partial.Groups()) {
    list.Add(group->value);
  }
  *out = list.Finish();
  return partial.IsOver() ? AnswerState::kPart : AnswerState::kValue;
}

}  // namespace freshet
