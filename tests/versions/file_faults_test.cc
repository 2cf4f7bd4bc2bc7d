// SPDX-License-Identifier: Apache-2.0
// Fails each write, sync and rename of what the daemon itself does to its
// directory, one at a time. What is promised: the state before or the one
// after, and the next start finds it whole.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <functional>

#include "tests/storage/libc_faults.h"
#include "tests/versions/store_kit.h"
#include "versions/layout.h"
#include "versions/upkeep/reconcile.h"

namespace freshet {
namespace {

class FileFaultsTest : public ::testing::Test {
 protected:
  // Version 1 serves.
  void Begin() {
    kit_ = std::make_unique<StoreKit>();
    kit_->Apply(UserYaml({"number: int64"}));
    kit_->Load();
  }

  // Runs `act` with no fault, then once for each of its calls and each error,
  // each time from Begin and `prepare` on; `check` looks at what came of it.
  void FailEachCall(const std::function<void()>& prepare,
                    const std::function<absl::Status()>& act,
                    const std::function<void(const absl::Status&)>& check) {
    int failed = 0;
    for (const int error : {EIO, ENOSPC, EROFS}) {
      size_t calls = 1;
      for (size_t i = 0; i <= calls; ++i) {  // The last one fails no call.
        Begin();
        prepare();
        WatchFileCalls(static_cast<int>(i), error);
        const absl::Status done = act();
        const auto made = TakeFileCalls();
        if (i < made.size()) {
          calls = made.size();
          SCOPED_TRACE(fmt::format("call {} ({} '{}') fails with {}: {}", i,
                                   made[i].name, made[i].path, error,
                                   done.ToString()));
          failed += done.ok() ? 0 : 1;
          check(done);
        } else {
          ASSERT_TRUE(done.ok()) << done;
          check(done);
          break;
        }
        if (HasFatalFailure()) return;
      }
    }
    fmt::print("{} calls failed\n", failed);
    EXPECT_GT(failed, 3);
  }

  bool HasDir(int64_t version) {
    return PathExists(VersionDir(kit_->dir(), "user", version)) ||
           PathExists(BuildingDir(kit_->dir(), "user", version));
  }

  std::unique_ptr<StoreKit> kit_;
};

TEST_F(FileFaultsTest, CommitIsWholeOrLeavesNothing) {
  CommitRequest request;
  FailEachCall([&] { request = *kit_->Build(); },
               [&] {
                 return CommitVersion(kit_->dir(), *kit_->parts->catalog,
                                      request)
                     .status();
               },
               [&](const absl::Status& done) {
                 const bool may_count = kit_->parts->catalog->may_count();
                 EXPECT_EQ(kit_->view().current, done.ok() ? 2 : 1);
                 EXPECT_EQ(HasDir(2), done.ok() || may_count);
                 kit_->Restart();
                 const std::string read = kit_->Read("user.number");
                 if (may_count) {
                   EXPECT_TRUE(read == "1" || read == "2") << read;
                 } else {
                   EXPECT_EQ(read, done.ok() ? "2" : "1");
                 }
                 EXPECT_EQ(kit_->Load(), 3);
                 EXPECT_EQ(kit_->Read("user.number"), "3");
               });
}

TEST_F(FileFaultsTest, DeletionNeverHurtsWhatServes) {
  FailEachCall([&] { kit_->Load(); },
               [&] { return kit_->parts->actions.Delete("user", 1); },
               [&](const absl::Status& done) {
                 EXPECT_EQ(kit_->Read("user.number"), "2");
                 kit_->Restart();
                 EXPECT_EQ(kit_->Read("user.number"), "2");
                 const bool known = kit_->view().Find(1) != nullptr;
                 EXPECT_FALSE(known && done.ok());
                 EXPECT_EQ(HasDir(1), known);
               });
}

TEST_F(FileFaultsTest, StartLosesNothing) {
  FailEachCall(
      // All that a start has to settle.
      [&] {
        ASSERT_TRUE(kit_->Build().ok());
        ASSERT_TRUE(MakeDir(VersionDir(kit_->dir(), "user", 7)).ok());
        ASSERT_TRUE(MakeDir(DeletingDir(kit_->dir(), "user", 8)).ok());
        kit_->parts.reset();
      },
      [&]() -> absl::Status {
        auto catalog = Catalog::Open(kit_->dir());
        if (!catalog.ok()) return catalog.status();
        return Reconcile(**catalog, {.dir = kit_->dir(),
                                     .now_micros = kit_->clock.NowMicros(),
                                     .orphan_grace_micros = 1})
            .status();
      },
      [&](const absl::Status&) {
        kit_->Restart();
        EXPECT_EQ(kit_->Read("user.number"), "1");
        EXPECT_FALSE(HasDir(2));
        EXPECT_FALSE(HasDir(7));
        EXPECT_EQ(kit_->Load(), 9);
      });
}

}  // namespace
}  // namespace freshet
