// SPDX-License-Identifier: Apache-2.0
#include "config/file/field_values.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <map>
#include <regex>

#include "base/error.h"
#include "base/status.h"
#include "config/parse.h"
#include "config/streams/stream_view.h"
#include "config/timestamp.h"
#include "config/units.h"

namespace freshet {
namespace {

using NodeKind = YamlNode::Kind;

std::string Shortened(const std::string& text) {
  constexpr size_t kMost = 80;
  if (text.size() <= kMost) return text;
  size_t end = kMost;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

absl::Status Takes(std::string_view wanted, const YamlNode& node) {
  return InvalidArgument("takes {}, not {}", wanted, Describe(node));
}

bool IsPlain(const YamlNode& node, PlainKind kind) {
  return node.kind == NodeKind::kPlain && ResolvePlain(node.text) == kind;
}

bool ParsePort(std::string_view text) {
  uint32_t port = 0;
  const auto [at, error] =
      std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && port <= 65'535;
}

bool Matches(const std::string& pattern, const std::string& text) {
  if (text.size() > kPatternTextMax) return false;
  // To compile one takes longer than to match a thousand names. The table has
  // less than 20.
  thread_local std::map<std::string, std::regex> compiled;
  auto found = compiled.find(pattern);
  if (found == compiled.end()) {
    found = compiled.emplace(pattern, pattern).first;
  }
  return std::regex_match(text, found->second);
}

std::string_view Wanted(FieldKind kind) {
  switch (kind) {
    case FieldKind::kName:
    case FieldKind::kNames:
      return "a name: a lower case letter, then at most 62 of a-z, 0-9 and _";
    case FieldKind::kColumnName:
    case FieldKind::kColumnMap:
      return "a name: a letter or _, then at most 62 letters, digits and _";
    case FieldKind::kAddress:
      return "host:port, such as 127.0.0.1:7600 or [::1]:7600";
    case FieldKind::kIpv4Address:
      return "host:port of IPv4, such as 127.0.0.1:7602 (HTTP is not served "
             "over IPv6)";
    case FieldKind::kZone:
      return "the name of an IANA zone, such as America/New_York or UTC";
    case FieldKind::kReferences:
      return "'view', 'view.feature' or 'view[feature, feature]'";
    case FieldKind::kFunctions:
      return "a function, such as sum or last_n(5)";
    case FieldKind::kWindows:
      return "a window, such as 10m, 7d or lifetime";
    case FieldKind::kTopicStart:
      return "earliest, latest or a moment, such as 2013-12-31T23:59:59Z";
    case FieldKind::kDuration:
      return "a duration, such as 36h";
    case FieldKind::kSize:
      return "a size, such as 512MiB";
    case FieldKind::kTimestamp:
      return "a moment, such as 2013-12-31T23:59:59Z";
    case FieldKind::kType:
    case FieldKind::kKeyType:
      return "a type, such as int64";
    default:
      return "text";
  }
}

absl::Status CheckChoice(const FieldSpec& field, const std::string& text) {
  const auto& choices = field.choices;
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) {
    return absl::OkStatus();
  }
  const auto nearest = NearestNames(text, choices, 1);
  return InvalidArgument(
      "takes one of {}, not '{}'{}", fmt::join(choices, ", "), Shortened(text),
      nearest.empty() ? ""
                      : fmt::format("; did you mean '{}'?", nearest.front()));
}

// What a pattern alone cannot say.
absl::Status CheckSense(const FieldSpec& field, const std::string& text) {
  switch (field.kind) {
    case FieldKind::kTimestamp:
      return ParseTimestamp(text).status();
    case FieldKind::kType:
      return Type::Parse(text).status();
    case FieldKind::kFunctions:
      return ParseFunction(text).status();
    case FieldKind::kWindows:
      return ParseWindow(text).status();
    case FieldKind::kTopicStart:
      if (text == "earliest" || text == "latest") return absl::OkStatus();
      return ParseTimestamp(text).status();
    case FieldKind::kKeyType: {
      RETURN_IF_ERROR(Type::Parse(text).status());
      if (Matches(PatternOf(field), text)) return absl::OkStatus();
      return InvalidArgument(
          "'{}' cannot be the type of a key; keys are string, int64 or bytes",
          text);
    }
    case FieldKind::kAddress:
    case FieldKind::kIpv4Address:
      if (ParsePort(std::string_view(text).substr(text.rfind(':') + 1))) {
        return absl::OkStatus();
      }
      return InvalidArgument("'{}' has a port beyond 65535", text);
    default:
      return absl::OkStatus();
  }
}

absl::StatusOr<int64_t> QuantityOf(const FieldSpec& field,
                                   const YamlNode& node) {
  const bool is_duration = field.kind == FieldKind::kDuration;
  if (!node.IsScalar()) return Takes(Wanted(field.kind), node);
  ASSIGN_OR_RETURN(const int64_t value, is_duration ? ParseDuration(node.text)
                                                    : ParseSize(node.text));
  const auto format = [is_duration](int64_t v) {
    return is_duration ? FormatDuration(v) : FormatSize(v);
  };
  if (value < field.min || value > field.max) {
    const bool bounded = field.max < std::numeric_limits<int64_t>::max();
    return InvalidArgument(
        "takes {}{}{}, not {}", bounded ? "" : "at least ", format(field.min),
        bounded ? " to " + format(field.max) : "", node.text);
  }
  if (!is_duration || Matches(PatternOf(field), node.text)) return value;
  return InvalidArgument("'{}' is finer than it is kept; use {}", node.text,
                         fmt::join(field.choices, ", "));
}

// Whether what stands there unquoted is a text for YAML too.
absl::Status CheckIsText(const YamlNode& node) {
  if (node.kind != NodeKind::kPlain ||
      ResolvePlain(node.text) == PlainKind::kText) {
    return absl::OkStatus();
  }
  return InvalidArgument("takes text, and '{}' is none in YAML; quote it",
                         Shortened(node.text));
}

absl::StatusOr<Value> ListOf(const Type& type, const YamlNode& node) {
  const auto wanted =
      fmt::format("a list, for its type is {}", type.ToString());
  if (node.kind != NodeKind::kSequence) return Takes(wanted, node);
  if (type.fixed_length > 0 && node.items.size() != type.fixed_length) {
    return InvalidArgument("takes {} elements, not {}: its type is {}",
                           type.fixed_length, node.items.size(),
                           type.ToString());
  }
  Type element = type;
  element.list = false;
  element.fixed_length = 0;
  Value::List list;
  for (const YamlNode::Ptr& item : node.items) {
    if (item->kind == NodeKind::kNull && type.list) {
      list.emplace_back();
      continue;
    }
    ASSIGN_OR_RETURN(Value value, ValueOf(element, *item));
    list.push_back(std::move(value));
  }
  return Value(std::move(list));
}

}  // namespace

std::string Describe(const YamlNode& node) {
  switch (node.kind) {
    case NodeKind::kNull:
      return "nothing";
    case NodeKind::kPlain:
      return fmt::format("'{}'", Shortened(node.text));
    case NodeKind::kQuoted:
      return fmt::format("the text '{}'", Shortened(node.text));
    case NodeKind::kSequence:
      return "a list";
    case NodeKind::kMapping:
      return "a mapping";
  }
  return {};
}

absl::StatusOr<std::string> TextOf(const FieldSpec& field,
                                   const YamlNode& node) {
  if (!node.IsScalar()) return Takes(Wanted(field.kind), node);
  if (node.text.empty()) {
    return InvalidArgument(
        "takes {}, which is never empty; leave the field out",
        Wanted(field.kind));
  }
  if (field.kind == FieldKind::kChoice) {
    RETURN_IF_ERROR(CheckChoice(field, node.text));
    return node.text;
  }
  RETURN_IF_ERROR(CheckIsText(node));
  // Of these the sense says more about what is wrong than the pattern.
  const bool sense_first =
      field.kind == FieldKind::kType || field.kind == FieldKind::kKeyType ||
      field.kind == FieldKind::kFunctions ||
      field.kind == FieldKind::kWindows || field.kind == FieldKind::kTimestamp;
  if (sense_first) RETURN_IF_ERROR(CheckSense(field, node.text));
  const std::string pattern = PatternOf(field);
  if (!pattern.empty() && !Matches(pattern, node.text)) {
    return Takes(Wanted(field.kind), node);
  }
  if (!sense_first) RETURN_IF_ERROR(CheckSense(field, node.text));
  return node.text;
}

absl::StatusOr<bool> FlagOf(const YamlNode& node) {
  if (!IsPlain(node, PlainKind::kBool)) return Takes("true or false", node);
  return node.text[0] == 't' || node.text[0] == 'T';
}

absl::StatusOr<int64_t> IntegerOf(const FieldSpec& field,
                                  const YamlNode& node) {
  if (field.kind != FieldKind::kInteger) return QuantityOf(field, node);
  int64_t value = 0;
  const char* end = node.text.data() + node.text.size();
  const auto [at, error] = std::from_chars(node.text.data(), end, value);
  if (node.kind != NodeKind::kPlain || error != std::errc() || at != end ||
      value < field.min || value > field.max) {
    return Takes(
        fmt::format("a whole number from {} to {}", field.min, field.max),
        node);
  }
  return value;
}

absl::StatusOr<double> NumberOf(const FieldSpec& field, const YamlNode& node) {
  const std::string wanted = "a " + NumberText(field);
  if (node.kind != NodeKind::kPlain) return Takes(wanted, node);
  const auto value = ParseValue({.kind = Kind::kDouble}, node.text);
  const double* number = value.ok() ? std::get_if<double>(&value->v) : nullptr;
  using Limits = std::numeric_limits<int64_t>;
  const auto fits = [&field](double one) {
    return std::isfinite(one) &&
           (field.min == Limits::min() ||
            one >= static_cast<double>(field.min)) &&
           (field.max == Limits::max() ||
            one <= static_cast<double>(field.max));
  };
  if (number == nullptr || !fits(*number)) return Takes(wanted, node);
  return *number;
}

absl::StatusOr<Value> ValueOf(const Type& type, const YamlNode& node) {
  if (type.list || type.fixed_length > 0) return ListOf(type, node);
  if (!node.IsScalar()) {
    return Takes(fmt::format("a value of {}", type.ToString()), node);
  }
  if (type.kind == Kind::kString) {
    RETURN_IF_ERROR(CheckIsText(node));
    return Value(node.text);
  }
  // In quotes, else the node would be a null.
  if (node.text == "null") return Takes("a value", node);
  return ParseValue(type, node.text);
}

}  // namespace freshet
