// SPDX-License-Identifier: Apache-2.0
// A file's problems come in one round: those of its fields together with
// those of what it means, without any that only follow from others.
#include <gtest/gtest.h>

#include <string>

#include "features/check.h"

namespace freshet {
namespace {

std::string ProblemsOf(std::string_view text) {
  return FormatProblems("f", ParseAndCheck(text).problems);
}

constexpr std::string_view kEntities =
    "project: p\n"
    "entities:\n"
    "  - {name: user, join_keys: [{name: id, type: int64}]}\n"
    "batch_feature_views:\n";

TEST(AllAtOnceTest, AWrongFieldDoesNotHideWhatTheRestMeans) {
  EXPECT_EQ(ProblemsOf(std::string(kEntities) +
                       "  - name: orders\n"
                       "    entities: [user]\n"
                       "    source: {path: o.csv, zone: UTC}\n"
                       "    ttl: 5x\n"
                       "    features:\n"
                       "      - {name: n, type: int64}\n"
                       "      - {name: id, type: int64}\n"
                       "feature_services:\n"
                       "  - {name: s, features: [orders.m, ordres.n]}\n"),
            "f:7:13: 'zone' needs 'timestamp_field' or a feature of type "
            "timestamp, which it is about\n"
            "f:8:10: 'ttl': '5x' is not a duration; write a whole number and "
            "a unit (us, ms, s, m, h, d, w), as in 36h\n"
            "f:11:9: feature 'id' has the name of a join key of view "
            "'orders'; rename it, and map its column under 'columns'\n"
            "f:13:26: service 's' names a feature 'm' that view 'orders' has "
            "not; did you mean 'n' or 'id'?\n"
            "f:13:36: service 's' names a view 'ordres' that is not defined; "
            "did you mean 'orders'?\n");
}

TEST(AllAtOnceTest, AWrongSettingDoesNotHideWhatDefinitionsMean) {
  EXPECT_EQ(ProblemsOf("settings: {storage: {directory: d}, log: 5}\n" +
                       std::string(kEntities) +
                       "  - name: v\n"
                       "    entities: [user]\n"
                       "    source: {path: s, columns: {m: x}}\n"
                       "    features: [{name: n, type: int64}]\n"),
            "f:1:42: 'log': takes a mapping, not '5'\n"
            "f:8:13: 'columns' maps 'm', which is neither a feature nor a "
            "join key of view 'v'; did you mean 'n' or 'id'?\n");
}

// One view of one feature, `line` in place of one of its lines; a service that
// names the view and the feature, and columns of both.
std::string WithLine(const std::string& instead, const std::string& line) {
  std::string text =
      "project: p\n"
      "entities:\n"
      "  - {name: user, join_keys: [{name: id, type: string}]}\n"
      "  - {name: shop, join_keys: [{name: shop_id, type: string}]}\n"
      "  - {name: buyer, join_keys: [{name: id, type: string}]}\n"
      "batch_feature_views:\n"
      "  - name: v\n"
      "    entities: [user, shop]\n"
      "    source: {path: s, columns: {id: a, f: b, shop_id: c}}\n"
      "    features:\n"
      "      - {name: f, type: int64}\n"
      "  - name: w\n"
      "    entities: [buyer]\n"
      "    source: {path: s}\n"
      "    features: [{name: g, type: int64}]\n"
      "feature_services:\n"
      "  - {name: s, features: [v.f, w.g]}\n";
  EXPECT_EQ(ProblemsOf(text), "");
  const size_t at = text.find(instead);
  EXPECT_NE(at, std::string::npos) << instead;
  return ProblemsOf(text.replace(at, instead.size(), line));
}

TEST(AllAtOnceTest, AWrongNameIsSaidOnceWhateverNamesIt) {
  for (const auto& [right, wrong] :
       {std::pair<std::string, std::string>{"name: user,", "name: 5,"},
        {"entities:\n  - {name: user", "entites:\n  - {name: user"},
        {"join_keys:", "join_kyes:"},
        {"name: id,", "name: [id],"},
        {"- name: v", "- name: V!"},
        {"- name: v", "- nmae: v"},
        {"batch_feature_views:", "batch_feature_vews:"},
        {"entities: [user, shop]", "entities: [user, 5]"},
        {"entities:\n"
         "  - {name: user, join_keys: [{name: id, type: string}]}\n"
         "  - {name: shop, join_keys: [{name: shop_id, type: string}]}\n"
         "  - {name: buyer, join_keys: [{name: id, type: string}]}\n",
         "entities: 5\n"},
        {"features:\n", "fetures:\n"},
        {"- {name: f,", "- {name: ,"}}) {
    const std::string problems = WithLine(right, wrong);
    // A misspelt field is two: the wrong one, and the right one that lacks.
    EXPECT_NE(problems, "") << wrong;
    EXPECT_EQ(problems.find("service"), std::string::npos) << problems;
    EXPECT_EQ(problems.find("'columns' maps"), std::string::npos) << problems;
    EXPECT_EQ(problems.find("not defined"), std::string::npos) << problems;
  }
}

TEST(AllAtOnceTest, AWrongTypeIsNoTypeToCompareWith) {
  EXPECT_EQ(WithLine("type: string", "type: strin"),
            "f:3:47: 'type': 'strin' is not a type; there are bool, int32, "
            "int64, float, double, string, bytes, timestamp, "
            "decimal(precision, scale), list<...> of each, and "
            "float[length]\n");
}

TEST(AllAtOnceTest, OfTwoViewsWithOneNameEitherMayBeMeant) {
  EXPECT_EQ(ProblemsOf(std::string(kEntities) +
                       "  - name: v\n"
                       "    entities: [user]\n"
                       "    source: {path: s}\n"
                       "    features: [{name: f, type: int64}]\n"
                       "  - name: v\n"
                       "    entities: [user]\n"
                       "    source: {path: s}\n"
                       "    features: [{name: g, type: int64}]\n"
                       "feature_services: [{name: s, features: [v.f, v.g]}]\n"),
            "f:9:5: feature view 'v' is defined twice, first in line 5; "
            "rename or remove one\n");
}

TEST(AllAtOnceTest, OfTwoEntitiesWithOneNameEitherMayBeMeant) {
  EXPECT_EQ(ProblemsOf("project: p\n"
                       "entities:\n"
                       "  - {name: e, join_keys: [{name: a, type: int64}]}\n"
                       "  - {name: e, join_keys: [{name: b, type: int64}]}\n"
                       "batch_feature_views:\n"
                       "  - name: v\n"
                       "    entities: [e]\n"
                       "    source: {path: s, columns: {b: x}}\n"
                       "    features: [{name: f, type: int64}]\n"),
            "f:4:5: entity 'e' is defined twice, first in line 3; rename or "
            "remove one\n");
}

TEST(AllAtOnceTest, AWrongSourceFieldIsNotSaidToBeMissing) {
  EXPECT_EQ(WithLine("{path: s}", "{path: s, zone: UTC, timestamp_field: []}"),
            "f:14:51: 'timestamp_field': takes text, not a list\n");
}

}  // namespace
}  // namespace freshet
