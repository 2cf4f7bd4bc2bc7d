// SPDX-License-Identifier: Apache-2.0
// Every field of the table reaches the struct that it is for.
#include "config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/parse.h"
#include "tests/config/field_walk.h"
#include "tests/config/full_document.h"

namespace freshet {
namespace {

using Json = nlohmann::json;

ParsedFile Parse(const Json& document) {
  ParsedFile file = ParseFile(document.dump());
  EXPECT_EQ(FormatProblems("f", file.problems), "") << document;
  return file;
}

Json Without(Json document, const Json::json_pointer& at) {
  document[at.parent_pointer()].erase(at.back());
  return document;
}

Json With(Json document, const Json::json_pointer& at, Json value) {
  document[at] = std::move(value);
  return document;
}

bool IsLeaf(const FieldSpec& field) { return field.object == nullptr; }

TEST(FieldTableTest, TheFullDocumentHasEveryField) {
  const Json document = FullDocument();
  for (const PlacedField& placed : AllFields()) {
    EXPECT_TRUE(document.contains(placed.at)) << placed.at.to_string();
  }
  Parse(document);
}

TEST(FieldTableTest, EveryFieldChangesWhatIsRead) {
  const Json document = FullDocument();
  const ParsedFile full = Parse(document);
  for (const PlacedField& placed : AllFields()) {
    if (placed.field->required || placed.at.back() == "project") continue;
    SCOPED_TRACE(placed.at.to_string());
    const ParsedFile less = ParseFile(Without(document, placed.at).dump());
    const bool same =
        less.settings == full.settings &&
        CanonicalText(less.definitions) == CanonicalText(full.definitions);
    EXPECT_FALSE(same);
  }
}

TEST(FieldTableTest, EveryDefaultOfTheTableIsTheStructsDefault) {
  const Json document = FullDocument();
  int count = 0;
  for (const PlacedField& placed : AllFields()) {
    if (placed.field->default_text.empty()) continue;
    SCOPED_TRACE(placed.at.to_string());
    const ParsedFile without = Parse(Without(document, placed.at));
    const ParsedFile with =
        Parse(With(document, placed.at, DefaultOf(*placed.field)));
    EXPECT_TRUE(with.settings == without.settings);
    EXPECT_EQ(CanonicalText(with.definitions),
              CanonicalText(without.definitions));
    ++count;
  }
  EXPECT_GT(count, 30);
}

TEST(FieldTableTest, EveryFieldIsDocumentedInWholeSentences) {
  for (const PlacedField& placed : AllFields()) {
    const std::string_view doc = placed.field->doc;
    EXPECT_TRUE(!doc.empty() && doc.ends_with('.')) << placed.at.to_string();
    if (IsLeaf(*placed.field)) continue;
    EXPECT_TRUE(placed.field->object->doc.ends_with('.'))
        << placed.at.to_string();
  }
}

}  // namespace
}  // namespace freshet
