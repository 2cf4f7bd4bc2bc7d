// SPDX-License-Identifier: Apache-2.0
#include "config/file/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <sstream>

#include "config/file/yaml_builder.h"
#include "config/parse.h"
#include "config/utf8.h"

namespace freshet {
namespace {

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

// yaml-cpp counts bytes, after a byte order mark; editors count characters.
class Positions {
 public:
  explicit Positions(std::string_view text) : text_(text) {
    lines_.push_back(text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') lines_.push_back(i + 1);
    }
    offset_ = lines_[0];
  }

  size_t OffsetOf(const YAML::Mark& mark) const {
    const auto line =
        std::min(static_cast<size_t>(mark.line), lines_.size() - 1);
    return std::min(lines_[line] + static_cast<size_t>(mark.column),
                    text_.size());
  }

  Position At(const YAML::Mark& mark) {
    if (mark.is_null()) return {};
    return At(OffsetOf(mark));
  }

  // Cheap when offsets go forward: a file may be one line of a mebibyte.
  Position At(size_t offset) {
    if (offset < offset_) {
      const auto after = std::upper_bound(lines_.begin(), lines_.end(), offset);
      const auto line = after == lines_.begin() ? after : after - 1;
      offset_ = *line;
      position_ = {static_cast<int>(line - lines_.begin()) + 1, 1};
    }
    for (; offset_ < offset; ++offset_) {
      if (text_[offset_] == '\n') {
        position_ = {position_.line + 1, 1};
      } else if (!IsContinuation(text_[offset_])) {
        ++position_.column;
      }
    }
    return position_;
  }

 private:
  std::string_view text_;
  std::vector<size_t> lines_;  // Where each begins.
  // The last answer, from where to count on.
  size_t offset_ = 0;
  Position position_{1, 1};
};

// Whether the quoted text at the front of `text` has its second quote.
bool IsClosed(std::string_view text) {
  // The node may begin with its anchor and tag.
  while (!text.empty() && (text[0] == '&' || text[0] == '!')) {
    text.remove_prefix(std::min(text.find_first_of(" \t\r\n"), text.size()));
    text.remove_prefix(
        std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  }
  if (!text.starts_with('"') && !text.starts_with('\'')) return true;
  const char quote = text[0];
  for (size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '"') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || !text.substr(i + 1).starts_with(quote)) return true;
      ++i;
    }
  }
  return false;
}

// Hands yaml-cpp's events to a builder.
class Events final : public YAML::EventHandler {
 public:
  Events(Positions& positions, std::vector<Problem>& problems)
      : positions_(positions), problems_(problems), builder_(problems) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 1) {
      problems_.push_back({positions_.At(mark),
                           "the document ends before this; remove a bracket "
                           "too many, or write one document per file"});
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    AddScalar(YamlNode::Kind::kNull, mark, anchor, "");
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (documents_ == 1) builder_.Alias(positions_.At(mark), anchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& text) override {
    if (tag == "?") {
      AddScalar(YamlNode::Kind::kPlain, mark, anchor, text);
      return;
    }
    last_quoted_ = positions_.OffsetOf(mark);
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
  // Where the last text in quotes begins; nullopt if there is none.
  std::optional<size_t> last_quoted() const { return last_quoted_; }

 private:
  void AddScalar(YamlNode::Kind kind, const YAML::Mark& mark,
                 YAML::anchor_t anchor, const std::string& text) {
    if (documents_ != 1) return;
    YamlNode node;
    node.kind = kind;
    node.at = positions_.At(mark);
    node.text = text;
    builder_.Scalar(std::move(node), anchor);
  }

  void Start(YamlNode::Kind kind, const YAML::Mark& mark,
             YAML::anchor_t anchor) {
    if (documents_ == 1) builder_.Start(kind, positions_.At(mark), anchor);
  }

  void End() {
    if (documents_ == 1) builder_.End();
  }

  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    problems_.push_back(
        {positions_.At(mark),
         fmt::format("the tag '{}' means nothing here; remove it", tag)});
  }

  Positions& positions_;
  std::vector<Problem>& problems_;
  YamlBuilder builder_;
  int documents_ = 0;
  std::optional<size_t> last_quoted_;
};

// What yaml-cpp would misread without a word: it takes 0x04 for the end of the
// file, replaces what is not UTF-8, and guesses UTF-16 from a first zero byte.
bool IsReadable(std::string_view text, std::vector<Problem>& problems) {
  if (text.size() > kFileBytesMax) {
    problems.push_back(
        {{1, 1},
         fmt::format("the text has more than the {} bytes that are read; split "
                     "the definitions into projects",
                     kFileBytesMax)});
    return false;
  }
  const size_t valid = ValidUtf8Prefix(text);
  if (valid != text.size()) {
    problems.push_back({Positions(text).At(valid),
                        "this is not UTF-8; save the file as UTF-8"});
    return false;
  }
  const auto control = std::find_if(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\r' &&
           c != '\t';
  });
  if (control == text.end()) return true;
  problems.push_back(
      {Positions(text).At(static_cast<size_t>(control - text.begin())),
       fmt::format("a control character, 0x{:02x}, stands here; write it as "
                   "\"\\x{:02x}\"",
                   static_cast<int>(*control), static_cast<int>(*control))});
  return false;
}

// The first tab that stands before a line's text, where YAML allows none.
std::optional<size_t> FindTabIndentation(std::string_view text) {
  for (size_t line = 0; line < text.size();) {
    const size_t first = text.find_first_not_of(' ', line);
    if (first == text.npos) break;
    if (text[first] == '\t') return first;
    const size_t end = text.find('\n', first);
    if (end == text.npos) break;
    line = end + 1;
  }
  return std::nullopt;
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
  Positions positions(text);
  Events events(positions, problems);
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    // Not until there is none: in `{a: b}, c` yaml-cpp finds empty documents at
    // the comma for ever.
    const bool has_first = parser.HandleNextDocument(events);
    if (has_first) parser.HandleNextDocument(events);
  } catch (const YAML::Exception& e) {
    if (const auto tab = FindTabIndentation(text)) {
      problems.push_back({Positions(text).At(*tab),
                          "a tab indents this line; YAML wants blanks"});
      return nullptr;
    }
    problems.push_back(
        {positions.At(e.mark),
         fmt::format("this is not YAML: {}; text with ': ', ' #', a comma or a "
                     "bracket in it wants quotes",
                     e.msg)});
    return nullptr;
  }
  // yaml-cpp takes the end of the file for the end of the quoted text too, but
  // it may be a file that was cut off.
  const auto quoted = events.last_quoted();
  if (!quoted || IsClosed(text.substr(*quoted))) return events.root();
  problems.push_back(
      {positions.At(*quoted), "this quote is never closed; close it"});
  return nullptr;
}

}  // namespace freshet
