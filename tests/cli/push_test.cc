// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/cli/push_fixture.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr const char* kDefinitions = R"yaml(project: shop
entities:
  - name: user
    join_keys: [{name: user, type: string}]
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: at, type: timestamp}
      - {name: id, type: int64}
      - {name: ok, type: bool}
      - {name: amount, type: double}
      - {name: price, type: "decimal(6,2)"}
      - {name: raw, type: bytes}
    timestamp_field: at
    id_field: id
    single_node: true
  - name: clicks
    fields:
      - {name: user, type: string}
      - {name: at, type: timestamp}
    timestamp_field: at
    single_node: true
)yaml";

class PushTest : public PushFixture {
 protected:
  PushTest() : PushFixture(kDefinitions) {}

  void Fails(grpc::StatusCode code, const std::string& message) {
    v1::PushResponse reply;
    reply.set_code(code);
    reply.set_message(message);
    reply.set_request_id("r-1");
    daemon_.Answer("PushStream", reply);
  }

  // The requests to push, as text.
  std::vector<std::string> Pushed() const {
    std::vector<std::string> pushed;
    for (const std::string& call : daemon_.calls()) {
      if (call.starts_with("PushStream{")) pushed.push_back(call);
    }
    return pushed;
  }

  // So many clicks, one a line.
  static std::string Clicks(int events) {
    std::string lines;
    for (int i = 0; i < events; ++i) {
      lines += R"({"user": "u", "at": "2026-01-01T00:00:00Z"})"
               "\n";
    }
    return lines;
  }
};

TEST_F(PushTest, EachFieldGoesIntoTheArrayOfItsType) {
  Accepts(2);
  const std::string file = Write(
      "all.jsonl",
      R"({"user": "ann", "at": "1970-01-01T00:00:01Z", "id": 7, "ok": true,)"
      R"( "amount": 1, "price": 12.5, "raw": "0x00ff", "more": [1]})"
      "\n\n \r\n"
      R"({"user": "", "at": "1970-01-01T00:00:00.000002Z", "price": null})");

  const CliResult result = Run({"push", "payments", file});

  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out,
              testing::StartsWith("payments: 2 events accepted in "));
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(
      Pushed(),
      ElementsAre("PushStream{source: \"payments\" "
                  "columns { name: \"user\" strings: \"ann\" strings: \"\" } "
                  "columns { name: \"at\" integers: 1000000 integers: 2 } "
                  "columns { name: \"id\" nulls: \"\\000\\002\" integers: 7 "
                  "integers: 0 } "
                  "columns { name: \"ok\" nulls: \"\\000\\002\" bools: true "
                  "bools: false } "
                  "columns { name: \"amount\" nulls: \"\\000\\002\" doubles: 1 "
                  "doubles: 0 } "
                  "columns { name: \"price\" nulls: \"\\000\\001\" integers: "
                  "1250 integers: 0 } "
                  "columns { name: \"raw\" nulls: \"\\000\\002\" bytes: "
                  "\"\\000\\377\" bytes: \"\" }}"));
}

TEST_F(PushTest, EventsAreSentABatchAtATime) {
  Accepts(2);
  Accepts(2);
  Accepts(1);
  const std::string file = Write("five.jsonl", Clicks(5));

  const CliResult result = Run({"push", "clicks", file, "--batch", "2"});

  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("clicks: 5 events accepted in "));
  EXPECT_THAT(Pushed(), SizeIs(3));
}

TEST_F(PushTest, MoreBatchesThanMayBeUnansweredAreAllAnswered) {
  Accepts(1);
  const CliResult result =
      Run({"push", "clicks", "-", "--batch", "1"}, Clicks(50));
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("clicks: 50 events accepted in "));
  EXPECT_THAT(Pushed(), SizeIs(50));
}

