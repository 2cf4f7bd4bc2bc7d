// SPDX-License-Identifier: Apache-2.0
// Each kind of problem, with its exact place and words.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/parse.h"

namespace freshet {
namespace {

std::string ProblemsOf(std::string_view text) {
  return FormatProblems("f", ParseFile(text).problems);
}

// Six lines of settings are good; `line` is the seventh.
std::string InSettings(const std::string& line) {
  return ProblemsOf(
      "settings:\n"
      "  storage:\n"
      "    directory: d\n"
      "  log:\n"
      "    level: info\n"
      "  # Here.\n" +
      line + "\n");
}

constexpr std::string_view kView =
    "project: p\n"
    "entities:\n"
    "  - {name: e, join_keys: [{name: k, type: string}]}\n"
    "batch_feature_views:\n"
    "  - name: v\n"
    "    entities: [e]\n"
    "    source: {path: s}\n"
    "    features:\n"
    "      - {name: f, type: int64}\n";

// `lines` begin at line 10, after the features of a view.
std::string InView(const std::string& lines) {
  return ProblemsOf(std::string(kView) + lines + "\n");
}

TEST(ProblemsTest, AnUnknownFieldIsToldTheNearest) {
  EXPECT_EQ(InView("    frehsness: 36h"),
            "f:10:5: feature view has no field 'frehsness'; did you mean "
            "'freshness'?\n");
  EXPECT_EQ(InSettings("  runtime: {}"),
            "f:7:3: settings has no field 'runtime'; there are listen, "
            "limits, storage, load, s3, event_export, log, clock, drain_delay, "
            "drain_deadline\n");
}

TEST(ProblemsTest, AMissingFieldIsNamedAtItsMapping) {
  EXPECT_EQ(ProblemsOf("settings:\n  storage: {block_cache: 1MiB}\n"),
            "f:2:12: settings.storage lacks 'directory'; add it\n");
  EXPECT_EQ(InView("      - {name: g}"),
            "f:10:9: feature lacks 'type'; add it\n");
}

TEST(ProblemsTest, DefinitionsWithoutAProjectAreRefused) {
  EXPECT_EQ(ProblemsOf("\nentities: []\n"),
            "f:2:1: the file has definitions but no 'project'; name it\n");
}

TEST(ProblemsTest, AFileWithNothingInItIsRefused) {
  const std::string expected =
      "f:1:1: the file has neither settings nor definitions\n";
  EXPECT_EQ(ProblemsOf(""), expected);
  EXPECT_EQ(ProblemsOf("# Only a comment.\n"), expected);
  EXPECT_EQ(ProblemsOf("x-anchors: {a: b}\n"), expected);
  EXPECT_EQ(ProblemsOf("- a\n"),
            "f:1:1: file takes fields (project, settings, entities, "
            "batch_feature_views, stream_sources, stream_feature_views, "
            "feature_services), not a list\n");
}

TEST(ProblemsTest, AFieldThatStandsTwiceIsShownWithTheFirst) {
  EXPECT_EQ(InView("    entities: [e]"),
            "f:10:5: 'entities' stands here twice, first in line 6; remove one "
            "of the two\n");
}

TEST(ProblemsTest, AnEmptyFieldIsShownAtItsName) {
  EXPECT_EQ(InView("    owner:\n    ttl: ~"),
            "f:10:5: 'owner': is empty; give it a value or leave it out\n"
            "f:11:5: 'ttl': is empty; give it a value or leave it out\n");
  EXPECT_EQ(InView("    tags: {a: }"),
            "f:10:12: 'a': takes text, not nothing\n");
}

TEST(ProblemsTest, ADurationSaysItsUnits) {
  EXPECT_EQ(InView("    ttl: 36"),
            "f:10:10: 'ttl': '36' is not a duration; write a whole number and "
            "a unit (us, ms, s, m, h, d, w), as in 36h\n");
  EXPECT_EQ(InView("    ttl: [1h]"),
            "f:10:10: 'ttl': takes a duration, such as 36h, not a list\n");
}

TEST(ProblemsTest, ASettingsDurationIsInWholeUnitsAndInItsRange) {
  EXPECT_EQ(InSettings("  drain_delay: 1500us"),
            "f:7:16: 'drain_delay': '1500us' is finer than it is kept; use ms, "
            "s, m, h, d\n");
  EXPECT_EQ(InSettings("  drain_delay: 2d"),
            "f:7:16: 'drain_delay': takes 0 to 1d, not 2d\n");
  EXPECT_EQ(InSettings("  load: {idle_timeout: 0}"),
            "f:7:24: 'idle_timeout': takes 1s to 365d, not 0\n");
}

TEST(ProblemsTest, ASizeSaysItsUnitsAndItsLeast) {
  EXPECT_EQ(InSettings("  load: {sort_buffer: 512MB}"),
            "f:7:23: 'sort_buffer': '512MB' is not a size; write a whole "
            "number and a unit (B, KiB, MiB, GiB, TiB), as in 512MiB\n");
  EXPECT_EQ(InSettings("  load: {sort_buffer: 1KiB}"),
            "f:7:23: 'sort_buffer': takes at least 1MiB, not 1KiB\n");
}

TEST(ProblemsTest, TheHttpPortIsRefusedOverIpv6) {
  EXPECT_EQ(InSettings("  listen: {http: \"[::1]:7602\"}"),
            "f:7:18: 'http': takes host:port of IPv4, such as 127.0.0.1:7602 "
            "(HTTP is not served over IPv6), not the text '[::1]:7602'\n");
  EXPECT_EQ(InSettings("  listen: {http: \"0.0.0.0:7602\"}"), "");
}

TEST(ProblemsTest, AnAddressNeedsHostAndPort) {
  const std::string takes =
      "takes host:port, such as 127.0.0.1:7600 or [::1]:7600, not ";
  EXPECT_EQ(InSettings("  listen: {data: localhost}"),
            "f:7:18: 'data': " + takes + "'localhost'\n");
  EXPECT_EQ(InSettings("  listen: {data: \":7600\"}"),
            "f:7:18: 'data': " + takes + "the text ':7600'\n");
  EXPECT_EQ(InSettings("  listen: {data: \"h:65536\"}"),
            "f:7:18: 'data': 'h:65536' has a port beyond 65535\n");
}

TEST(ProblemsTest, TwoListenersCannotShareAnAddress) {
  EXPECT_EQ(InSettings("  listen: {data: h:1, http: h:1}"),
            "f:7:29: 'http': is 'h:1', which 'data' is too; give each a port "
            "of its own\n");
  EXPECT_EQ(InSettings("  listen: {data: 127.0.0.1:7602}"),
            "f:7:18: 'http': is '127.0.0.1:7602', which 'data' is too; give "
            "each a port of its own\n");
  EXPECT_EQ(InSettings("  listen: {data: h:0, http: h:0}"), "");
}

TEST(ProblemsTest, AChoiceNamesThemAll) {
  EXPECT_EQ(ProblemsOf("settings:\n  storage: {directory: d}\n"
                       "  log: {level: warning}\n"),
            "f:3:16: 'level': takes one of trace, debug, info, warn, error, "
            "not 'warning'\n");
}

TEST(ProblemsTest, ANumberSaysItsRange) {
  EXPECT_EQ(InSettings("  limits: {keys_max: 0}"),
            "f:7:22: 'keys_max': takes a whole number from 1 to 1000000, not "
            "'0'\n");
  EXPECT_EQ(InSettings("  limits: {keys_max: \"5\"}"),
            "f:7:22: 'keys_max': takes a whole number from 1 to 1000000, not "
            "the text '5'\n");
  EXPECT_EQ(InView("    guards: {rows_ratio_min: .nan, allow_empty: yes}"),
            "f:10:30: 'rows_ratio_min': takes a number from 0 to 1, not "
            "'.nan'\n"
            "f:10:49: 'allow_empty': takes true or false, not 'yes'\n");
}

TEST(ProblemsTest, ABoundOfAGuardIsAnyFiniteNumber) {
  EXPECT_EQ(InView("      - {name: g, type: double, "
                   "guard: {min: -1e300, max: 1e20}}"),
            "");
  EXPECT_THAT(InView("      - {name: g, type: double, guard: {max: .inf}}"),
              testing::HasSubstr("'max': takes a number, not '.inf'"));
}

TEST(ProblemsTest, TextThatYamlTakesForSomethingElseWantsQuotes) {
  EXPECT_EQ(InView("    owner: 2013"),
            "f:10:12: 'owner': takes text, and '2013' is none in YAML; quote "
            "it\n");
  EXPECT_EQ(InView("    tags: {a: true}"),
            "f:10:15: 'a': takes text, and 'true' is none in YAML; quote it\n");
  EXPECT_EQ(InView("    owner: \"2013\""), "");
}

TEST(ProblemsTest, ANameKeepsToItsLetters) {
  EXPECT_EQ(ProblemsOf("project: Flights\n"),
            "f:1:10: 'project': takes a name: a lower case letter, then at "
            "most 62 of a-z, 0-9 and _, not 'Flights'\n");
  EXPECT_EQ(InView("      - {name: a-b, type: bool}"),
            "f:10:16: 'name': takes a name: a letter or _, then at most 62 "
            "letters, digits and _, not 'a-b'\n");
  EXPECT_EQ(ProblemsOf("project: " + std::string(63, 'a') + "\n"), "");
  EXPECT_NE(ProblemsOf("project: " + std::string(64, 'a') + "\n"), "");
}

TEST(ProblemsTest, AZoneCannotLeaveTheZoneDirectory) {
  EXPECT_EQ(ProblemsOf("project: p\n"
                       "batch_feature_views:\n"
                       "  - name: v\n"
                       "    entities: [e]\n"
                       "    source: {path: s, zone: ../../etc/passwd}\n"
                       "    features: [{name: f, type: bool}]\n"
                       "entities: [{name: e, join_keys: [{name: k, type: "
                       "string}]}]\n"),
            "f:5:29: 'zone': takes the name of an IANA zone, such as "
            "America/New_York or UTC, not '../../etc/passwd'\n");
}

TEST(ProblemsTest, ATypeThatIsNoneIsToldAllTypes) {
  EXPECT_EQ(InView("      - {name: g, type: int}"),
            "f:10:25: 'type': 'int' is not a type; there are bool, int32, "
            "int64, float, double, string, bytes, timestamp, "
            "decimal(precision, scale), list<...> of each, and "
            "float[length]\n");
}

TEST(ProblemsTest, ADecimalWithoutQuotesInBracesIsToldOfThem) {
  EXPECT_EQ(InView("      - {name: g, type: decimal(5,2)}"),
            "f:10:25: 'type': 'decimal(5' is not a type: write "
            "decimal(precision, scale) with a precision of 1 to 18 and a scale "
            "of 0 to the precision; inside braces, in quotes\n"
            "f:10:35: feature has no field '2)'; there are name, type, "
            "default, was, description, tags, pii, guard\n");
}

TEST(ProblemsTest, AKeyCannotHaveAnyType) {
  EXPECT_EQ(ProblemsOf("project: p\nentities:\n"
                       "  - {name: e, join_keys: [{name: k, type: double}]}\n"),
            "f:3:43: 'type': 'double' cannot be the type of a key; keys are "
            "string, int64 or bytes\n");
}

TEST(ProblemsTest, ADefaultMustFitItsType) {
  EXPECT_EQ(InView("      - {name: g, type: int32, default: 1.5}"),
            "f:10:41: 'default': '1.5' does not fit int32: it takes a whole "
            "number from -2147483648 to 2147483647\n");
  EXPECT_EQ(InView("      - {name: g, type: \"float[2]\", default: [1]}"),
            "f:10:46: 'default': takes 2 elements, not 1: its type is "
            "float[2]\n");
  EXPECT_EQ(InView("      - {name: g, type: \"float[1]\", default: [~]}"),
            "f:10:46: 'default': takes a value of float, not nothing\n");
  EXPECT_EQ(InView("      - {name: g, type: list<bool>, default: true}"),
            "f:10:46: 'default': takes a list, for its type is list<bool>, not "
            "'true'\n");
  EXPECT_EQ(InView("      - {name: g, type: string, default: 5}"),
            "f:10:42: 'default': takes text, and '5' is none in YAML; quote "
            "it\n");
}

TEST(ProblemsTest, AListThatIsNeededCannotBeEmpty) {
  EXPECT_EQ(ProblemsOf("project: p\nentities:\n  - {name: e, join_keys: []}\n"),
            "f:3:26: 'join_keys': is an empty list; it takes at least one\n");
}

TEST(ProblemsTest, AMappingIsNotAListAndAListNoMapping) {
  EXPECT_EQ(ProblemsOf("project: p\nentities: {name: e}\n"),
            "f:2:11: 'entities': takes a list, not a mapping\n");
  EXPECT_EQ(InView("    guards: [1]"),
            "f:10:13: 'guards': takes a mapping, not a list\n");
  EXPECT_EQ(InView("      - f"),
            "f:10:9: feature takes fields (name, type, default, was, "
            "description, tags, pii, guard), not 'f'\n");
}

TEST(ProblemsTest, TwoThingsOfOneNameAreShownWithTheFirst) {
  EXPECT_EQ(InView("      - {name: f, type: bool}"),
            "f:10:9: feature 'f' is defined twice, first in line 9; rename or "
            "remove one\n");
  EXPECT_EQ(InView("feature_services:\n"
                   "  - {name: s, features: [v]}\n"
                   "  - {name: s, features: [v]}"),
            "f:12:5: feature service 's' is defined twice, first in line 11; "
            "rename or remove one\n");
}

TEST(ProblemsTest, AViewNamesEntitiesThatAreDefined) {
  EXPECT_EQ(
      ProblemsOf("project: p\n"
                 "entities:\n"
                 "  - {name: carrier, join_keys: [{name: k, type: "
                 "string}]}\n"
                 "batch_feature_views:\n"
                 "  - name: v\n"
                 "    entities: [carier, airport_code, carrier, carrier]\n"
                 "    source: {path: s}\n"
                 "    features: [{name: f, type: bool}]\n"),
      "f:6:16: view 'v' names an entity 'carier' that is not defined; "
      "did you mean 'carrier'?\n"
      "f:6:24: view 'v' names an entity 'airport_code' that is not "
      "defined; define it under 'entities'\n"
      "f:6:47: view 'v' names entity 'carrier' twice; remove one\n");
}

TEST(ProblemsTest, AReferenceHasOneOfThreeForms) {
  EXPECT_EQ(InView("feature_services:\n"
                   "  - {name: s, features: [v.f, \"v[f]\", \"v f\", [v]]}"),
            "f:11:39: 'features': takes 'view', 'view.feature' or "
            "'view[feature, feature]', not the text 'v f'\n"
            "f:11:46: 'features': takes 'view', 'view.feature' or "
            "'view[feature, feature]', not a list\n");
}

TEST(ProblemsTest, AMomentNeedsADayThatThereIs) {
  EXPECT_EQ(InSettings("  clock: {simulated_start: 2013-02-29T00:00:00Z}"),
            "f:7:28: 'simulated_start': '2013-02-29T00:00:00Z' is not a "
            "timestamp: there is no such day\n");
}

TEST(ProblemsTest, AllProblemsComeAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(ProblemsOf("feature_services:\n"
                       "  - {nam: s, features: []}\n"
                       "project: 5\n"
                       "settings:\n"
                       "  storage: {directory: [], read_threads: x}\n"),
            "f:2:5: feature service lacks 'name'; add it\n"
            "f:2:6: feature service has no field 'nam'; did you mean 'name'?\n"
            "f:2:24: 'features': is an empty list; it takes at least one\n"
            "f:3:10: 'project': takes text, and '5' is none in YAML; quote it\n"
            "f:5:24: 'directory': takes text, not a list\n"
            "f:5:42: 'read_threads': takes a whole number from 1 to 1024, not "
            "'x'\n");
}

TEST(ProblemsTest, BeyondTwoHundredTheyAreOnlyCounted) {
  std::vector<Problem> problems(203, Problem{{1, 1}, "p"});
  const std::string text = FormatProblems("f", problems);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 201);
  EXPECT_TRUE(text.ends_with("f: and 3 problems more\n")) << text;
}

}  // namespace
}  // namespace freshet
