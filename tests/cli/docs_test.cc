// SPDX-License-Identifier: Apache-2.0
// docs/cli.md names every command and every option that there is.
#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "base/file.h"
#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

std::set<std::string> Matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::set<std::string> found;
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end;
       ++it) {
    found.insert((*it)[1]);
  }
  return found;
}

TEST(CliDocsTest, EveryCommandAndOptionIsDocumented) {
  const auto docs = ReadFile(FRESHET_SOURCE_DIR "/docs/cli.md");
  ASSERT_TRUE(docs.ok()) << docs.status();
  const std::string help = RunFreshet({"--help"}).out;
  // Commands stand indented by two, after the line "Subcommands:".
  const std::string listed = help.substr(help.find("Subcommands:"));
  const std::set<std::string> commands = Matches(listed, "\n  ([a-z][a-z-]*) ");
  ASSERT_GE(commands.size(), 25U);
  for (const std::string& command : commands) {
    EXPECT_THAT(*docs, testing::ContainsRegex("`" + command + "[ `]"));
    const std::string own = RunFreshet({command, "--help"}).out;
    for (const std::string& option : Matches(own, "(--[a-z-]+)")) {
      EXPECT_THAT(*docs, testing::HasSubstr("`" + option))
          << "option of " << command;
    }
  }
}

TEST(CliDocsTest, EveryExitCodeIsDocumented) {
  const auto docs = ReadFile(FRESHET_SOURCE_DIR "/docs/cli.md");
  ASSERT_TRUE(docs.ok());
  for (const int code : {kOk, kFailed, kHeld, kUsage, kBadFile, kNoFile,
                         kUnreachable, kTryAgain}) {
    EXPECT_THAT(*docs, testing::HasSubstr("| " + std::to_string(code) + " |"));
  }
}

}  // namespace
}  // namespace freshet
