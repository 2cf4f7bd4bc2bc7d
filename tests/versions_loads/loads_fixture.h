// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_dir.h"
#include "versions/store.h"

namespace freshet {

// A store with the views `user` and `item` (key int64, one int64 feature `n`)
// whose loader is tests/fakes/fake_loader.cc: a snapshot is its script.
class LoadsFixture : public testing::Test {
 protected:
  LoadsFixture();
  ~LoadsFixture() override;

  // Opens the store, again if it is open. `options_` says how.
  void Open();
  void Close();

  LoadJobs& loads() { return store_->loads(); }

  // Writes a script and returns a request for it.
  LoadRequest Request(const std::string& view, const std::string& script);
  // Starts a load and waits for its end.
  LoadJob Load(const LoadRequest& request);
  LoadJob LoadRows(const std::string& view, int64_t rows, int64_t value);

  LoadJob WaitForEnd(const std::string& id);
  LoadJob WaitForPhase(const std::string& id, JobPhase phase);

  // A script that builds a version, with `first` before.
  static std::string Building(int64_t rows, int64_t value,
                              const std::string& first = "");

  // A command that waits until Release is called.
  std::string Gate();
  void Release();

  // The value in every feature that is served, and how many rows; {-1, 0} if
  // the view has no version. Fails the test on rows that differ.
  struct Served {
    int64_t value = -1;
    int64_t rows = 0;
    bool operator==(const Served&) const = default;
  };
  Served WhatServes(const std::string& view);
  int64_t CurrentVersion(const std::string& view);

  // Names in a view's directory.
  std::vector<std::string> OnDisk(const std::string& view);

  // What `on_change` was told, `id phase`, one for each new phase.
  std::vector<std::string> Phases();

  TempDir dir_;
  ManualClock clock_{1'000'000'000};
  Store::Options options_;
  std::unique_ptr<Store> store_;
  // Called with each change, besides.
  std::function<void(const LoadJob&)> on_change_;

 private:
  int scripts_ = 0;
  Mutex mu_;
  std::vector<std::string> phases_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
