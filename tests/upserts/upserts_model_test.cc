// SPDX-License-Identifier: Apache-2.0
// Random upserts, deletes, backfills, rollbacks, folds and restarts against a
// map: docs/semantics.md, rules 7 and 9.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tests/upserts/upserts_kit.h"

namespace freshet {
namespace {

constexpr int64_t kKeys = 300;
constexpr int64_t kFirstSecond = 1'900'000'000;

// Of a key: when it was last changed, and its value unless it is deleted.
struct Known {
  int64_t seconds = 0;
  std::optional<int64_t> value;
};
using Model = std::map<int64_t, Known>;

void Take(const std::vector<Change>& changes, Model& model) {
  for (const Change& change : changes) {
    const auto known = model.find(change.key);
    if (known != model.end() && known->second.seconds > change.seconds) {
      continue;
    }
    model[change.key] = {change.seconds, change.value};
  }
}

Content ContentOf(const Model& model) {
  Content content;
  for (const auto& [key, known] : model) {
    if (known.value) content[key] = *known.value;
  }
  return content;
}

class UpsertsModelTest : public UpsertsTest {
 protected:
  int64_t Below(int64_t end) {
    return std::uniform_int_distribution<int64_t>(0, end - 1)(random_);
  }

  // Times around `at`, so that equal ones and older ones occur.
  std::vector<Change> RandomChanges(int64_t most, int64_t at) {
    std::vector<Change> changes;
    for (int64_t n = Below(most + 1); n > 0; --n) {
      Change change{Below(kKeys), at - Below(5), {}};
      if (Below(4) != 0) change.value = Below(1'000'000);
      changes.push_back(change);
    }
    return changes;
  }

  void Load(bool full) {
    const bool backfill = !full && Below(4) == 0;
    const int64_t at = backfill ? now_ - Below(now_ - kFirstSecond + 1) : now_;
    const int64_t most = full ? 4 * kKeys : (Below(10) == 0 ? 100 : 8);
    std::vector<Change> changes = RandomChanges(most, at);
    // One that is older than what serves does not take its place by itself.
    if (full) changes.push_back({Below(kKeys), now_, Below(100)});
    Model next = full || models_.empty() ? Model() : models_[serving_];
    Take(changes, next);
    serving_ = Upsert(changes, full);
    models_[serving_] = std::move(next);
  }

  void Rollback() {
    const auto version = store_->actions().Rollback("user", "test");
    if (version.ok()) serving_ = *version;
  }

  void Activate() {
    const ViewRecord& record = view();
    auto it = record.versions.begin();
    std::advance(it, Below(static_cast<int64_t>(record.versions.size())));
    const int64_t version = it->first;
    const absl::Status done =
        store_->actions().Activate("user", version, "test");
    ASSERT_TRUE(done.ok()) << done;
    serving_ = version;
  }

  void Step() {
    ++now_;
    const int64_t dice = models_.empty() ? 75 : Below(100);
    if (dice < 75) {
      Load(/*full=*/false);
    } else if (dice < 78) {
      Load(/*full=*/true);
    } else if (dice < 85) {
      Rollback();
    } else if (dice < 88) {
      Activate();
    } else if (dice < 97) {
      WaitForFolds();
    } else {
      Open();
    }
  }

  void Check() {
    ASSERT_EQ(view().current, serving_);
    const Content wanted = ContentOf(models_[serving_]);
    ASSERT_EQ(Served(), wanted);
    ASSERT_EQ(LookedUp(kKeys), wanted);
    ASSERT_EQ(current().live_rows, static_cast<int64_t>(wanted.size()));
  }

  std::mt19937_64 random_;
  int64_t now_ = kFirstSecond;
  int64_t serving_ = 0;
  std::map<int64_t, Model> models_;  // By version.
};

TEST_F(UpsertsModelTest, AnswersAsAMapWould) {
  const uint64_t seed = std::random_device()();
  random_.seed(seed);
  SCOPED_TRACE(fmt::format("seed {}", seed));
  size_t most_layers = 0;
  int64_t folds = 0;
  for (int i = 0; i < OPERATIONS; ++i) {
    SCOPED_TRACE(fmt::format("operation {}", i));
    ASSERT_NO_FATAL_FAILURE(Step());
    ASSERT_NO_FATAL_FAILURE(Check());
    most_layers = std::max(most_layers, layers());
    folds += current().fold > 0 ? 1 : 0;
  }
  // Else it has tested something else.
  EXPECT_GT(most_layers, 3U);
  EXPECT_GT(folds, 0);
  const Serving::SetPtr set = store_->serving().Current();
  const absl::Status whole =
      set->FindView("user")->current->Verify([] { return true; });
  EXPECT_TRUE(whole.ok()) << whole;
}

}  // namespace
}  // namespace freshet
