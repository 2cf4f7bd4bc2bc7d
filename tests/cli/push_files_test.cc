// SPDX-License-Identifier: Apache-2.0
// `freshet push` of files that freshet-load reads. Parquet and Arrow, which
// only that links, are pushed by tests/e2e/push_files_test.py.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/cli/push_fixture.h"

namespace freshet {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
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
      - {name: small, type: int32}
      - {name: half, type: float}
    timestamp_field: at
    id_field: id
    single_node: true
)yaml";

class PushFilesTest : public PushFixture {
 protected:
  PushFilesTest() : PushFixture(kDefinitions) {}

  CliResult Push(const std::string& file, std::vector<std::string> more = {}) {
    std::vector<std::string> words = {"push", "payments", file, "--loader",
                                      FRESHET_LOAD};
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  }

  std::vector<std::string> Pushed() const {
    std::vector<std::string> pushed;
    for (const std::string& call : daemon_.calls()) {
      if (call.starts_with("PushStream{")) pushed.push_back(call);
    }
    return pushed;
  }
};

TEST_F(PushFilesTest, EachColumnGoesIntoTheArrayOfItsFieldsType) {
  Accepts(2);
  const std::string file = Write(
      "all.csv",
      "more,id,user,at,ok,amount,price,raw,small,half\r\n"
      "1,7,\"ann, b\",1970-01-01T00:00:01Z,true,0.1,12.5,0x00ff,-3,0.5\r\n"
      "\n"
      "2,8,\"\",1970-01-01T01:00:00.000002+01:00,,nan,,,,-inf\n");

  const CliResult result = Push(file);

  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out,
              testing::StartsWith("payments: 2 events accepted in "));
  EXPECT_EQ(result.err, "");
  EXPECT_THAT(
      Pushed(),
      ElementsAre(
          "PushStream{source: \"payments\" "
          "columns { name: \"user\" strings: \"ann, b\" strings: \"\" } "
          "columns { name: \"at\" integers: 1000000 integers: 2 } "
          "columns { name: \"id\" integers: 7 integers: 8 } "
          "columns { name: \"ok\" nulls: \"\\000\\001\" bools: true bools: "
          "false } "
          "columns { name: \"amount\" doubles: 0.1 doubles: nan } "
          "columns { name: \"price\" nulls: \"\\000\\001\" integers: 1250 "
          "integers: 0 } "
          "columns { name: \"raw\" nulls: \"\\000\\001\" bytes: "
          "\"\\000\\377\" bytes: \"\" } "
          "columns { name: \"small\" nulls: \"\\000\\001\" integers: -3 "
          "integers: 0 } "
          "columns { name: \"half\" doubles: 0.5 doubles: -inf }}"));
}

TEST_F(PushFilesTest, OfAColumnThatIsNotThereNothingIsSaid) {
  Accepts(1);
  const CliResult result =
      Push(Write("few.csv", "id,at,amount\n1,2026-01-01T00:00:00Z,\n"));
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_EQ(result.err,
            "freshet: no event has a value for 'user', 'ok', 'amount', "
            "'price', 'raw', 'small', 'half'\n");
  EXPECT_THAT(Pushed(),
              ElementsAre("PushStream{source: \"payments\" columns { name: "
                          "\"at\" integers: 1767225600000000 } columns { name: "
                          "\"id\" integers: 1 } columns { name: \"amount\" "
                          "nulls: \"\\001\" }}"));
}

TEST_F(PushFilesTest, TheTimeAndTheIdAreColumnsOfTheFile) {
  const std::string id = Write("no_id.csv", "ids,at\n");
  EXPECT_EQ(Push(id).code, kBadFile);
  EXPECT_EQ(
      Push(id).err,
      "freshet: '" + id +
          "': its header line: there is no column 'id' (a field of the "
          "source); did you mean 'ids', 'at'? the columns are 'ids', 'at'; "
          "name the column as the field\n");
  const std::string at = Write("no_time.csv", "id,when\n");
  EXPECT_THAT(Push(at).err, HasSubstr("there is no column 'at'"));
}

TEST_F(PushFilesTest, OfAFileWithAWrongRowNothingIsPushed) {
  std::string rows = "id,at,amount\n";
  for (int i = 0; i < 5000; ++i) {
    rows += std::to_string(i) + ",2026-01-01T00:00:00Z,1\n";
  }
  const std::string file =
      Write("wrong.csv", rows + "5000,2026-01-01T00:00:00Z,abc\n");
  const CliResult result = Push(file, {"--batch", "10"});
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_EQ(result.err.substr(0, result.err.find("abc")),
            "freshet: '" + file + "': row 5001: column 'amount' (double): '");
  EXPECT_THAT(Pushed(), IsEmpty());
  for (const char* row :
       {"1", "x,2026-01-01T00:00:00Z,1", "1,2026-01-01T00:00:00,1",
        "1,1767225600,1", "1,2026-01-01T00:00:00Z,1,2", "1,\"2026", "1,a\"b,1",
        "9223372036854775808,2026-01-01T00:00:00Z,1"}) {
    const CliResult other =
        Push(Write("other.csv", std::string("id,at,amount\n") + row + "\n"));
    EXPECT_EQ(other.code, kBadFile) << row;
    EXPECT_THAT(other.err, HasSubstr("row 1: ")) << row;
  }
  EXPECT_THAT(Pushed(), IsEmpty());
}

