// SPDX-License-Identifier: Apache-2.0
// Feeds from a mock of a cluster into live views, for tests; and payments as
// their records.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/value.h"
#include "ingest/feed/feeds.h"
#include "tests/fakes/temp_dir.h"
#include "tests/ingest/mock_cluster.h"

namespace freshet {

inline constexpr int64_t kFeedMinute = 60'000'000;
inline constexpr int64_t kFeedNow = 16'000 * 1'440 * kFeedMinute;

// Of `cents`, a minute ago.
std::string Payment(const std::string& user, int64_t cents);
void AppendPayments(MockCluster& cluster, const std::string& topic,
                    int32_t partition, int count);

class FeedKit {
 public:
  // Reads the topic `payments` from its beginning, and counts by user.
  explicit FeedKit(const MockCluster& cluster);
  ~FeedKit() { Close(); }

  // Take effect when it is opened, or by Apply.
  Definitions& definitions() { return definitions_; }

  void Open();
  void Close();
  // Closes it, and leaves on disk what a crash at this moment would.
  void Crash();
  void Apply();

  // Of the last hour.
  int64_t Count(const std::string& user = "ann",
                int64_t now_micros = kFeedNow) const;

  SourceState State() const;
  // Lines of the file of dead letters.
  std::vector<std::string> DeadLetters() const;

  LiveViews& views() { return *views_; }
  Feeds& feeds() { return *feeds_; }

  ManualClock clock{kFeedNow};

 private:
  TempDir dir_;
  StoreResources resources_{8 << 20};
  Definitions definitions_;
  std::unique_ptr<LiveViews> views_;
  std::unique_ptr<Feeds> feeds_;
};

// Of its source.
KafkaSource& KafkaOf(FeedKit& kit);
// Has the topic of its source be a push log from the next opening or Apply on,
// and each `cents` an id.
void MakePushLog(FeedKit& kit);
// Payments of ann to it, once it is known how far it is read; the outcome.
absl::Status PushPayments(FeedKit& kit, const std::vector<int64_t>& cents,
                          int64_t at_micros = kFeedNow - kFeedMinute);

// False if it does not become true in half a minute.
bool Until(const std::function<bool()>& done);
bool UntilCount(const FeedKit& kit, int64_t count);

}  // namespace freshet
