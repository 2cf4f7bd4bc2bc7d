// SPDX-License-Identifier: Apache-2.0
#include "versions/catalog.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {
namespace {

// Odd sequence numbers go to `a`, even ones to `b`: a write always goes over
// the older copy, or over one that is damaged.
std::string CopyPath(const std::string& dir, int64_t sequence) {
  return dir + (sequence % 2 != 0 ? "/catalog.a" : "/catalog.b");
}

absl::Status SyncCopy(int fd, bool is_new, const std::string& path,
                      const std::string& dir) {
  RETURN_IF_ERROR(FAILPOINT("catalog.before_sync"));
  if (::fsync(fd) != 0) return ErrnoError("cannot fsync", path, errno);
  if (is_new) RETURN_IF_ERROR(SyncDir(dir));
  return FAILPOINT("catalog.after_sync");
}

}  // namespace

Catalog::Catalog(std::string dir, CatalogState state, bool found,
                 std::string note)
    : dir_(std::move(dir)),
      found_(found),
      note_(std::move(note)),
      state_(std::make_shared<const CatalogState>(std::move(state))) {}

absl::StatusOr<std::unique_ptr<Catalog>> Catalog::Open(std::string dir) {
  CatalogState newest;
  bool found = false;
  std::string note;
  for (const int64_t copy : {1, 2}) {
    const std::string path = CopyPath(dir, copy);
    if (!PathExists(path)) continue;
    RETURN_IF_ERROR(SyncFile(path));
    const absl::StatusOr<std::string> bytes = ReadFile(path);
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<CatalogState> state = ParseCatalog(*bytes);
    if (absl::IsFailedPrecondition(state.status())) {
      return Annotate(state.status(), fmt::format("'{}'", path));
    }
    if (!state.ok()) {
      // Written by a commit that did not end, or damaged since.
      note += fmt::format("{}'{}' is not whole: {}", note.empty() ? "" : "; ",
                          path, std::string(state.status().message()));
      continue;
    }
    if (!found || state->sequence > newest.sequence) newest = *std::move(state);
    found = true;
  }
  // From the second commit on there are two.
  const std::string other = CopyPath(dir, newest.sequence + 1);
  if (newest.sequence > 1 && !PathExists(other)) {
    note = fmt::format("'{}' is missing", other);
  }
  if (found && !note.empty()) {
    note += fmt::format(
        "; '{}' counts, of commit {}: if the other was newer, what it changed "
        "(a rollback, say) is lost; see what is current: freshet views",
        CopyPath(dir, newest.sequence), newest.sequence);
  }
  if (found) RETURN_IF_ERROR(SyncDir(dir));
  return std::unique_ptr<Catalog>(
      new Catalog(std::move(dir), std::move(newest), found, std::move(note)));
}

Catalog::StatePtr Catalog::state() const {
  MutexLock lock(mu_);
  return state_;
}

absl::Status Catalog::Commit(
    const std::function<absl::Status(CatalogState&)>& change) {
  MutexLock commit(commit_mu_);
  if (!broken_.empty()) {
    return Unavailable(
        "nothing can be committed since the catalog could not be written "
        "({}); look at the disk of '{}', then restart freshetd",
        broken_, dir_);
  }
  auto next = std::make_shared<CatalogState>(*state());
  RETURN_IF_ERROR(change(*next));
  ++next->sequence;
  auto& loads = next->ended_loads;
  if (loads.size() > kEndedLoadsMax) {
    loads.erase(loads.begin(), loads.end() - kEndedLoadsMax);
  }
  RETURN_IF_ERROR(Write(*next));

  const StatePtr before = state();  // Let go after the lock.
  {
    MutexLock lock(mu_);
    state_ = next;
  }
  if (listener_) listener_(*before, *next);
  return absl::OkStatus();
}

bool Catalog::may_count() const {
  MutexLock commit(commit_mu_);
  return !broken_.empty();
}

void Catalog::SetListener(Listener listener) {
  MutexLock commit(commit_mu_);
  listener_ = std::move(listener);
}

absl::Status Catalog::Write(const CatalogState& state) {
  const std::string path = CopyPath(dir_, state.sequence);
  const std::string bytes = SerializeCatalog(state);
  RETURN_IF_ERROR(FAILPOINT("catalog.before_write"));
  const bool is_new = !PathExists(path);
  const UniqueFd fd(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd.ok()) return ErrnoError("cannot open", path, errno);
  // What fails up to here leaves a copy that is not whole: the other counts,
  // and the next commit writes over this one again.
  RETURN_IF_ERROR(WriteAll(fd.get(), bytes, path));
  absl::Status synced = SyncCopy(fd.get(), is_new, path, dir_);
  if (!synced.ok()) broken_ = std::string(synced.message());
  return synced;
}

}  // namespace freshet