TEST_F(PushFilesTest, TimesWithoutAZoneAreOfTheOneThatIsGiven) {
  const std::string file = Write("local.csv",
                                 "id,at\n1,2013-07-01 12:00:00\n"
                                 "2,2013-07-01T12:00:00Z\n3,2013-07-01\n");
  EXPECT_THAT(Push(file).err, HasSubstr("has no zone; give --zone"));
  EXPECT_THAT(Push(file, {"--zone", "America/New_York"}).err,
              HasSubstr("'2013-07-01' is a date; give --zone and --at"));
  EXPECT_THAT(Push(file, {"--zone", "Mars/Olympus"}).err,
              HasSubstr("Mars/Olympus"));
  EXPECT_THAT(Pushed(), IsEmpty());
  Accepts(3);
  EXPECT_EQ(
      Push(file, {"--zone", "America/New_York", "--at", "end_of_day"}).code,
      kOk);
  EXPECT_THAT(Pushed(), ElementsAre(HasSubstr(
                            "name: \"at\" integers: 1372694400000000 integers: "
                            "1372680000000000 integers: 1372737600000000 }")));
}

TEST_F(PushFilesTest, OptionsThatDoNotGoTogetherAreAUsageError) {
  const std::string csv = Write("a.csv", "id,at\n");
  EXPECT_EQ(Push(csv, {"--at", "end_of_day"}).code, kUsage);
  EXPECT_EQ(Push(csv, {"--at", "noon"}).code, kUsage);
  EXPECT_EQ(Push(csv, {"--format", "xml"}).code, kUsage);
  EXPECT_EQ(Push("-", {"--format", "csv"}).code, kUsage);
  EXPECT_THAT(Push("-", {"--format", "csv"}).err,
              HasSubstr("the standard input is read as JSON Lines"));
  EXPECT_EQ(Push(Write("a.jsonl", "{}"), {"--zone", "UTC"}).code, kUsage);
}

TEST_F(PushFilesTest, TheFormatIsWhatIsGivenOrTheNameOrTheFirstBytesSay) {
  const std::string rows = "id,at\n1,2026-01-01T00:00:00Z\n";
  Accepts(1);
  EXPECT_EQ(Push(Write("events.txt", rows), {"--format", "csv"}).code, kOk);
  EXPECT_THAT(Pushed(), SizeIs(1));
  EXPECT_THAT(Push(Write("events.txt", rows)).err, HasSubstr("line 1: "));
  EXPECT_THAT(Push(Write("events", "PAR1 and no more")).err,
              HasSubstr("it does not begin and end as a Parquet file"));
  EXPECT_EQ(Push(Write("events.pq", rows)).code, kBadFile);
}

TEST_F(PushFilesTest, RejectedEventsAreCountedByTheirRows) {
  v1::PushResponse response;
  response.set_accepted(1);
  v1::RejectedEvent& rejected = *response.add_rejected();
  rejected.set_row(1);
  rejected.set_reason(v1::REJECT_REASON_NO_TIME);
  daemon_.Answer("PushStream", response);
  const std::string file =
      Write("rejected.csv", "id,at\n1,2026-01-01T00:00:00Z\n\n2,\n");
  const CliResult result = Push(file);
  EXPECT_EQ(result.code, kFailed);
  EXPECT_EQ(result.err,
            "freshet: 1 event rejected: without a time; the first is in row "
            "2\n");
  daemon_.Answer("PushStream", response);
  EXPECT_THAT(Push(file, {"--json"}).out, HasSubstr("\"first_row\":2"));
}

TEST_F(PushFilesTest, ABatchThatIsRefusedIsNamedByItsRows) {
  Accepts(1);
  v1::PushResponse reply;
  reply.set_code(grpc::StatusCode::FAILED_PRECONDITION);
  reply.set_message("no");
  daemon_.Answer("PushStream", reply);
  const CliResult result =
      Push(Write("two.csv", "id,at\n1,2026-01-01T00:00:00Z\n2,\n3,\n"),
           {"--batch", "1"});
  EXPECT_THAT(result.err,
              AllOf(HasSubstr("freshet: rows 2 to 2: no"),
                    HasSubstr("1 event accepted all the same. Push the whole "
                              "file again")));
}

TEST_F(PushFilesTest, WithoutALoaderItIsSaidWhatItIsFor) {
  const std::string file = Write("a.csv", "id,at\n");
  const CliResult none =
      Run({"push", "payments", file, "--loader", "/nowhere/freshet-load"});
  EXPECT_EQ(none.code, kFailed);
  EXPECT_THAT(none.err, AllOf(HasSubstr("'/nowhere/freshet-load'"),
                              HasSubstr("it reads CSV, Parquet and Arrow")));
  const CliResult wrong =
      Run({"push", "payments", file, "--loader", "/bin/false"});
  EXPECT_EQ(wrong.code, kFailed);
  EXPECT_THAT(wrong.err, HasSubstr("the loader ended amid the file, by exit "
                                   "code 1"));
  const CliResult other =
      Run({"push", "payments", file, "--loader", "/bin/cat"});
  EXPECT_EQ(other.code, kFailed);
  EXPECT_THAT(Pushed(), IsEmpty());
}

TEST_F(PushFilesTest, AFileThatCannotBeReadIsNamed) {
  const CliResult none = Push("/nowhere/a.csv");
  EXPECT_EQ(none.code, kNoFile);
  EXPECT_THAT(none.err, HasSubstr("'/nowhere/a.csv'"));
  const std::string directory = testing::TempDir() + "freshet_out.parquet";
  std::filesystem::create_directory(directory);
  EXPECT_THAT(Push(directory).err,
              HasSubstr("it is a directory; push the files in it"));
}

TEST_F(PushFilesTest, NoEventsAreNoError) {
  const CliResult result = Push(Write("none.csv", "id,at\n"));
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out, HasSubstr("payments: 0 events accepted"));
  EXPECT_THAT(Pushed(), IsEmpty());
}

}  // namespace
}  // namespace freshet
