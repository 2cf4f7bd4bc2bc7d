// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "config/value.h"
#include "features/row_schema.h"
#include "ingest/live/live_views.h"

namespace freshet {

class ChangeLog;
class EntityKeys;

// An entity whose live rows and tiles do not count any more, and are on disk
// still.
struct ErasedEntity {
  std::string entity = {};
  uint64_t hash = 0;  // Xxh3 of its key, which is kept nowhere.
  int64_t at_micros = 0;
  std::string who = {};
  // That had something of it; until it is deleted: that may.
  std::set<std::string> views = {};
  // The last record of the change log that may.
  uint64_t last_record = 0;
  // Where it is not, that was not said to be done, and is to be asked again.
  bool deleted = false;
  bool compacted = false;  // The files have nothing of it any more.
};

// Forgets entities in all that comes of events: their rows and tiles are
// deleted at once, and a while later they are gone from the files too, and from
// the change log. Events that come afterwards count again, and so do those that
// wait for their time. Safe to use from any thread.
class LiveErasure {
 public:
  static constexpr size_t kErasedMax = 10'000;

  struct Parts {
    ChangeLog* log;
    LogTrim* trim;
    LiveStore* store;
    LiveWriter* writer;
    const Clock* clock;
  };
  // All parts outlive it.
  static absl::StatusOr<std::unique_ptr<LiveErasure>> Open(Parts parts);
  LiveErasure(const LiveErasure&) = delete;
  LiveErasure& operator=(const LiveErasure&) = delete;

  struct Request {
    std::string entity = {};
    std::vector<KeyPart> join_keys = {};        // The entity's.
    std::vector<std::vector<Value>> keys = {};  // Each as the join keys.
    std::string who = {};
  };
  // When it returns OK, requests that begin later find nothing that came of
  // events of before it began, now or after a restart. All that `views` serves
  // with the entity has to be gone through; that blocks for the disk.
  // INVALID_ARGUMENT: a key. RESOURCE_EXHAUSTED: too many wait to be erased.
  absl::StatusOr<std::vector<ErasedEntity>> Forget(const Request& request,
                                                   const LiveViews& views);

  // What is not gone from the disk yet, the oldest first.
  std::vector<ErasedEntity> List() const;

  // Erases from the disk what was forgotten until then, and returns what is
  // gone now: the rest the change log cannot do without yet. Blocks for
  // minutes. CANCELLED soon after `canceled` becomes true.
  absl::StatusOr<std::vector<ErasedEntity>> Erase(int64_t until_micros,
                                                  const ServedViews& served,
                                                  std::atomic<bool>& canceled);

 private:
  struct Work;
  struct Deletion;

  explicit LiveErasure(Parts parts) : parts_(parts) {}

  absl::Status Compact(const std::set<std::string>& views,
                       const ServedViews& served,
                       std::atomic<bool>& canceled) const;
  absl::Status Begin(const std::string& entity, const LiveViews& views,
                     Work& work);
  absl::Status DeleteAll(const EntityKeys& entities, Work& work);
  absl::Status Delete(Deletion& deletion, Work& work);
  absl::Status End(Work& work);
  // As if it had not begun.
  absl::Status PutBack(const Work& work);
  // These where nothing is written meanwhile.
  absl::Status TrimLog(LiveApplier& applier, uint64_t last_record);
  absl::Status Save(std::vector<ErasedEntity> erased);
  absl::Status Replace(const std::vector<ErasedEntity>& old,
                       std::vector<ErasedEntity> by);
  absl::Status NoteErased(const std::vector<ErasedEntity>& compacted,
                          std::vector<ErasedEntity>& gone);

  const Parts parts_;
  Mutex forgetting_;  // One Forget at a time: what each notes is of its own.
  mutable Mutex mu_;
  std::vector<ErasedEntity> erased_ ABSL_GUARDED_BY(mu_);
};

}  // namespace freshet