TEST_F(PushTest, LargeEventsAreFewerToABatch) {
  Accepts(1);
  std::string lines;
  for (int i = 0; i < 4; ++i) {
    lines += "{\"user\": \"" + std::string(300'000, 'x') + "\"}\n";
  }
  EXPECT_EQ(Run({"push", "clicks", Write("large.jsonl", lines)}).code, kOk);
  EXPECT_THAT(Pushed(), SizeIs(2));
}

TEST_F(PushTest, AnEventWithoutAnyValueIsSentAllTheSame) {
  Accepts(0);
  Run({"push", "clicks", "-"}, "{}");
  EXPECT_THAT(Pushed(), ElementsAre("PushStream{source: \"clicks\" columns { "
                                    "name: \"at\" nulls: \"\\002\" }}"));
}

TEST_F(PushTest, RejectedEventsAreCountedByReasonAndAFailure) {
  for (int reply = 0; reply < 2; ++reply) {
    v1::PushResponse response;
    response.set_accepted(1);
    v1::RejectedEvent& rejected = *response.add_rejected();
    rejected.set_row(1);
    rejected.set_reason(v1::REJECT_REASON_NO_TIME);
    daemon_.Answer("PushStream", response);
  }
  v1::PushResponse future;
  future.add_rejected()->set_reason(v1::REJECT_REASON_FUTURE);
  daemon_.Answer("PushStream", future);
  const std::string file = Write("five.jsonl", "\n" + Clicks(5));

  const CliResult result = Run({"push", "clicks", file, "--batch", "2"});

  EXPECT_EQ(result.code, kFailed);
  EXPECT_THAT(result.out, HasSubstr("clicks: 2 events accepted in "));
  EXPECT_EQ(result.err,
            "freshet: 2 events rejected: without a time; the first is in line "
            "3\n"
            "freshet: 1 event rejected: further in the future than the "
            "source's max_future_skew; the first is in line 6\n");
  EXPECT_EQ(Run({"--json", "push", "clicks", file, "--batch", "2"}).out,
            "{\"source\":\"clicks\",\"accepted\":2,\"rejected\":["
            "{\"reason\":\"REJECT_REASON_NO_TIME\",\"events\":2,"
            "\"first_line\":3},{\"reason\":\"REJECT_REASON_FUTURE\","
            "\"events\":1,\"first_line\":6}]}\n");
}

TEST_F(PushTest, OfAFileWithAWrongLineNothingIsPushed) {
  Accepts(1);
  const std::string file =
      Write("wrong.jsonl", Clicks(3) + "\n{\"user\": 1}\n" + Clicks(1));
  const CliResult result = Run({"push", "clicks", file, "--batch", "1"});
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_EQ(result.err, "freshet: '" + file +
                            "', line 5: field 'user' is a number, not of type "
                            "string\n");
  EXPECT_THAT(Pushed(), IsEmpty());
  for (const char* line :
       {"user,at", "{\"user\": \"u\"", "[]",
        "{\"at\": \"2026-01-01T00:00:00\"}", "{\"at\": 1700000000}",
        "{\"user\": \"u\", \"user\": \"u\"}"}) {
    const CliResult other = Run({"push", "clicks", Write("other.jsonl", line)});
    EXPECT_EQ(other.code, kBadFile) << line;
    EXPECT_THAT(other.err, HasSubstr("line 1: ")) << line;
  }
}

TEST_F(PushTest, OfTheStandardInputTheBatchesBeforeAWrongLineArePushed) {
  Accepts(2);
  const CliResult result = Run({"push", "clicks", "-", "--batch", "2"},
                               Clicks(3) + "{\"user\": 1}\n");
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_EQ(result.err,
            "freshet: 'the standard input', line 4: field 'user' is a number, "
            "not of type string\n"
            "2 events accepted all the same. Source 'clicks' has no id_field: "
            "what is pushed again counts again.\n");
  EXPECT_THAT(Pushed(), SizeIs(1));
}

TEST_F(PushTest, ALineThatNeverEndsIsAnError) {
  const CliResult result = Run({"push", "clicks", "/dev/zero"});
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_THAT(result.err, HasSubstr("'/dev/zero', line 1: it is longer than"));
}

TEST_F(PushTest, FieldsThatNoEventHasAreNamed) {
  Accepts(1);
  const CliResult result = Run(
      {"push", "payments", "-"},
      R"({"user": "u", "at": "2026-01-01T00:00:00Z", "id": 1, "amout": 1})");
  EXPECT_EQ(result.code, kOk);
  EXPECT_EQ(result.err,
            "freshet: no event has a value for 'ok', 'amount', 'price', "
            "'raw'\n");
}

TEST_F(PushTest, NoEventsAreNoError) {
  const CliResult result =
      Run({"push", "clicks", Write("empty.jsonl", "\n\n")});
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("clicks: 0 events accepted"));
  EXPECT_THAT(Pushed(), IsEmpty());
}

