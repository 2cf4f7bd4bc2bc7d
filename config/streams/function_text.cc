// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/status.h"
#include "config/parse.h"
#include "config/streams/aggregate_function.h"

namespace freshet {
namespace {

using enum AggregateFunction;

constexpr uint32_t kValuesExact = 1'000;
constexpr uint32_t kRegistersLog = 12;  // 1.6 % standard error in 3 kB.
constexpr uint32_t kThousandthsOff = 10;
constexpr uint32_t kTopValues = 100;

// What stands in brackets.
std::string_view Takes(AggregateFunction function) {
  switch (function) {
    case kFirstN:
    case kLastN:
      return "how many, such as (5)";
    case kApproxPercentile:
      return "a share, such as (0.99), and perhaps by how many thousandths an "
             "answer may be off";
    case kTopK:
      return "how many, such as (10), and perhaps how many values it knows "
             "exactly";
    case kCountDistinct:
      return "nothing, or up to how many values it is exact";
    case kApproxCountDistinct:
      return "nothing, or the binary logarithm of its registers";
    default:
      return "nothing";
  }
}

absl::Status WrongArguments(AggregateFunction function) {
  return InvalidArgument("function '{}' takes {}", FunctionName(function),
                         Takes(function));
}

// Numbers between commas; false if one is none.
bool ReadNumbers(std::string_view text, std::vector<double>& numbers) {
  while (true) {
    const size_t comma = std::min(text.find(','), text.size());
    std::string_view one = text.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    double number = 0;
    const char* end = one.data() + one.size();
    const auto [at, error] = std::from_chars(one.data(), end, number);
    if (one.empty() || error != std::errc() || at != end) return false;
    numbers.push_back(number);
    if (comma == text.size()) return true;
    text.remove_prefix(comma + 1);
  }
}

std::optional<uint32_t> WholeOf(double number) {
  if (!(number >= 0 && number < 1e9) || number != std::floor(number)) {
    return std::nullopt;
  }
  return static_cast<uint32_t>(number);
}

uint32_t SizeOtherwise(const FunctionCall& call) {
  switch (call.function) {
    case kCountDistinct:
      return kValuesExact;
    case kApproxCountDistinct:
      return kRegistersLog;
    case kApproxPercentile:
      return kThousandthsOff;
    case kTopK:
      return std::max(kTopValues, call.n);
    default:
      return 0;
  }
}

// Whether they are as many, and of the sort, that the function takes.
bool TakeArguments(std::vector<double> numbers, FunctionCall& call) {
  const bool has_n = call.function == kFirstN || call.function == kLastN ||
                     call.function == kTopK;
  if (has_n || call.function == kApproxPercentile) {
    if (numbers.empty()) return false;
    if (has_n) {
      const auto n = WholeOf(numbers[0]);
      if (!n) return false;
      call.n = *n;
    } else {
      call.percentile = numbers[0];
    }
    numbers.erase(numbers.begin());
  }
  call.size = SizeOtherwise(call);
  if (numbers.empty()) return true;
  const auto size = WholeOf(numbers[0]);
  if (call.size == 0 || numbers.size() > 1 || !size) return false;
  call.size = *size;
  return true;
}

}  // namespace

absl::StatusOr<FunctionCall> ParseFunction(std::string_view text) {
  const size_t bracket = std::min(text.find('('), text.size());
  const std::string name(text.substr(0, bracket));
  const auto function = FindFunction(name);
  if (!function) {
    const auto nearest = NearestNames(name, AggregateFunctionNames(), 1);
    return InvalidArgument(
        "'{}' is no function; {}", name,
        nearest.empty() ? fmt::format("there are {}",
                                      fmt::join(AggregateFunctionNames(), ", "))
                        : fmt::format("did you mean '{}'?", nearest.front()));
  }
  FunctionCall call{.function = *function};
  std::vector<double> numbers;
  std::string_view rest = text.substr(bracket);
  if (!rest.empty()) {
    rest.remove_prefix(1);
    if (!rest.ends_with(')') ||
        !ReadNumbers(rest.substr(0, rest.size() - 1), numbers)) {
      return WrongArguments(*function);
    }
  }
  if (!TakeArguments(std::move(numbers), call)) {
    return WrongArguments(*function);
  }
  RETURN_IF_ERROR(CheckCall(call));
  return call;
}

std::string FunctionText(const FunctionCall& call) {
  std::string arguments;
  if (call.n > 0) arguments = fmt::format("{}", call.n);
  if (call.function == kApproxPercentile) {
    arguments = fmt::format("{}", call.percentile);
  }
  if (call.size != SizeOtherwise(call)) {
    arguments += fmt::format("{}{}", arguments.empty() ? "" : ", ", call.size);
  }
  const std::string_view name = FunctionName(call.function);
  return arguments.empty() ? std::string(name)
                           : fmt::format("{}({})", name, arguments);
}

}  // namespace freshet
