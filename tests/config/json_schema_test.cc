// SPDX-License-Identifier: Apache-2.0
// The schema that editors use and the parser say the same of many documents,
// made from a good one field by field.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/parse.h"
#include "tests/config/field_walk.h"
#include "tests/config/full_document.h"
#include "tests/config/schema_validator.h"

namespace freshet {
namespace {

using Json = nlohmann::json;

// Of every kind that a field may take, right for some and wrong for most.
Json Candidates() {
  return Json::parse(R"json([null, 0, 1, -1, 5, 1.5, 0.25, 1000000000, true,
    "", "x", "A", "a b", "1x", "x.y", "x[y]", "x[y, z]", "x[]", "x.*", "v.f",
    "0", "0s", "0ms", "5us", "5ms", "36h", "05h", "2w", "-5s", "1.5h",
    "512MiB", "5MB", "5", "0B", "127.0.0.1:0", "127.0.0.1", ":5",
    "[::1]:5", "h:123456", "UTC", "America/New_York", "../etc", "a//b",
    "2013-12-31T23:59:59Z", "2013-12-31T23:59:59", "2013-12-31",
    "int32", "int64", "bytes", "bool", "float[5]", "float[0]",
    "list<int64>", "decimal(5,2)", "decimal(5, 2)", "decimal(5)",
    "refuse", "latest", "auto", "parquet", "end_of_day", "info", "text",
    [], ["x"], ["e"], ["v"], [1], [null], [true], [[]], [{}], [""], ["A b"],
    {}, {"x": "y"}, {"x": 1}, {"x": null}, {"a b": "y"}, {"": "y"},
    {"name": "n"}, {"x": {}}])json");
}

// What the parser knows beyond the kinds of fields: a schema cannot say it.
bool IsBeyondSchema(const std::string& problem) {
  for (const char* phrase :
       {"is not defined", "defined twice", "has a port beyond", "which '",
        "there is no such", "is no function", "is too large", "'default': ",
        // Ranges of durations and sizes; whole numbers say "a whole number".
        "': takes 1ms to", "': takes 100ms to", "': takes 1s to",
        "': takes 1KiB to", "': takes at least 1MiB", "': takes 0 to"}) {
    if (problem.find(phrase) != problem.npos) return true;
  }
  return false;
}

class SchemaTest : public ::testing::Test {
 protected:
  // Compares the two verdicts.
  void Compare(Json document) {
    // Only the half that differs, for speed.
    if (document.is_object() && document.size() == full_.size()) {
      if (document["settings"] == full_["settings"]) {
        document.erase("settings");
      } else {
        document = {{"settings", document["settings"]}};
      }
    }
    const bool valid = IsValid(schema_, document);
    const ParsedFile file = ParseFile(document.dump());
    (valid ? valid_ : invalid_)++;
    if (file.problems.empty()) {
      EXPECT_TRUE(valid) << "only the parser takes it";
      return;
    }
    if (!valid) return;
    for (const Problem& problem : file.problems) {
      EXPECT_TRUE(IsBeyondSchema(problem.message))
          << "the schema takes it, but: " << problem.message;
    }
  }

  const Json schema_ = Json::parse(JsonSchema());
  const Json full_ = FullDocument();
  int valid_ = 0;
  int invalid_ = 0;
};

TEST_F(SchemaTest, TakesTheFullDocument) {
  EXPECT_TRUE(IsValid(schema_, full_));
}

TEST_F(SchemaTest, AgreesWhenAnyFieldHasAnotherValue) {
  const Json candidates = Candidates();
  for (const PlacedField& placed : AllFields()) {
    for (const Json& candidate : candidates) {
      Json changed = full_;
      changed[placed.at] = candidate;
      SCOPED_TRACE(placed.at.to_string() + " is " + candidate.dump());
      Compare(changed);
    }
  }
  EXPECT_GT(valid_, 500);
  EXPECT_GT(invalid_, 3000);
}

TEST_F(SchemaTest, AgreesWhenAnyFieldIsMissing) {
  for (const PlacedField& placed : AllFields()) {
    Json changed = full_;
    changed[placed.at.parent_pointer()].erase(placed.at.back());
    SCOPED_TRACE(placed.at.to_string());
    Compare(changed);
  }
  EXPECT_GT(valid_, 40);
  EXPECT_GT(invalid_, 10);
}

TEST_F(SchemaTest, AgreesThatAMisspelledFieldIsWrong) {
  for (const PlacedField& placed : AllFields()) {
    Json changed = full_;
    changed[placed.at.parent_pointer()][placed.at.back() + "x"] = "y";
    EXPECT_FALSE(IsValid(schema_, changed)) << placed.at.to_string();
    Compare(changed);
  }
}

TEST_F(SchemaTest, AgreesOnWhatAFileMayBe) {
  for (const char* text :
       {"{}", "[]", "null", "5", "\"x\"", R"({"project": "p"})",
        R"({"x-anchors": [1, {}]})", R"({"project": "p", "x-anchors": 5})",
        R"({"entities": []})", R"({"project": "p", "entities": []})",
        R"({"stream_sources": []})", R"({"stream_feature_views": []})",
        R"({"feature_services": []})", R"({"batch_feature_views": []})",
        R"({"settings": {}})", R"({"settings": {"storage": {}}})",
        R"({"settings": {"storage": {"directory": "d"}}})"}) {
    Compare(Json::parse(text));
  }
  EXPECT_GT(valid_, 3);
  EXPECT_GT(invalid_, 6);
}

}  // namespace
}  // namespace freshet
