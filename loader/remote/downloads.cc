// SPDX-License-Identifier: Apache-2.0
#include "loader/remote/downloads.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "loader/sort/disk_reserve.h"
#include "loader/sort/nameless_file.h"

namespace freshet {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Few enough requests, and little enough to fetch again.
constexpr int64_t kPieceBytes = 4 << 20;

// On top of those that the store's client makes of each request.
constexpr int kAttempts = 4;
constexpr int64_t kPauseMs = 200;  // Doubled each time.

constexpr milliseconds kTellEvery{100};

// Half of the pause by chance: many loaders that lost one store do not come
// back to it in one moment.
milliseconds Pause(int attempt) {
  std::random_device random;
  std::uniform_real_distribution<double> factor(0.5, 1);
  const auto pause = static_cast<double>(kPauseMs << attempt);
  return milliseconds(static_cast<int64_t>(pause * factor(random)));
}

absl::Status Replaced(const SourceFile& file) {
  return Aborted(
      "object '{}' was replaced while it was fetched; load it again when its "
      "job has ended",
      file.name);
}

}  // namespace

Downloads::Downloads(const ObjectStore& store,
                     const std::vector<SourceFile>& files, Options options)
    : store_(store),
      files_(files),
      options_(std::move(options)),
      rate_(options_.rate_max),
      slots_(files.size()) {
  const auto threads =
      std::min(static_cast<size_t>(options_.at_once), files.size());
  for (size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
  }
}

Downloads::~Downloads() {
  {
    MutexLock lock(mu_);
    stop_ = true;
  }
  changed_.SignalAll();
  for (std::thread& thread : threads_) thread.join();
}

absl::StatusOr<UniqueFd> Downloads::Take(size_t i,
                                         const std::function<void()>& on_work) {
  MutexLock lock(mu_);
  taken_ = i;  // What lies before it has been read.
  changed_.SignalAll();
  for (int64_t told = bytes_.load(); !slots_[i].done;) {
    changed_.WaitFor(mu_, kTellEvery);
    if (bytes_.load() == told) continue;
    told = bytes_.load();
    on_work();
  }
  RETURN_IF_ERROR(slots_[i].status);
  return std::move(slots_[i].fd);
}

std::string Downloads::Tag(size_t i) const {
  MutexLock lock(mu_);
  return slots_[i].tag;
}

bool Downloads::stopped() const {
  MutexLock lock(mu_);
  return stop_;
}

void Downloads::Work() {
  for (;;) {
    size_t i = 0;
    {
      MutexLock lock(mu_);
      const auto ahead = static_cast<size_t>(options_.at_once);
      while (!stop_ && next_ < files_.size() && next_ >= taken_ + ahead) {
        changed_.Wait(mu_);
      }
      if (stop_ || next_ >= files_.size()) return;
      i = next_++;
    }
    Slot slot;
    slot.status = Fetch(files_[i], slot);
    slot.done = true;
    {
      MutexLock lock(mu_);
      slots_[i] = std::move(slot);
    }
    changed_.SignalAll();
  }
}

absl::Status Downloads::Fetch(const SourceFile& file, Slot& slot) {
  ASSIGN_OR_RETURN(OpenObject object, store_.OpenAt(file.path));
  ASSIGN_OR_RETURN(slot.tag, object.Tag());
  ASSIGN_OR_RETURN(const int64_t bytes, object.Bytes());
  if (bytes != file.bytes) return Replaced(file);
  RETURN_IF_ERROR(FetchPieces(file, object, slot));
  ASSIGN_OR_RETURN(const OpenObject after, store_.OpenAt(file.path));
  ASSIGN_OR_RETURN(const std::string tag, after.Tag());
  return tag == slot.tag ? absl::OkStatus() : Replaced(file);
}

absl::Status Downloads::FetchPieces(const SourceFile& file, OpenObject& object,
                                    Slot& slot) {
  ASSIGN_OR_RETURN(slot.fd, OpenNameless(options_.dir));
  std::vector<char> piece;
  for (int64_t offset = 0; offset < file.bytes; offset += kPieceBytes) {
    piece.resize(
        static_cast<size_t>(std::min(kPieceBytes, file.bytes - offset)));
    const auto size = static_cast<int64_t>(piece.size());
    RETURN_IF_ERROR(
        CheckDiskReserve(options_.dir, options_.disk_reserve_bytes, size));
    WaitUntil(rate_.Reserve(size, steady_clock::now()));
    RETURN_IF_ERROR(FetchPiece(file, object, offset, piece));
    RETURN_IF_ERROR(
        WriteAll(slot.fd.get(), {piece.data(), piece.size()}, options_.dir));
    bytes_.fetch_add(size);
  }
  if (::lseek(slot.fd.get(), 0, SEEK_SET) != 0) {
    return ErrnoError("cannot seek in", options_.dir, errno);
  }
  return absl::OkStatus();
}

absl::Status Downloads::FetchPiece(const SourceFile& file, OpenObject& object,
                                   int64_t offset, std::vector<char>& piece) {
  const auto size = static_cast<int64_t>(piece.size());
  for (int attempt = 0;; ++attempt) {
    if (stopped()) return Cancelled("the load has ended");
    const absl::StatusOr<int64_t> got =
        object.ReadAt(offset, size, piece.data());
    if (got.ok() && *got == size) return absl::OkStatus();
    absl::Status failed =
        got.ok() ? Unavailable(
                       "object '{}': the store sent {} of {} bytes at "
                       "offset {}",
                       file.name, *got, size, offset)
                 : got.status();
    if (attempt + 1 == kAttempts || !absl::IsUnavailable(failed)) return failed;
    WaitUntil(steady_clock::now() + Pause(attempt));
  }
}

void Downloads::WaitUntil(RateLimit::Instant when) {
  MutexLock lock(mu_);
  while (!stop_) {
    const auto left =
        std::chrono::ceil<milliseconds>(when - steady_clock::now());
    if (left.count() <= 0) return;
    changed_.WaitFor(mu_, left);
  }
}

}  // namespace freshet