TEST_F(PushTest, ASourceThatThereIsNotIsToldTheNearest) {
  const CliResult result = Run({"push", "click", "-"}, Clicks(1));
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err,
            "freshet: no stream source 'click'; nearest: 'clicks'\n");
  v1::GetDefinitionsResponse none;
  none.set_definitions("project: shop\n");
  daemon_.Answer("GetDefinitions", none);
  EXPECT_EQ(Run({"push", "click", "-"}, Clicks(1)).err,
            "freshet: no stream source 'click'; none is defined\n");
}

TEST_F(PushTest, AFileThatCannotBeReadIsNamed) {
  const CliResult none = Run({"push", "clicks", "/nowhere/a.jsonl"});
  EXPECT_EQ(none.code, kNoFile);
  EXPECT_THAT(none.err, HasSubstr("'/nowhere/a.jsonl'"));
  const CliResult directory = Run({"push", "clicks", testing::TempDir()});
  EXPECT_EQ(directory.code, kNoFile);
  EXPECT_THAT(directory.err, HasSubstr("cannot read"));
}

TEST_F(PushTest, ABatchThatIsRefusedIsNamedByItsLines) {
  Accepts(2);
  Fails(grpc::StatusCode::FAILED_PRECONDITION, "source 'payments' takes none");
  Accepts(2);
  const std::string file =
      Write("ids.jsonl", "{\"id\":1}\n{\"id\":2}\n{\"id\":3}\n\n{\"id\":4}\n");

  const CliResult result = Run({"push", "payments", file, "--batch", "2"});

  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err,
            "freshet: lines 3 to 5: source 'payments' takes none (request_id: "
            "r-1)\n"
            "2 events accepted all the same. Push the whole file again: an "
            "event counts once by its 'id', for the source's "
            "deduplicate_for.\n");
}

TEST_F(PushTest, ADaemonThatCannotWriteIsAskedAgainLater) {
  Fails(grpc::StatusCode::UNAVAILABLE, "nothing can be written: disk full");
  const CliResult result = Run({"push", "clicks", "-"}, Clicks(1));
  EXPECT_EQ(result.code, kTryAgain);
  EXPECT_THAT(result.err, AllOf(HasSubstr("disk full"),
                                Not(HasSubstr("No daemon answers"))));
}

TEST_F(PushTest, OfAStreamThatBreaksItIsSaidWhatIsNotKnown) {
  Accepts(1);
  Accepts(1);
  daemon_.Refuse("PushStream",
                 grpc::Status(grpc::StatusCode::UNAVAILABLE, "gone"));
  const CliResult result =
      Run({"push", "clicks", "-", "--batch", "1"}, Clicks(3));
  EXPECT_EQ(result.code, kUnreachable);
  EXPECT_THAT(
      result.err,
      AllOf(HasSubstr("freshet: gone\n"), HasSubstr("looked for as the data"),
            HasSubstr("2 events accepted all the same; of 1 more it is not "
                      "known. Source 'clicks' has no id_field")));
}

TEST_F(PushTest, WithoutTheAdminPortTypesAreNotKnown) {
  const CliResult result =
      RunFreshet({"--admin", "127.0.0.1:1", "--data", daemon_.address(), "push",
                  "clicks", "-"},
                 Clicks(1));
  EXPECT_EQ(result.code, kUnreachable);
  EXPECT_THAT(result.err, HasSubstr("looked for as the admin port"));
  EXPECT_THAT(Pushed(), IsEmpty());
}

TEST_F(PushTest, ATerminalIsShownHowFarItIs) {
  Accepts(2);
  const std::string file = Write("two.jsonl", Clicks(2));
  const std::string out = Run({"push", "clicks", file}, "", true).out;
  EXPECT_THAT(out, HasSubstr("\r\x1b[Kclicks: 2 events, 88 B of 88 B\r\x1b[K"
                             "clicks: 2 events accepted in "));
}

TEST_F(PushTest, ABatchOfNoneIsAUsageError) {
  EXPECT_EQ(Run({"push", "clicks", "-", "--batch", "0"}).code, kUsage);
  EXPECT_EQ(Run({"push", "clicks"}).code, kUsage);
}

}  // namespace
}  // namespace freshet
