// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/json_row.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

// Beyond its number type nlohmann's parser stops at a number, wanted or not;
// what is wanted is read from its text. So: the widest there is.
using json = nlohmann::basic_json<std::map, std::vector, std::string, bool,
                                  int64_t, uint64_t, long double>;

constexpr size_t kNone = SIZE_MAX;
constexpr size_t kNameShown = 64;

enum class Token { kBool, kInteger, kNumber, kString };

std::string_view TokenName(Token token) {
  switch (token) {
    case Token::kBool:
      return "true or false";
    case Token::kInteger:
      return "an integer";
    case Token::kNumber:
      return "a number with a fraction or exponent";
    case Token::kString:
      return "a string";
  }
  return "";
}

bool IsNotFinite(std::string_view text) {
  return text == "NaN" || text == "Infinity" || text == "-Infinity";
}

bool Accepts(Kind kind, Token token, std::string_view text) {
  switch (kind) {
    case Kind::kBool:
      return token == Token::kBool;
    case Kind::kInt32:
    case Kind::kInt64:
      return token == Token::kInteger;
    case Kind::kFloat:
    case Kind::kDouble:
      return token == Token::kInteger || token == Token::kNumber ||
             (token == Token::kString && IsNotFinite(text));
    case Kind::kDecimal:
      return token != Token::kBool;
    case Kind::kString:
    case Kind::kBytes:
    case Kind::kTimestamp:
      return token == Token::kString;
  }
  return false;
}

}  // namespace

// The parser's callbacks. Each returns false to stop, with `status_` set.
class JsonRow::Events final : public nlohmann::json_sax<json> {
 public:
  explicit Events(JsonRow& row) : row_(row) {}

  const absl::Status& status() const { return status_; }

  bool null() override {
    if (depth_ == 0) return NotAnObject();
    if (column_ == kNone) return true;
    return Check(in_list_ ? row_.columns_.AddNullElement(column_)
                          : row_.columns_.AppendNull(column_));
  }
  bool boolean(bool value) override {
    return Scalar(Token::kBool, value ? "true" : "false");
  }
  bool number_integer(number_integer_t value) override {
    // Only a negative one comes here.
    if (value == 0) return Scalar(Token::kInteger, "-0");
    return Scalar(Token::kInteger, fmt::format_int(value).str());
  }
  bool number_unsigned(number_unsigned_t value) override {
    return Scalar(Token::kInteger, fmt::format_int(value).str());
  }
  bool number_float(number_float_t, const string_t& text) override {
    // An integer beyond 64 bits comes here too: its type says that it is out
    // of range.
    const bool integer = text.find_first_of(".eE") == std::string::npos;
    return Scalar(integer ? Token::kInteger : Token::kNumber, text);
  }
  bool string(string_t& text) override { return Scalar(Token::kString, text); }
  bool binary(binary_t&) override { return false; }  // Not in text.

  bool start_object(size_t) override {
    if (!Enter()) return false;
    return depth_ == 1 || column_ == kNone || Fail(Wrong("an object"));
  }
  bool end_object() override { return Leave(); }
  bool start_array(size_t) override {
    if (depth_ == 0) return NotAnObject();
    if (!Enter()) return false;
    if (column_ == kNone) return true;
    if (in_list_ || !IsList()) return Fail(Wrong("an array"));
    in_list_ = true;
    return Check(row_.columns_.BeginList(column_));
  }
  bool end_array() override {
    if (column_ != kNone) in_list_ = false;
    return Leave();
  }

  bool key(string_t& name) override {
    if (depth_ != 1) return true;
    column_ = kNone;
    field_.assign(name, 0, kNameShown);
    if (!Check(row_.names_.Add(name))) return false;
    const auto it = row_.by_name_.find(name);
    if (it == row_.by_name_.end()) return true;
    column_ = it->second;
    if (row_.present_[column_]) {
      return Fail(InvalidArgument("column '{}' occurs twice in the row", name));
    }
    row_.present_[column_] = true;
    return true;
  }

  bool parse_error(size_t position, const std::string& token,
                   const nlohmann::detail::exception& error) override {
    constexpr int kNumberOverflow = 406;
    if (error.id == kNumberOverflow) return Fail(OutOfRange(token));
    return Fail(InvalidArgument("it is not JSON at byte {}", position));
  }

 private:
  const WantedColumn& want() const { return row_.columns_.want(column_); }
  bool IsList() const {
    return want().type.list || want().type.fixed_length > 0;
  }

  bool Fail(absl::Status status) {
    status_ = std::move(status);
    return false;
  }
  bool Check(absl::Status status) {
    return status.ok() || Fail(std::move(status));
  }
  bool NotAnObject() {
    return Fail(InvalidArgument("the line is not one JSON object"));
  }
  absl::Status Wrong(std::string_view what) const {
    return InvalidArgument(
        "column '{}' ({}): it is {}, which is not loaded "
        "as {}",
        want().column, want().role, what, want().type.ToString());
  }

  absl::Status OutOfRange(const std::string& number) const {
    const std::string text = number.substr(0, kNameShown);
    if (column_ == kNone) {
      return InvalidArgument("field '{}': '{}' is out of the range of a number",
                             field_, text);
    }
    return InvalidArgument("column '{}' ({}): '{}' is out of the range of {}",
                           want().column, want().role, text,
                           want().type.ToString());
  }

  bool Scalar(Token token, std::string_view text) {
    if (depth_ == 0) return NotAnObject();
    if (column_ == kNone) return true;
    if (IsList() != in_list_ || !Accepts(want().type.kind, token, text)) {
      return Fail(Wrong(TokenName(token)));
    }
    return Check(in_list_ ? row_.columns_.AddElement(column_, text)
                          : row_.columns_.AppendText(column_, text));
  }
  bool Enter() {
    if (++depth_ <= row_.depth_max_) return true;
    return Fail(ResourceExhausted("it is nested deeper than {} levels",
                                  row_.depth_max_));
  }
  bool Leave() {
    --depth_;
    return true;
  }

  JsonRow& row_;
  absl::Status status_;
  int64_t depth_ = 0;
  std::string field_;      // Whose value is read; the beginning of its name.
  size_t column_ = kNone;  // The same, if it is wanted.
  bool in_list_ = false;
};

JsonRow::JsonRow(TextColumns& columns, FieldNames& names, int64_t depth_max)
    : columns_(columns),
      names_(names),
      depth_max_(depth_max),
      present_(columns.size()) {
  for (size_t c = 0; c < columns.size(); ++c) {
    by_name_.emplace(columns.want(c).column, c);
  }
}

absl::Status JsonRow::Append(std::string_view line) {
  present_.assign(present_.size(), false);
  Events events(*this);
  const bool parsed = json::sax_parse(line.begin(), line.end(), &events);
  RETURN_IF_ERROR(events.status());
  if (!parsed) return InvalidArgument("it is not JSON");
  for (size_t c = 0; c < present_.size(); ++c) {
    if (!present_[c]) RETURN_IF_ERROR(columns_.AppendNull(c));
  }
  return absl::OkStatus();
}

}  // namespace freshet
