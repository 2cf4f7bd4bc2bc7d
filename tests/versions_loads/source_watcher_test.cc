// SPDX-License-Identifier: Apache-2.0
#include "versions/watch/source_watcher.h"

#include <sys/stat.h>

#include "base/file.h"
#include "config/parse.h"
#include "gmock/gmock.h"
#include "tests/versions_loads/loads_fixture.h"

namespace freshet {
namespace {

class SourceWatcherTest : public LoadsFixture {
 protected:
  SourceWatcherTest() {
    Definitions definitions =
        ParseFile(store_->catalog().state()->definitions.text).definitions;
    definitions.batch_views.front().source.watch =
        WatchSettings{.every_micros = 1'000'000};
    ApplyRequest watched;
    watched.text = CanonicalText(definitions);
    CHECK(store_->definitions().Apply(watched)->applied);
  }

  // Runs `script` as the process that looks, until it says `count` things.
  std::vector<std::string> Say(const std::string& script, size_t count) {
    const std::string looker = dir_.File("looker");
    CHECK(WriteFileSynced(looker, "#!/bin/sh\n" + script).ok());
    CHECK(::chmod(looker.c_str(), 0700) == 0);
    LoadSettings settings = options_.load;
    settings.loader = looker;
    settings.relative_to = dir_.path();
    Mutex mu;
    CondVar changed;
    std::vector<std::string> said;
    SourceWatcher watcher({.publisher = &store_->publisher(),
                           .catalog = &store_->catalog(),
                           .loads = &store_->loads(),
                           .clock = &clock_,
                           .settings = settings,
                           .say =
                               [&](const std::string& sentence, bool) {
                                 MutexLock lock(mu);
                                 said.push_back(sentence);
                                 changed.SignalAll();
                               },
                           .overdue = std::chrono::milliseconds(50)});
    MutexLock lock(mu);
    while (said.size() < count) changed.Wait(mu);
    return said;
  }
};

TEST_F(SourceWatcherTest, OneThatHangsIsStartedAgain) {
  const auto said = Say("exec sleep 1000\n", 1);
  EXPECT_EQ(said[0],
            "no source is watched for 1 s: no look has ended for long");
}

TEST_F(SourceWatcherTest, WhatALookNotesIsSaid) {
  const auto said =
      Say("echo '{\"view\":\"user\",\"status\":{\"code\":9,\"message\":\"w\"},"
          "\"path\":\"p\",\"sum\":\"0000000000000000\",\"files\":0,"
          "\"bytes\":0,\"note\":\"one came late\"}'\nexec sleep 1000\n",
          1);
  EXPECT_EQ(said[0], "view 'user': one came late");
}

}  // namespace
}  // namespace freshet
