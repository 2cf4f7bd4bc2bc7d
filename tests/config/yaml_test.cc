// SPDX-License-Identifier: Apache-2.0
// What the parser makes of YAML itself, hostile YAML included.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/file/yaml_tree.h"
#include "config/parse.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

std::string ProblemsOf(std::string_view text) {
  return FormatProblems("f", ParseFile(text).problems);
}

TEST(YamlTest, WhatIsNotYamlIsShownWhereItEnds) {
  EXPECT_EQ(ProblemsOf("project: p\nentities: [a\nfoo: b\n").substr(0, 29),
            "f:3:4: this is not YAML: end ");
  EXPECT_THAT(ProblemsOf("project: a: b\n"), HasSubstr("f:1:11: this is not "));
  EXPECT_THAT(ProblemsOf("project: *a\n"), HasSubstr("this is not YAML"));
}

TEST(YamlTest, ATabThatIndentsIsNamed) {
  EXPECT_EQ(ProblemsOf("project: p\nentities:\n \t- name: user\n"),
            "f:3:2: a tab indents this line; YAML wants blanks\n");
  EXPECT_EQ(ProblemsOf("project: p # \t\n\t\n"), "");
}

// A file that was cut off; yaml-cpp takes it.
TEST(YamlTest, AQuoteThatNeverEndsIsShownWhereItBegins) {
  const std::string message = "this quote is never closed; close it\n";
  EXPECT_EQ(ProblemsOf("project: \"p\n"), "f:1:10: " + message);
  EXPECT_EQ(ProblemsOf("project: 'p''\n"), "f:1:10: " + message);
  EXPECT_EQ(ProblemsOf("project: \"p\\\"\n"), "f:1:10: " + message);
  EXPECT_EQ(ProblemsOf("\xC3\xA9: &a !!str 'p\n"), "f:1:4: " + message);
  EXPECT_EQ(ProblemsOf("project: \"p\" # '\n"), "");
  EXPECT_EQ(ProblemsOf("project: &a 'p'"), "");
}

TEST(YamlTest, ASecondDocumentIsRefused) {
  const std::string message =
      "the document ends before this; remove a bracket too many, or write one "
      "document per file\n";
  EXPECT_EQ(ProblemsOf("project: p\n---\nproject: q\n"), "f:2:1: " + message);
  // Here yaml-cpp would find documents for ever.
  EXPECT_EQ(ProblemsOf("{project: p}, x"), "f:1:13: " + message);
}

TEST(YamlTest, TagsAreRefused) {
  EXPECT_EQ(ProblemsOf("project: !secret p\n"),
            "f:1:10: the tag '!secret' means nothing here; remove it\n");
  EXPECT_EQ(ProblemsOf("project: !!str p\n"), "");
}

TEST(YamlTest, AnchorsStandUnderXAndAreMerged) {
  const ParsedFile file = ParseFile(
      "x-common: &common {owner: team, tags: {a: b}}\n"
      "project: p\n"
      "entities:\n"
      "  - <<: *common\n"
      "    name: e\n"
      "    owner: me\n"
      "    join_keys: &keys [{name: k, type: string}]\n"
      "  - {<<: [*common, {description: d}], name: f, join_keys: *keys}\n");
  EXPECT_EQ(FormatProblems("f", file.problems), "");
  const auto& entities = file.definitions.entities;
  ASSERT_EQ(entities.size(), 2u);
  EXPECT_EQ(entities[0].owner, "me");
  EXPECT_EQ(entities[0].tags.at("a"), "b");
  EXPECT_EQ(entities[1].owner, "team");
  EXPECT_EQ(entities[1].description, "d");
  EXPECT_EQ(entities[1].join_keys.at(0).name, "k");
}

TEST(YamlTest, AMergeOfWhatIsNoMappingIsRefused) {
  EXPECT_EQ(ProblemsOf("project: p\n<<: [5]\n"),
            "f:2:6: '<<' takes a mapping or a list of them\n");
}

TEST(YamlTest, ANameThatIsNoWordIsRefused) {
  EXPECT_THAT(ProblemsOf("project: p\n? [a]\n: b\n"),
              HasSubstr("f:2:3: a field's name must be one word\n"));
}

TEST(YamlTest, AnAliasWithinItselfIsRefused) {
  EXPECT_THAT(ProblemsOf("x-a: &a [1, *a]\nproject: p\n"),
              HasSubstr("f:1:13: this alias stands inside the node that it "
                        "repeats"));
}

TEST(YamlTest, AliasesThatGrowWithoutEndAreRefused) {
  std::string text = "x-0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string name = std::to_string(i);
    const std::string alias = "*a" + std::to_string(i - 1);
    text += "x-" + name + ": &a" + name + " [" + alias;
    for (int j = 0; j < 8; ++j) text += ", " + alias;
    text += "]\n";
  }
  EXPECT_EQ(ProblemsOf(text + "project: p\n"),
            "f:6:6: this grows to more than 16 MiB when its aliases are "
            "written out; use fewer aliases\n");
}

