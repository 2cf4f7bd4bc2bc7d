// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "base/mutex.h"
#include "loader/remote/object_store.h"
#include "loader/remote/rate_limit.h"

namespace freshet {

// Fetches objects into nameless files, some ahead of the one that is read. One
// whose tag at the last byte is not that at the first, or whose size is not the
// listed one, is ABORTED: the store's reader asks for pieces, and would join
// those of two objects. Take from one thread only.
class Downloads {
 public:
  struct Options {
    std::string dir;       // For the files.
    int64_t at_once = 1;   // Objects that are fetched or wait to be taken.
    int64_t rate_max = 0;  // Bytes a second; 0: no limit.
    int64_t disk_reserve_bytes = 0;
  };

  // `store` and `files` must outlive it.
  Downloads(const ObjectStore& store, const std::vector<SourceFile>& files,
            Options options);
  // Ends what runs after its present piece.
  ~Downloads();

  // Waits for the `i`-th object, whole. Each once, in order. `on_work` is
  // called while bytes arrive.
  absl::StatusOr<UniqueFd> Take(size_t i, const std::function<void()>& on_work);

  // Of an object that was taken.
  std::string Tag(size_t i) const;

 private:
  struct Slot {
    bool done = false;
    absl::Status status;
    UniqueFd fd;
    std::string tag;
  };

  void Work();
  absl::Status Fetch(const SourceFile& file, Slot& slot);
  absl::Status FetchPieces(const SourceFile& file, OpenObject& object,
                           Slot& slot);
  absl::Status FetchPiece(const SourceFile& file, OpenObject& object,
                          int64_t offset, std::vector<char>& piece);
  void WaitUntil(RateLimit::Instant when);
  bool stopped() const;

  const ObjectStore& store_;
  const std::vector<SourceFile>& files_;
  const Options options_;
  RateLimit rate_;
  std::atomic<int64_t> bytes_ = 0;
  mutable Mutex mu_;
  CondVar changed_;
  std::vector<Slot> slots_ ABSL_GUARDED_BY(mu_);
  size_t next_ ABSL_GUARDED_BY(mu_) = 0;   // To be fetched.
  size_t taken_ ABSL_GUARDED_BY(mu_) = 0;  // Before it: all.
  bool stop_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace freshet
