// SPDX-License-Identifier: Apache-2.0
#include "cli/dbt/yaml_text.h"

#include <array>
#include <regex>

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kColumns = 80;

// Texts that YAML takes for something else.
constexpr std::array<std::string_view, 9> kWords = {
    "true", "false", "null", "yes", "no", "on", "off", "y", "n"};

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Without quotes it is the same text, also within braces. Also durations: they
// are no numbers.
bool IsPlain(const std::string& text) {
  static const std::regex kPlain(
      "[A-Za-z_/][A-Za-z0-9_./<>@+=-]*(://[A-Za-z0-9_./@+=-]+)?"
      "|[0-9]+(us|ms|s|m|h|d|w|B|[KMGT]iB)");
  if (text.size() > kColumns * 4 || !std::regex_match(text, kPlain)) {
    return false;
  }
  const std::string lower = Lower(text);
  for (const std::string_view word : kWords) {
    if (lower == word) return false;
  }
  return true;
}

std::string Quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string Scalar(const Json& value) {
  if (value.is_null()) return "~";
  if (!value.is_string()) return value.dump();
  const auto& text = value.get_ref<const std::string&>();
  return IsPlain(text) ? text : Quoted(text);
}

// `head` is `name:` or `-`.
std::string Entry(size_t indent, const std::string& head, const Json& value) {
  const std::string blanks(indent, ' ');
  std::string line = blanks + head + " " + YamlFlow(value) + "\n";
  if (line.size() <= kColumns + 1 || !value.is_structured() || value.empty()) {
    return line;
  }
  std::string text = head == "-" ? "" : blanks + head + "\n";
  for (const auto& [name, part] : value.items()) {
    text += value.is_array() ? YamlItem(indent + 2, part)
                             : YamlField(indent + 2, name, part);
  }
  // The first part stands beside the dash.
  if (head == "-") text.replace(indent, 1, "-");
  return text;
}

}  // namespace

std::string YamlFlow(const Json& value) {
  if (!value.is_structured()) return Scalar(value);
  std::string text;
  for (const auto& [name, part] : value.items()) {
    if (!text.empty()) text += ", ";
    if (value.is_object()) text += Scalar(name) + ": ";
    text += YamlFlow(part);
  }
  return value.is_array() ? "[" + text + "]" : "{" + text + "}";
}

std::string YamlField(size_t indent, std::string_view name, const Json& value) {
  return Entry(indent, Scalar(std::string(name)) + ":", value);
}

std::string YamlItem(size_t indent, const Json& value) {
  return Entry(indent, "-", value);
}

}  // namespace freshet
