// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/definitions.h"
#include "config/value.h"
#include "storage/erasure/forgotten_keys.h"
#include "versions/catalog.h"
#include "versions/publisher.h"
#include "versions/upkeep/audit_log.h"

namespace freshet {

class Clock;
class StoreResources;

// An entity that was forgotten and is still on disk, or was just now.
struct Forgotten {
  struct InView {
    std::string view;
    int64_t until_version = 0;
    // That hold it on disk; unless `certain`, that may.
    std::vector<int64_t> versions;
    bool certain = false;
    int64_t erase_micros = 0;  // When writing them anew is due.
  };

  std::string entity;
  uint64_t hash = 0;
  int64_t at_micros = 0;
  std::string who;
  std::vector<InView> views;
};

// Forgets entities: their rows count no more at once, in all versions that
// there are, and the Folder writes these anew without them. What is loaded
// afterwards counts again. docs/snapshots.md, "Erasure". Safe to use from any
// thread.
class Erasure {
 public:
  static constexpr size_t kKeysMax = 100;          // In one call.
  static constexpr size_t kForgottenMax = 10'000;  // Of one view.

  struct Parts {
    std::string dir;  // Storage directory.
    Catalog* catalog;
    Publisher* publisher;
    StoreResources* resources;
    const Clock* clock;
    // So long after it was forgotten a version is written anew, so that several
    // are at once.
    int64_t erase_after_micros = 0;
  };
  explicit Erasure(Parts parts);

  struct Request {
    std::string entity;
    std::vector<std::vector<Value>> keys;  // Each as the entity's join keys.
    std::string who;
  };
  // When it returns OK, requests that begin later find none of the rows, now or
  // after a restart, and the audit log says so. `committed, but ...` if only
  // that failed: ask again. Versions with another key than their view has now,
  // which do not serve, are deleted. NOT_FOUND: no such entity.
  // INVALID_ARGUMENT: a key. RESOURCE_EXHAUSTED: too many wait to be erased.
  // Blocks for the disk.
  absl::StatusOr<std::vector<Forgotten>> Forget(const Request& request);

  // What is not gone from the disk yet, the oldest first.
  std::vector<Forgotten> List() const;

  // What was forgotten until then is to be erased from the disk by now.
  int64_t due_micros() const;

  // Records that a version has no rows of `keys` any more: its tables were
  // written anew, and those before are removed.
  absl::Status NoteErased(const std::string& view, int64_t version,
                          const std::vector<ForgottenKey>& keys);

  // Drops from the catalog what no version on disk has, but in views of which
  // `is_loading`: what is being built there may have it. It is in the audit log
  // then.
  absl::Status DropErased(
      const std::function<bool(const std::string& view)>& is_loading);

 private:
  struct Key;  // That is being forgotten.

  absl::StatusOr<std::vector<Key>> KeysOf(const Request& request,
                                          const Entity& entity) const;
  void FindClean(const BatchFeatureView& view, const CatalogState& state,
                 Key& key) const;
  absl::StatusOr<std::vector<Forgotten>> Commit(
      const std::vector<Key>& keys, const std::vector<std::string>& views,
      int64_t now, std::vector<Manifest>& unreadable);
  absl::Status Publish(const std::vector<std::string>& views, int64_t now,
                       const std::vector<Manifest>& unreadable);
  void DropCached(const std::vector<Key>& keys,
                  const std::vector<std::string>& views);
  absl::Status Audit(const Request& request,
                     const std::vector<Forgotten>& forgotten, int64_t now);

  const Parts parts_;
  AuditLog audit_;
};

}  // namespace freshet