TEST(YamlTest, DeepNestingIsRefused) {
  const std::string deep(31, '[');
  EXPECT_EQ(ProblemsOf("project: p\nx-a: " + deep + std::string(31, ']')), "");
  EXPECT_EQ(ProblemsOf("x-a: [" + deep + std::string(32, ']')),
            "f:1:37: this is nested more than 32 deep; no field of a "
            "definition is\n");
  // Deeper than yaml-cpp goes.
  EXPECT_NE(ProblemsOf("x-a: " + std::string(100'000, '[')), "");
  EXPECT_NE(ProblemsOf("x-a: " + std::string(100'000, '{')), "");
}

TEST(YamlTest, AMebibyteIsReadAndNoMore) {
  const std::string text = "project: p\n#";
  EXPECT_EQ(ProblemsOf(text + std::string(kFileBytesMax - text.size(), 'x')),
            "");
  EXPECT_EQ(
      ProblemsOf(text + std::string(kFileBytesMax + 1 - text.size(), 'x')),
      "f:1:1: the text has more than the 1048576 bytes that are read; split "
      "the definitions into projects\n");
}

TEST(YamlTest, WhatIsNotUtf8IsShownWhereItIs) {
  EXPECT_EQ(ProblemsOf("project: p\n# \xC3\xA9\xC3\xA9\xFF\n"),
            "f:2:5: this is not UTF-8; save the file as UTF-8\n");
  EXPECT_THAT(ProblemsOf(std::string_view("\xFF\xFEp\0r\0", 6)),
              HasSubstr("f:1:1: this is not UTF-8"));
}

TEST(YamlTest, AControlCharacterDoesNotEndTheFileInSilence) {
  EXPECT_EQ(ProblemsOf("project: p\n\x04\nnonsense: x\n"),
            "f:2:1: a control character, 0x04, stands here; write it as "
            "\"\\x04\"\n");
  EXPECT_THAT(ProblemsOf(std::string_view("project: p\0\n", 12)),
              HasSubstr("f:1:11: a control character, 0x00"));
}

TEST(YamlTest, ColumnsCountCharactersAndWindowsLinesAreLines) {
  EXPECT_EQ(ProblemsOf("project: p\r\n\xC3\xA9: {\xC3\xA9: x}\r\nfoo: x\r\n"),
            "f:2:1: file has no field '\xC3\xA9'; there are project, settings, "
            "entities, batch_feature_views, stream_sources, "
            "stream_feature_views, feature_services\n"
            "f:3:1: file has no field 'foo'; there are project, settings, "
            "entities, batch_feature_views, stream_sources, "
            "stream_feature_views, feature_services\n");
}

TEST(YamlTest, ColumnsBehindWideCharactersAreRight) {
  EXPECT_EQ(ProblemsOf("project: p\nx-a: {\xF0\x9F\x98\x80: 1, "
                       "\xF0\x9F\x98\x80: 2}\n"),
            "f:2:13: '\xF0\x9F\x98\x80' stands here twice, first in line 2; "
            "remove one of the two\n");
  EXPECT_EQ(ProblemsOf("\xEF\xBB\xBFproject: P\n").substr(0, 7), "f:1:10:");
}

TEST(YamlTest, AByteOrderMarkIsPassedOver) {
  EXPECT_EQ(ProblemsOf("\xEF\xBB\xBFproject: p\n"), "");
}

TEST(YamlTest, PlainWordsAreWhatTheCoreSchemaSays) {
  for (const char* word : {"true", "False", "TRUE"}) {
    EXPECT_EQ(ResolvePlain(word), PlainKind::kBool) << word;
  }
  for (const char* word : {"0", "-5", "+5", "007", "0x1F", "0o17"}) {
    EXPECT_EQ(ResolvePlain(word), PlainKind::kInteger) << word;
  }
  for (const char* word :
       {"1.5", ".5", "1.", "1e9", "-1E-9", ".inf", "-.INF", ".nan"}) {
    EXPECT_EQ(ResolvePlain(word), PlainKind::kNumber) << word;
  }
  for (const char* word : {"yes", "no", "on", "tRue", "1_000", "1:30", "36h",
                           "e5", ".", "nan", "inf", "-", "1.5.2", ""}) {
    EXPECT_EQ(ResolvePlain(word), PlainKind::kText) << word;
  }
  EXPECT_EQ(ResolvePlain(std::string(1'000'000, '1')), PlainKind::kText);
}

}  // namespace
}  // namespace freshet
