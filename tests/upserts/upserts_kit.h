// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_dir.h"
#include "versions/store.h"

namespace freshet {

// A line of a snapshot: a key, its event time, and its value; nullopt deletes
// the key.
struct Change {
  int64_t key = 0;
  int64_t seconds = 0;
  std::optional<int64_t> value;
};

// What a view answers: by key the value.
using Content = std::map<int64_t, int64_t>;

// A store with a view `user` (key int64, feature `n` int64) whose source is of
// mode upsert, loaded by the real loader.
class UpsertsTest : public testing::Test {
 protected:
  UpsertsTest();

  // Opens the store, again if it is open.
  void Open();
  void Close() { store_.reset(); }

  // With these features, `guards` and `retention` in YAML's flow style.
  void Define(const std::string& features, const std::string& guards,
              int64_t versions);

  // Loads the changes and waits for the end.
  LoadJob Load(const std::vector<Change>& changes, bool full = false,
               bool activate = true);
  // The same, which must serve in the end; returns the version.
  int64_t Upsert(const std::vector<Change>& changes, bool full = false);

  void WaitForFolds();

  const ViewRecord& view() const;
  const Manifest& current() const;
  // How many versions answer for the current one.
  size_t layers() const;

  // By a scan.
  Content Served() const;
  // By lookups of the keys below `end`.
  Content LookedUp(int64_t end) const;

  TempDir dir_;
  ManualClock clock_{2'000'000'000'000'000};
  Store::Options options_;
  std::vector<std::string> said_;  // Troubles only.
  std::unique_ptr<Store> store_;

 private:
  mutable Catalog::StatePtr state_;  // Of the last view().
  int snapshots_ = 0;
};

}  // namespace freshet
