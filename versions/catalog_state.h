// SPDX-License-Identifier: Apache-2.0
// What the catalog knows: plain values. docs/format.md, "Catalog", has the
// file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "features/row_schema.h"
#include "storage/erasure/forgotten_keys.h"
#include "storage/manifest.h"

namespace freshet {

// A committed version. `manifest` is also the expectation record: a directory
// that does not agree with it is damaged.
struct VersionRecord {
  enum class Phase { kKept, kPendingApproval, kCorrupt };

  Manifest manifest;
  Phase phase = Phase::kKept;
  bool pinned = false;
  int64_t committed_micros = 0;
  // Held only because the version that it is laid over is: goes live with it.
  bool waits_for_base = false;
  // An upsert that was written together with this version, and so stands by
  // itself; 0: it was not.
  int64_t merged_over = 0;
  // Of a view in a snapshot group: what it has in common with those versions of
  // the other views that it belongs to. "": it was loaded by itself.
  std::string run;
  // Goes live with those: versions/groups/snapshot_groups.h.
  bool waits_for_group = false;
  // Its manifest's live_rows counts rows that were erased beneath it: it is to
  // be written anew with the right number.
  bool recount = false;
  // Why it is held, corrupt or waits; what to do.
  std::string message;

  // Whether it is to serve later, and until then is what the next upsert is
  // laid over.
  bool IsHeld() const {
    return phase == Phase::kPendingApproval || waits_for_group;
  }
};

// One activation; kept for ever, training needs them.
struct Activation {
  int64_t version = 0;
  int64_t at_micros = 0;
  // load, activate, rollback, approve, apply, fallback, rebuild
  std::string why;
  std::string who;
  std::string run = {};  // Of the snapshot group that went live; "": none did.
};

// An entity whose rows in versions of one view count no more:
// docs/snapshots.md, "Erasure".
struct ForgottenEntity {
  std::string entity;
  ForgottenKey key;
  int64_t at_micros = 0;
  std::string who;
  // Versions, up to the key's, whose own tables are known to have no row of it.
  std::set<int64_t> clean;
};

struct ViewRecord {
  std::string view;
  int64_t generation = 1;
  RowSchema schema;  // What the next load is written with.
  uint32_t next_feature_id = 1;
  int64_t next_version = 1;
  int64_t current = 0;  // 0: none.
  // Its definition was removed: it has no versions any more, and keeps its
  // activations, and its numbers in case it comes back.
  bool removed = false;
  // Made again from manifests: what was labelled, pinned or held nobody knows.
  // Until the next activation nothing of it is deleted by itself.
  bool rebuilt = false;
  // Of a watched source of upserts, each in a directory: the last by name that
  // was loaded. Nothing before it is looked for.
  std::string loaded_until;
  std::map<int64_t, VersionRecord> versions;
  std::map<std::string, int64_t> labels;
  std::vector<Activation> activations;
  // Until no version on disk has their rows; the oldest first.
  std::vector<ForgottenEntity> forgotten;

  const VersionRecord* Find(int64_t version) const;
  // The versions that answer for one: itself, the one that it is laid over, and
  // so on; ends early where one is gone.
  std::vector<const VersionRecord*> Chain(const VersionRecord& record) const;
  // Whether requests can be answered from it: it and all that it is laid over
  // are kept, and its rows have the key that the view has now.
  bool CanServe(const VersionRecord& record) const;
  // Whether another version is laid over it.
  bool IsBase(int64_t version) const;
  // What the next upsert is laid over: the current version, or the last of
  // those over it that are held; while nothing serves, the newest of those that
  // are held. 0: there is none.
  int64_t NextBase() const;
  // Of a source of upserts with a directory for each, that of `folder` that was
  // loaded last by name, by what was noted down and by the versions there are.
  // "": the first one is due.
  std::string LoadedUntil(const std::string& folder) const;
  // Whether it is current, pinned or labelled: never deleted.
  bool IsProtected(int64_t version) const;
  // The version that was current before this one and can still serve; 0: none.
  // After a rollback that is the one rolled back from.
  int64_t Previous() const;
  // Makes a version current and records it; what waits for a snapshot group and
  // does not rest on it waits no more. Requires: it is in `versions`.
  void Activate(Activation activation);
  // Marks a version corrupt. If it was current, or the current one is laid over
  // it, the newest version that can serve takes its place, one that served
  // before by preference; else none.
  // Not one that waits for its snapshot group.
  void MarkCorrupt(int64_t version, std::string why, int64_t now_micros);
};

// Until when every version that may yet serve says everything, whichever does,
// corrupt ones included, for their disk may come back: live rows that are no
// younger count no more (docs/semantics.md, rule 8). Nothing: none serves, so
// that all count, or nobody knows which there were.
std::optional<int64_t> WholeUntilMicros(const ViewRecord& view);

// Takes a version out of its view, with its labels; none is current if it was.
// Requires: it is in `versions`.
void EraseVersion(int64_t version, ViewRecord& view);

// Of `path` the name in `folder`; "": it is not directly in there.
std::string NameIn(const std::string& folder, const std::string& path);

struct AppliedDefinitions {
  std::string text;  // Canonical.
  uint64_t hash = 0;
  std::string author;
  std::string source_name;
  int64_t applied_micros = 0;
  // Hash of the definitions that the daemon's own file held when it was last
  // applied: start-up and SIGHUP apply the file only if it changed since.
  uint64_t file_hash = 0;
};

// How a load ended, kept for idempotency keys that outlive the daemon.
struct EndedLoad {
  std::string id;
  std::string view;
  std::string path;
  std::string idempotency_key;
  int64_t version = 0;
  std::string outcome;  // active, loaded, waiting, pending_approval, checked,
                        // failed, cancelled
  int code = 0;
  std::string message;
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t started_micros = 0;
  int64_t ended_micros = 0;
};

struct CatalogState {
  int64_t sequence = 0;  // Rises by one with each commit.
  AppliedDefinitions definitions;
  std::map<std::string, ViewRecord> views;
  // Oldest first; a commit keeps the newest kEndedLoadsMax.
  std::vector<EndedLoad> ended_loads;

  // Of the version that is current; null: none is, or there is no such view.
  const Manifest* CurrentManifest(const std::string& view) const;
};

inline constexpr std::string_view kCatalogMagic = "freshet-catalog";
// 1: without layers; 2: without what was forgotten, which a release that knows
// nothing of it would answer with.
inline constexpr int kCatalogFormat = 3;
inline constexpr size_t kEndedLoadsMax = 1000;

std::string_view PhaseName(VersionRecord::Phase phase);

std::string SerializeCatalog(const CatalogState& state);
// DATA_LOSS if damaged; FAILED_PRECONDITION if it is whole and of a newer
// format, or says what this release does not understand.
absl::StatusOr<CatalogState> ParseCatalog(std::string_view bytes);

}  // namespace freshet
