// SPDX-License-Identifier: Apache-2.0
#include "config/overrides.h"

#include <gtest/gtest.h>

namespace freshet {
namespace {

constexpr const char* kFile =
    "project: p\n"
    "settings:\n"
    "  storage: {directory: d}\n"
    "  listen: {data: \"h:1\"}\n";

std::string MessageOf(const std::string& set) {
  return std::string(OverrideSettings(kFile, {set}).status().message());
}

TEST(OverridesTest, LaterOnesWinOverTheFileAndOverEarlierOnes) {
  const auto settings =
      OverrideSettings(kFile, {"listen.data=h:2", "settings.log.level=warn",
                               "log.level=error", "load.roots=[a, b]"});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->listen.data, "h:2");
  EXPECT_EQ(settings->log.level, "error");
  EXPECT_EQ(settings->load.roots, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(settings->storage.directory, "d");
}

TEST(OverridesTest, AFileWithoutSettingsMayGetThemAll) {
  const auto settings =
      OverrideSettings("project: p\n", {"storage.directory=d"});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->storage.directory, "d");
}

TEST(OverridesTest, TheFilesRulesHold) {
  EXPECT_EQ(MessageOf("listen.dta=h:2"),
            "--set: settings.listen has no field 'dta'; did you mean 'data'?");
  EXPECT_EQ(MessageOf("log.level=loud"),
            "--set: 'level': takes one of trace, debug, info, warn, error, not "
            "'loud'");
}

TEST(OverridesTest, WhatSetsNothingIsRefused) {
  for (const char* set : {"", "listen.data", "=h:2", "settings.=5"}) {
    EXPECT_FALSE(OverrideSettings(kFile, {set}).ok()) << set;
  }
  EXPECT_FALSE(OverrideSettings(kFile, {"listen.data=[unclosed"}).ok());
  EXPECT_FALSE(OverrideSettings(kFile, {"listen.data.x=5"}).ok());
}

}  // namespace
}  // namespace freshet
