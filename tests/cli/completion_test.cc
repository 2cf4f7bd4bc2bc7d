// SPDX-License-Identifier: Apache-2.0
// The completion script, run by bash as it runs it: words are cut at colons
// too, the line is as it was typed.
#include <gmock/gmock.h>

#include <array>
#include <memory>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class CompletionTest : public CliTest {
 protected:
  CompletionTest()
      : script_(Write("completion.bash", RunFreshet({"completion"}).out)) {}

  // What is offered at the end of `line`. Instead of the program a function
  // answers, and notes what it was asked.
  std::vector<std::string> Offered(const std::string& line) {
    const std::string shell =
        "source '" + script_ + "'\n" + "freshet() { echo \"$*\" > '" + script_ +
        ".asked'\n" +
        "  echo '{\"views\":[{\"name\":\"user_orders\"},"
        "{\"name\":\"user_trips\"}]}'; }\n" +
        "COMP_LINE='" + line + "' COMP_POINT=${#COMP_LINE}\n" +
        "COMP_WORDS=(${COMP_LINE//:/ : })\n" +
        "case $COMP_LINE in *' ') COMP_WORDS+=('') ;; esac\n" +
        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n" + "_freshet\n" +
        "printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    const std::string run = "bash " + Write("run.bash", shell);
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(
        ::popen(run.c_str(), "r"), ::pclose);
    std::vector<std::string> words;
    std::array<char, 256> word{};
    while (std::fgets(word.data(), word.size(), pipe.get()) != nullptr) {
      words.emplace_back(word.data());
      words.back().pop_back();
      if (words.back().empty()) words.pop_back();
    }
    return words;
  }

  std::string Asked() {
    std::ifstream in(script_ + ".asked");
    std::string line;
    std::getline(in, line);
    return line;
  }

  const std::string script_;
};

TEST_F(CompletionTest, CommandsAreOfferedFirst) {
  EXPECT_THAT(Offered("freshet ver"), ElementsAre("versions", "version"));
  EXPECT_THAT(Offered("freshet "), AllOf(Contains("load"), Contains("--json")));
}

TEST_F(CompletionTest, AnOptionsValueIsNoCommand) {
  for (const char* line :
       {"freshet --admin 1.2.3.4:1 ver", "freshet --admin=1.2.3.4:1 ver",
        "freshet --json --timeout 5 --data h:1 ver"}) {
    EXPECT_THAT(Offered(line), ElementsAre("versions", "version")) << line;
  }
  EXPECT_THAT(Offered("freshet --timeout "), IsEmpty());
}

TEST_F(CompletionTest, GlobalOptionsMayStandAfterTheCommand) {
  EXPECT_THAT(Offered("freshet load --js"), ElementsAre("--json"));
  EXPECT_THAT(Offered("freshet load --no"),
              ElementsAre("--no-activate", "--no-wait"));
  EXPECT_THAT(Offered("freshet views --no"), IsEmpty());
}

TEST_F(CompletionTest, ViewsAreAskedForWhereAViewComes) {
  EXPECT_THAT(Offered("freshet --admin h:1 rollback user_o"),
              ElementsAre("user_orders"));
  EXPECT_EQ(Asked(), "--admin h:1 --timeout 2 --json views");
  EXPECT_THAT(Offered("freshet describe "),
              AllOf(Contains("user_orders"), Contains("user_trips")));
  EXPECT_THAT(Offered("freshet activate user_orders "),
              Not(Contains("user_orders")));
  EXPECT_THAT(Offered("freshet watch "), Not(Contains("user_orders")));
}

TEST_F(CompletionTest, ZshReadsItThroughItsBashCompatibility) {
  EXPECT_EQ(RunFreshet({"completion", "zsh"}).out,
            "autoload -U +X bashcompinit && bashcompinit\n" +
                RunFreshet({"completion", "bash"}).out);
}

}  // namespace
}  // namespace freshet
