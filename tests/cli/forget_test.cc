// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ForgetCommandTest : public CliTest {
 protected:
  ForgetCommandTest() {
    v1::GetDefinitionsResponse definitions;
    definitions.set_definitions(R"(
project: test
entities:
  - name: user
    join_keys: [{name: user_id, type: int64}]
  - name: plane
    join_keys: [{name: tail, type: string}]
  - name: seat
    join_keys: [{name: flight, type: string}, {name: row, type: int64}]
)");
    daemon_.Answer("GetDefinitions", definitions);
    v1::ForgetResponse reply;
    v1::ForgottenKey* key = reply.add_keys();
    key->set_entity("user");
    key->set_hash("00000000000000aa");
    key->set_at_micros(1388448000000000);
    key->set_who("ada");
    v1::ForgottenKey::InView* view = key->add_views();
    view->set_view("clicks");
    view->set_until_version(3);
    view->add_versions(2);
    view->add_versions(3);
    view->set_certain(true);
    view->set_erase_micros(1388451600000000);
    view = key->add_views();
    view->set_view("pairs");
    view->add_versions(1);
    view->set_erase_micros(1388451600000000);
    view = key->add_views();
    view->set_view("spend");
    view->set_certain(true);
    view = key->add_views();
    view->set_view("sums");
    view->set_live(true);
    view->set_erase_micros(1388451600000000);
    view = key->add_views();
    view->set_view("tiers");
    view->add_versions(1);
    view->add_versions(2);
    view->set_live(true);
    view->set_erase_micros(1388451600000000);
    key->set_change_log_erase_micros(1388451600000000);
    daemon_.Answer("Forget", reply);
    daemon_.Answer("ListForgotten", reply);
  }

  // What the daemon was asked last.
  std::string Asked(const std::vector<std::string>& words) {
    const CliResult result = Run(words);
    EXPECT_EQ(result.code, kOk) << result.err;
    return daemon_.calls().back();
  }
};

TEST_F(ForgetCommandTest, KeysAreOfTheEntitysTypes) {
  EXPECT_EQ(Asked({"forget", "user", "4711"}),
            "Forget{entity: \"user\" keys { name: \"user_id\" int64s: 4711 }}");
  EXPECT_EQ(Asked({"forget", "user", "1", "2", "user_id=3"}),
            "Forget{entity: \"user\" keys { name: \"user_id\" int64s: 1 "
            "int64s: 2 int64s: 3 }}");
  EXPECT_EQ(Asked({"forget", "seat", "flight=A,B", "row=1,2"}),
            "Forget{entity: \"seat\" keys { name: \"flight\" strings: \"A\" "
            "strings: \"B\" } keys { name: \"row\" int64s: 1 int64s: 2 }}");
}

// A name with a comma, or one that looks like something else, is one person.
TEST_F(ForgetCommandTest, AValueIsTakenAsItIs) {
  EXPECT_EQ(Asked({"forget", "plane", "N1,N2", "a=b", "tail=N3,N4"}),
            "Forget{entity: \"plane\" keys { name: \"tail\" strings: \"N1,N2\" "
            "strings: \"a=b\" strings: \"N3,N4\" }}");
}

TEST_F(ForgetCommandTest, TheAnswerSaysWhatHasItStillAndUntilWhen) {
  const std::string head =
      "user    00000000000000aa  2013-12-31T00:00:00Z  ada  ";
  const std::string table =
      "ENTITY  KEY'S HASH        FORGOTTEN             BY   VIEW    ON DISK IN "
      "         ERASED AFTER\n" +
      head + "clicks  2, 3                2013-12-31T01:00:00Z\n" + head +
      "pairs   perhaps 1           2013-12-31T01:00:00Z\n" + head +
      "spend   none                -\n" + head +
      "sums    live                2013-12-31T01:00:00Z\n" + head +
      "tiers   perhaps 1, 2, live  2013-12-31T01:00:00Z\n" + head +
      "-       change log          2013-12-31T01:00:00Z\n";
  EXPECT_EQ(Run({"forget", "user", "4711"}).out, table);
  EXPECT_EQ(Run({"forget", "--list"}).out, table);
  EXPECT_THAT(Run({"--json", "forget", "--list"}).out,
              HasSubstr("\"hash\":\"00000000000000aa\""));
}

TEST_F(ForgetCommandTest, AnEntityThatThereIsNotIsForTheDaemonToName) {
  daemon_.Refuse("Forget", {grpc::StatusCode::NOT_FOUND, "no entity 'usr'"});
  const CliResult result = Run({"forget", "usr", "4711"});
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err, "freshet: no entity 'usr'\n");
}

TEST_F(ForgetCommandTest, WrongWordsAreUsageErrorsAndForgetNothing) {
  EXPECT_THAT(Run({"forget"}).err, HasSubstr("want ENTITY and its key"));
  EXPECT_EQ(Run({"forget", "user"}).code, kUsage);
  EXPECT_EQ(Run({"forget", "user", "1", "--list"}).code, kUsage);
  EXPECT_TRUE(daemon_.calls().empty());
  EXPECT_EQ(Run({"forget", "user", "ada"}).err,
            "freshet: key 'user_id': 'ada' is no int64\n");
  EXPECT_EQ(Run({"forget", "seat", "A"}).err,
            "freshet: 'A': want NAME=VALUE[,VALUE...]\n");
  EXPECT_THAT(daemon_.calls(),
              ElementsAre("GetDefinitions{}", "GetDefinitions{}"));
}

}  // namespace
}  // namespace freshet
