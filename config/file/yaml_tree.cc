// SPDX-License-Identifier: Apache-2.0
#include "config/file/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <regex>
#include <sstream>

#include "config/file/yaml_builder.h"
#include "config/utf8.h"

namespace freshet {
namespace {

Position ToPosition(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {mark.line + 1, mark.column + 1};
}

// Where a byte of the text is; columns count characters, as editors do.
Position PositionOf(std::string_view text, size_t offset) {
  Position at{1, 1};
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++at.line;
      at.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++at.column;
    }
  }
  return at;
}

// Hands yaml-cpp's events to a builder.
class Events final : public YAML::EventHandler {
 public:
  explicit Events(std::vector<Problem>& problems)
      : problems_(problems), builder_(problems) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 1) {
      problems_.push_back({ToPosition(mark),
                           "a second document begins here; write one document "
                           "per file"});
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    AddScalar(YamlNode::Kind::kNull, mark, anchor, "");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (documents_ == 1) builder_.Alias(ToPosition(mark), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& text) override {
    if (tag == "?") {
      AddScalar(YamlNode::Kind::kPlain, mark, anchor, text);
      return;
    }
    if (tag != "!" && tag != "tag:yaml.org,2002:str") RefuseTag(mark, tag);
    AddScalar(YamlNode::Kind::kQuoted, mark, anchor, text);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Start(YamlNode::Kind::kSequence, mark, anchor);
    if (tag != "?" && tag != "tag:yaml.org,2002:seq") RefuseTag(mark, tag);
  }
  void OnSequenceEnd() override { End(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Start(YamlNode::Kind::kMapping, mark, anchor);
    if (tag != "?" && tag != "tag:yaml.org,2002:map") RefuseTag(mark, tag);
  }
  void OnMapEnd() override { End(); }

  YamlNode::Ptr root() const { return builder_.root(); }

 private:
  void AddScalar(YamlNode::Kind kind, const YAML::Mark& mark,
                 YAML::anchor_t anchor, const std::string& text) {
    if (documents_ != 1) return;
    YamlNode node;
    node.kind = kind;
    node.at = ToPosition(mark);
    node.text = text;
    builder_.Scalar(std::move(node), anchor);
  }

  void Start(YamlNode::Kind kind, const YAML::Mark& mark,
             YAML::anchor_t anchor) {
    if (documents_ == 1) builder_.Start(kind, ToPosition(mark), anchor);
  }

  void End() {
    if (documents_ == 1) builder_.End();
  }

  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    problems_.push_back(
        {ToPosition(mark),
         fmt::format("the tag '{}' means nothing here; remove it", tag)});
  }

  std::vector<Problem>& problems_;
  YamlBuilder builder_;
  int documents_ = 0;
};

// What yaml-cpp would misread without a word: it takes 0x04 for the end of the
// file, replaces what is not UTF-8, and guesses UTF-16 from a first zero byte.
bool IsReadable(std::string_view text, std::vector<Problem>& problems) {
  if (text.size() > kYamlBytesMax) {
    problems.push_back(
        {{1, 1},
         fmt::format("the text has {} bytes, at most {} are read; split the "
                     "definitions into projects",
                     text.size(), kYamlBytesMax)});
    return false;
  }
  const size_t valid = ValidUtf8Prefix(text);
  if (valid != text.size()) {
    problems.push_back(
        {PositionOf(text, valid), "this is not UTF-8; save the file as UTF-8"});
    return false;
  }
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' &&
           c != '\t';
  });
  if (control == text.end()) return true;
  problems.push_back(
      {PositionOf(text, static_cast<size_t>(control - text.begin())),
       fmt::format("a control character, 0x{:02x}, stands here; write it as "
                   "\"\\x{:02x}\"",
                   static_cast<int>(*control), static_cast<int>(*control))});
  return false;
}

}  // namespace

PlainKind ResolvePlain(std::string_view word) {
  static const std::regex kBool("true|True|TRUE|false|False|FALSE");
  static const std::regex kInteger("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+");
  static const std::regex kNumber(
      "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?|"
      "[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
  // std::regex recurses once per character; no number is so long.
  if (word.size() > 400) return PlainKind::kText;
  const auto is = [word](const std::regex& pattern) {
    return std::regex_match(word.begin(), word.end(), pattern);
  };
  if (is(kBool)) return PlainKind::kBool;
  if (is(kInteger)) return PlainKind::kInteger;
  return is(kNumber) ? PlainKind::kNumber : PlainKind::kText;
}

YamlNode::Ptr ParseYaml(std::string_view text, std::vector<Problem>& problems) {
  if (!IsReadable(text, problems)) return nullptr;
  Events events(problems);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(events)) {
    }
  } catch (const YAML::Exception& e) {
    problems.push_back(
        {ToPosition(e.mark),
         fmt::format("this is not YAML: {}; text with ': ', ' #', a comma or a "
                     "bracket in it wants quotes",
                     e.msg)});
    return nullptr;
  }
  return events.root();
}

}  // namespace freshet
