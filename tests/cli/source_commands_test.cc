// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class SourceCommandsTest : public CliTest {};

TEST_F(SourceCommandsTest, PauseAndResume) {
  daemon_.Answer("PauseSource", v1::PauseSourceResponse());
  EXPECT_EQ(Run({"pause", "clicks"}).out,
            "Source 'clicks' is paused, also after a restart, until `freshet "
            "resume clicks`.\n");
  EXPECT_EQ(Run({"resume", "clicks"}).out, "Source 'clicks' is read on.\n");
  EXPECT_THAT(daemon_.calls(),
              ElementsAre("PauseSource{source: \"clicks\"}",
                          "PauseSource{source: \"clicks\" resume: true}"));
}

TEST_F(SourceCommandsTest, SeekSaysFromWhereAndWhich) {
  v1::SeekSourceResponse reply;
  reply.add_partitions()->set_topic("web:clicks");
  reply.mutable_partitions(0)->set_partition(3);
  daemon_.Answer("SeekSource", reply);
  EXPECT_EQ(Run({"seek", "clicks", "earliest"}).out,
            "Partition 3 of topic 'web:clicks' is to be read on from there.\n"
            "In a moment, or when source 'clicks' is resumed; one that was "
            "read beyond goes on where it was. If anything is passed over, "
            "windows that begin before then are INCOMPLETE. `freshet status` "
            "and the daemon's log say more.\n");
  Run({"seek", "clicks", "latest", "--partition", "web:clicks:3"});
  EXPECT_THAT(Run({"--json", "seek", "clicks", "2013-12-31T00:00:00Z"}).out,
              HasSubstr("\"topic\":\"web:clicks\""));
  EXPECT_THAT(
      daemon_.calls(),
      ElementsAre("SeekSource{source: \"clicks\" start: START_EARLIEST}",
                  "SeekSource{source: \"clicks\" start: START_LATEST "
                  "partitions { topic: \"web:clicks\" partition: 3 }}",
                  "SeekSource{source: \"clicks\" start: START_TIME "
                  "time_micros: 1388448000000000}"));
}

TEST_F(SourceCommandsTest, WrongWordsAreUsageErrorsAndChangeNothing) {
  EXPECT_THAT(Run({"seek", "clicks", "early"}).err,
              HasSubstr("'early': want earliest, latest, or a time"));
  for (const char* partition : {"3", ":3", "clicks:", "clicks:-1", "a:b"}) {
    const CliResult result =
        Run({"seek", "clicks", "latest", "--partition", partition});
    EXPECT_EQ(result.code, kUsage);
    EXPECT_THAT(result.err, HasSubstr("want TOPIC:PARTITION, as in clicks:3"));
  }
  EXPECT_EQ(Run({"pause"}).code, kUsage);
  EXPECT_THAT(daemon_.calls(), IsEmpty());
}

TEST_F(SourceCommandsTest, StatusShowsWhatIsPaused) {
  v1::DaemonStatus status;
  status.set_ready(true);
  v1::StreamSourceState* source = status.add_stream_sources();
  source->set_name("clicks");
  source->set_partitions(6);
  source->set_lag(1200);
  source->set_paused(true);
  daemon_.Answer("GetStatus", status);
  EXPECT_THAT(Run({"status"}).out,
              HasSubstr("source clicks: 6 partitions, 1,200 records behind, "
                        "PAUSED\n"));
}

}  // namespace
}  // namespace freshet
