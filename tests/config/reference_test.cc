// SPDX-License-Identifier: Apache-2.0
// The reference in docs/configuration.md is what the table of fields says.
// FRESHET_UPDATE_DOCS=1 writes it anew.
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/file.h"
#include "config/file/fields.h"

namespace freshet {
namespace {

constexpr std::string_view kBegin = "<!-- reference: begin -->\n";
constexpr std::string_view kEnd = "<!-- reference: end -->\n";

std::string Takes(const FieldSpec& field) {
  switch (field.kind) {
    case FieldKind::kText:
      return "text";
    case FieldKind::kName:
    case FieldKind::kColumnName:
      return "name";
    case FieldKind::kChoice:
      return fmt::format("`{}`", fmt::join(field.choices, "`, `"));
    case FieldKind::kAddress:
      return "host:port";
    case FieldKind::kIpv4Address:
      return "host:port, IPv4";
    case FieldKind::kZone:
      return "zone";
    case FieldKind::kTimestamp:
      return "timestamp";
    case FieldKind::kTopicStart:
      return "`earliest`, `latest`, timestamp";
    case FieldKind::kType:
    case FieldKind::kKeyType:
      return "type";
    case FieldKind::kFlag:
      return "`true`, `false`";
    case FieldKind::kInteger:
      return fmt::format("{} to {}", field.min, field.max);
    case FieldKind::kNumber:
      return NumberText(field);
    case FieldKind::kDuration:
      return "duration";
    case FieldKind::kSize:
      return "size";
    case FieldKind::kValue:
      return "value";
    case FieldKind::kTexts:
      return "list of texts";
    case FieldKind::kNames:
      return "list of names";
    case FieldKind::kReferences:
      return "list of references";
    case FieldKind::kFunctions:
      return "list of functions";
    case FieldKind::kWindows:
      return "list of windows";
    case FieldKind::kTextMap:
    case FieldKind::kColumnMap:
      return "name: text";
    case FieldKind::kObject:
      return fmt::format("[fields](#{})", field.name);
    case FieldKind::kObjects:
      return fmt::format("[list](#{})", field.name);
  }
  return {};
}

std::string DefaultText(const FieldSpec& field) {
  if (field.required) return "required";
  return field.default_text.empty() ? ""
                                    : fmt::format("`{}`", field.default_text);
}

void AddTable(const ObjectSpec& spec, std::string& text) {
  text += fmt::format(
      "{}\n\n| Field | Takes | Default | Meaning |\n"
      "|---|---|---|---|\n",
      spec.doc);
  for (const FieldSpec& field : spec.fields) {
    text += fmt::format("| `{}` | {} | {} | {} |\n", field.name, Takes(field),
                        DefaultText(field), field.doc);
  }
  text += "\n";
  for (const FieldSpec& field : spec.fields) {
    if (field.object == nullptr) continue;
    text += fmt::format("### `{}`\n\n", field.name);
    AddTable(*field.object, text);
  }
}

TEST(ReferenceTest, StandsInTheDocsAsTheTableHasIt) {
  const std::string path = std::string(FRESHET_DOCS_DIR) + "/configuration.md";
  auto text = ReadFile(path);
  ASSERT_TRUE(text.ok()) << text.status();
  const size_t begin = text->find(kBegin);
  const size_t end = text->find(kEnd);
  ASSERT_NE(begin, text->npos);
  ASSERT_NE(end, text->npos);
  const size_t from = begin + kBegin.size();
  std::string expected = "\n";
  AddTable(FileSpec(), expected);

  if (std::getenv("FRESHET_UPDATE_DOCS") != nullptr) {
    text->replace(from, end - from, expected);
    ASSERT_TRUE(WriteFileSynced(path, *text).ok());
    return;
  }
  EXPECT_EQ(text->substr(from, end - from), expected)
      << "run this test with FRESHET_UPDATE_DOCS=1";
}

}  // namespace
}  // namespace freshet
