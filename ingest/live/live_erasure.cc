// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/live_erasure.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"
#include "features/windows/window_plan.h"
#include "ingest/change_log/log_trim.h"
#include "ingest/live/entity_keys.h"
#include "ingest/live/erased_text.h"
#include "storage/change_log/change_log.h"
#include "storage/live/live_store.h"

namespace freshet {
namespace {

// So many bytes of keys are one record; no more are held at a time.
constexpr size_t kRecordKeysBytes = 1 << 20;

// A view's generation, as it is gone through.
struct Place {
  std::string view;
  LiveGeneration::Ptr generation;
  EntityKeys::Layout layout;
};

// `wanted`: whether a view of windows or of rows is.
template <typename Wanted>
std::vector<Place> PlacesOf(const ServedViews& served, Wanted wanted) {
  std::vector<Place> places;
  for (const LiveWindows& view : served.windows) {
    if (!wanted(view)) continue;
    places.push_back({view.name,
                      view.generation,
                      {.key = view.plan->event.key, .beyond = kBlockKeyBytes}});
  }
  for (const LiveRowsView& view : served.rows) {
    if (!wanted(view)) continue;
    places.push_back(
        {view.name, view.generation, {.key = view.plan->event.key}});
  }
  return places;
}

bool IsSame(const ErasedEntity& one, const ErasedEntity& other) {
  return one.entity == other.entity && one.hash == other.hash;
}

}  // namespace

absl::StatusOr<std::unique_ptr<LiveErasure>> LiveErasure::Open(Parts parts) {
  std::unique_ptr<LiveErasure> erasure(new LiveErasure(parts));
  const auto generations = parts.store->generations();
  const auto own = generations.find(LiveApplier::kPositionsGeneration);
  if (own == generations.end()) return erasure;
  ASSIGN_OR_RETURN(const std::string about, own->second->about());
  if (about.empty()) return erasure;
  ASSIGN_OR_RETURN(std::vector<ErasedEntity> erased, DecodeErased(about));
  // One that was noted, and that was not written.
  for (ErasedEntity& one : erased) {
    one.last_record = std::min(one.last_record, parts.log->next() - 1);
  }
  MutexLock lock(erasure->mu_);
  erasure->erased_ = std::move(erased);
  return erasure;
}

absl::StatusOr<std::vector<ErasedEntity>> LiveErasure::Forget(
    const Request& request, const LiveViews& views) {
  ASSIGN_OR_RETURN(const EntityKeys entities,
                   EntityKeys::Make(request.join_keys, request.keys));
  std::vector<ErasedEntity> forgotten;
  for (const uint64_t hash : entities.Hashes()) {
    forgotten.push_back({.entity = request.entity,
                         .hash = hash,
                         .at_micros = parts_.clock->NowMicros(),
                         .who = request.who});
  }
  MutexLock lock(forgetting_);
  // What is made of the log from then on is made without them.
  RETURN_IF_ERROR(Note(forgotten, /*deleted=*/false));
  const auto has_entity = [&](const auto& view) {
    return std::find(view.entities.begin(), view.entities.end(),
                     request.entity) != view.entities.end();
  };
  for (const Place& place : PlacesOf(*views.served(), has_entity)) {
    Deletion deletion{.generation = place.generation};
    const auto take = [&](size_t entity, std::string_view key) {
      forgotten[entity].views.insert(place.view);
      deletion.keys.emplace_back(key);
      deletion.bytes += key.size();
      return deletion.bytes < kRecordKeysBytes ? absl::OkStatus()
                                               : DeleteNow(deletion, forgotten);
    };
    RETURN_IF_ERROR(entities.FindIn(*place.generation, place.layout, take));
    if (deletion.keys.empty()) continue;
    RETURN_IF_ERROR(DeleteNow(deletion, forgotten));
  }
  RETURN_IF_ERROR(Note(forgotten, /*deleted=*/true));
  return forgotten;
}

absl::Status LiveErasure::DeleteNow(Deletion& deletion,
                                    std::vector<ErasedEntity>& forgotten) {
  absl::Status status;
  parts_.writer->Use([&](LiveApplier& applier) {
    status = Delete(deletion, applier, forgotten);
  });
  return status;
}

absl::Status LiveErasure::Delete(Deletion& deletion, LiveApplier& applier,
                                 std::vector<ErasedEntity>& forgotten) {
  EraseRecord record{.generation = deletion.generation->number(),
                     .keys = std::exchange(deletion.keys, {})};
  deletion.bytes = 0;
  // It may have been deleted meanwhile, and its number be another's.
  const auto generations = parts_.store->generations();
  const auto now = generations.find(record.generation);
  if (now == generations.end() || now->second != deletion.generation) {
    return absl::OkStatus();
  }
  for (ErasedEntity& entity : forgotten) {
    entity.last_record = parts_.log->next();
  }
  // First: what is deleted must not be on disk without anybody knowing.
  RETURN_IF_ERROR(Add(forgotten));
  record.at_micros = parts_.clock->NowMicros();
  return applier.Append(std::move(record));
}

// The change log may have had something of them until now.
absl::Status LiveErasure::Note(std::vector<ErasedEntity>& forgotten,
                               bool deleted) {
  absl::Status status;
  parts_.writer->Use([&](LiveApplier&) {
    for (ErasedEntity& entity : forgotten) {
      entity.last_record = parts_.log->next() - 1;
      entity.deleted = deleted;
    }
    status = Add(forgotten);
  });
  return status;
}

absl::Status LiveErasure::Add(std::vector<ErasedEntity> added) {
  std::vector<ErasedEntity> all = List();
  for (ErasedEntity& one : added) {
    const auto same = std::find_if(
        all.begin(), all.end(),
        [&](const ErasedEntity& other) { return IsSame(one, other); });
    if (same != all.end()) {
      if (!same->compacted) one.views.merge(same->views);
      all.erase(same);
    }
    all.push_back(std::move(one));
  }
  if (all.size() > kErasedMax) {
    return ResourceExhausted(
        "{} entities that were forgotten are not erased from the files of live "
        "rows and windows yet; forget more when they are (`freshet forget "
        "--list`)",
        all.size() - added.size());
  }
  return Save(std::move(all));
}

absl::Status LiveErasure::Save(std::vector<ErasedEntity> erased) {
  RETURN_IF_ERROR(parts_.store->Describe(LiveApplier::kPositionsGeneration,
                                         EncodeErased(erased)));
  MutexLock lock(mu_);
  erased_ = std::move(erased);
  return absl::OkStatus();
}

std::vector<ErasedEntity> LiveErasure::List() const {
  MutexLock lock(mu_);
  return erased_;
}

absl::Status LiveErasure::Compact(const std::set<std::string>& views,
                                  const ServedViews& served,
                                  std::atomic<bool>& canceled) const {
  const auto is_one = [&](const auto& view) {
    return views.contains(view.name);
  };
  for (const Place& place : PlacesOf(served, is_one)) {
    RETURN_IF_ERROR(place.generation->Compact(&canceled));
  }
  // Where whole events waited for their time.
  return parts_.store->generations()
      .at(LiveApplier::kParkedGeneration)
      ->Compact(&canceled);
}

absl::Status LiveErasure::TrimLog(LiveApplier& applier, uint64_t last_record) {
  ASSIGN_OR_RETURN(const uint64_t behind, parts_.log->Split(last_record));
  // Says what time it is: ids of long ago are needed no more.
  RETURN_IF_ERROR(
      applier.Append(EraseRecord{.at_micros = parts_.clock->NowMicros()}));
  RETURN_IF_ERROR(parts_.store->Flush());
  ASSIGN_OR_RETURN(const uint64_t needed, applier.FirstNeeded());
  return parts_.trim->Trim(std::min(needed, behind));
}

absl::StatusOr<std::vector<ErasedEntity>> LiveErasure::Erase(
    int64_t until_micros, const ServedViews& served,
    std::atomic<bool>& canceled) {
  std::vector<ErasedEntity> due;
  // Not in the middle of Forget, whose records may still be missing.
  parts_.writer->Use([&](LiveApplier&) {
    for (ErasedEntity& one : List()) {
      const bool is_due = one.deleted && one.at_micros <= until_micros;
      if (is_due) due.push_back(std::move(one));
    }
  });
  if (due.empty()) return due;
  std::set<std::string> views;
  uint64_t last_record = 0;
  bool compact = false;
  for (const ErasedEntity& one : due) {
    last_record = std::max(last_record, one.last_record);
    if (one.compacted) continue;
    compact = true;
    views.insert(one.views.begin(), one.views.end());
  }
  if (compact) RETURN_IF_ERROR(Compact(views, served, canceled));
  std::vector<ErasedEntity> gone;
  absl::Status status;
  parts_.writer->Use([&](LiveApplier& applier) {
    status = TrimLog(applier, last_record);
    if (status.ok()) status = NoteErased(due, gone);
  });
  RETURN_IF_ERROR(status);
  return gone;
}

absl::Status LiveErasure::NoteErased(const std::vector<ErasedEntity>& compacted,
                                     std::vector<ErasedEntity>& gone) {
  std::vector<ErasedEntity> left;
  for (ErasedEntity& one : List()) {
    // One that was forgotten again meanwhile is another.
    one.compacted |= std::any_of(
        compacted.begin(), compacted.end(), [&](const ErasedEntity& other) {
          return IsSame(one, other) && one.at_micros == other.at_micros &&
                 one.last_record == other.last_record;
        });
    const bool is_gone = one.compacted && one.last_record < parts_.log->first();
    (is_gone ? gone : left).push_back(std::move(one));
  }
  return Save(std::move(left));
}

}  // namespace freshet
