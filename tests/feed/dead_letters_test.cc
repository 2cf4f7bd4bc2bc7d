// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/dead_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/failpoint.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class DeadLettersTest : public testing::Test {
 protected:
  void TearDown() override { ASSERT_TRUE(ArmFailpoints("").ok()); }

  void Open(const std::vector<PartitionPosition>& positions = {}) {
    auto opened = freshet::DeadLetters::Open(dir_.File("letters"), "clicks",
                                             settings_, positions);
    ASSERT_TRUE(opened.ok()) << opened.status();
    letters_ = *std::move(opened);
  }
  absl::Status Write(int64_t offset) {
    letters_->Add({.topic = "clicks",
                   .partition = 3,
                   .offset = offset,
                   .reason = DeadLetterReason::kMalformed,
                   .error = "it is not JSON"});
    return letters_->Write();
  }
  std::string Text(const std::string& name = "clicks.jsonl") const {
    return ReadFile(dir_.File("letters/" + name)).value_or("(none)");
  }
  static std::string Line(int64_t offset) {
    return "{\"topic\":\"clicks\",\"partition\":3,\"offset\":" +
           std::to_string(offset) +
           ",\"reason\":\"malformed\",\"error\":\"it is not JSON\","
           "\"at_micros\":0}\n";
  }

  TempDir dir_;
  DeadLetters::Settings settings_;
  std::unique_ptr<DeadLetters> letters_;
};

TEST_F(DeadLettersTest, EachIsALine) {
  Open();
  ASSERT_TRUE(Write(7).ok());
  ASSERT_TRUE(Write(9).ok());

  EXPECT_EQ(Text(), Line(7) + Line(9));
}

TEST_F(DeadLettersTest, ThoseOfATopicThatWasMadeAnewAreOthers) {
  Open();
  ASSERT_TRUE(Write(7).ok());
  letters_->BeginAnew("clicks", 3, 0);
  ASSERT_TRUE(Write(2).ok());

  // The new topic's one at 7 was never read.
  Open({{.topic = "clicks", .partition = 3, .next = 1}});
  ASSERT_TRUE(Write(2).ok());
  ASSERT_TRUE(Write(7).ok());

  const std::string text = Text();
  EXPECT_THAT(text, testing::StartsWith(Line(7)));
  EXPECT_THAT(text, HasSubstr("\"reason\":\"begins_anew\""));
  EXPECT_THAT(text, EndsWith("}\n" + Line(2) + Line(7)));
}

TEST_F(DeadLettersTest, Rule22OneThatIsReadAgainIsThereOnce) {
  Open();
  ASSERT_TRUE(Write(7).ok());
  ASSERT_TRUE(Write(9).ok());

  Open({{.topic = "clicks", .partition = 3, .next = 9}});
  ASSERT_TRUE(Write(9).ok());
  ASSERT_TRUE(Write(11).ok());

  EXPECT_EQ(Text(), Line(7) + Line(9) + Line(11));
}

TEST_F(DeadLettersTest, AnUnfinishedLineIsCutOff) {
  Open();
  ASSERT_TRUE(Write(7).ok());
  std::ofstream(dir_.File("letters/clicks.jsonl"), std::ios::app)
      << Line(9).substr(0, 20);

  Open();
  ASSERT_TRUE(Write(9).ok());

  EXPECT_EQ(Text(), Line(7) + Line(9));
}

TEST_F(DeadLettersTest, AFullFileTakesThePlaceOfTheOneBefore) {
  settings_.file_bytes_max = 150;
  Open();
  for (int64_t offset = 0; offset < 5; ++offset) {
    ASSERT_TRUE(Write(offset).ok());
  }

  EXPECT_EQ(Text("clicks.1.jsonl"), Line(2) + Line(3));
  EXPECT_EQ(Text(), Line(4));
  // Those of the older file are known too.
  Open();
  ASSERT_TRUE(Write(3).ok());
  EXPECT_EQ(Text(), Line(4));
}

TEST_F(DeadLettersTest, WhatCannotBeWrittenIsWrittenLater) {
  Open();
  ASSERT_TRUE(ArmFailpoints("dead_letters.before_write=1*error").ok());
  EXPECT_FALSE(Write(7).ok());

  ASSERT_TRUE(letters_->Write().ok());

  EXPECT_EQ(Text(), Line(7));
}

TEST_F(DeadLettersTest, ADamagedLineIsLeftAlone) {
  Open();
  ASSERT_TRUE(Write(7).ok());
  std::ofstream(dir_.File("letters/clicks.jsonl"), std::ios::app) << "{\"x\n";

  Open();
  ASSERT_TRUE(Write(9).ok());

  EXPECT_THAT(Text(), EndsWith(Line(9)));
  EXPECT_THAT(Text(), HasSubstr("{\"x\n"));
}

}  // namespace
}  // namespace freshet
