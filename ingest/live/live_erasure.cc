// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/live_erasure.h"

#include <algorithm>
#include <iterator>
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
  return one.hash == other.hash && one.entity == other.entity;
}

bool IsAmong(const ErasedEntity& one, const std::vector<ErasedEntity>& all) {
  return std::any_of(all.begin(), all.end(), [&](const ErasedEntity& other) {
    return IsSame(one, other);
  });
}

}  // namespace

// Entities while they are forgotten.
struct LiveErasure::Work {
  std::vector<ErasedEntity> entities = {};
  std::vector<ErasedEntity> before = {};  // What was known of them.
  std::vector<Place> places = {};         // To go through.
  bool is_deleting = false;               // Something may be deleted.

  // With what is not erased yet of before.
  std::vector<ErasedEntity> All() const {
    std::vector<ErasedEntity> all = entities;
    for (const ErasedEntity& known : before) {
      if (known.compacted) continue;
      for (ErasedEntity& one : all) {
        if (!IsSame(one, known)) continue;
        one.views.insert(known.views.begin(), known.views.end());
      }
    }
    return all;
  }
};

// Keys of a generation that are deleted together.
struct LiveErasure::Deletion {
  LiveGeneration::Ptr generation;
  std::vector<std::string> keys = {};
  size_t bytes = 0;
};

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
  Work work;
  for (const uint64_t hash : entities.Hashes()) {
    work.entities.push_back({.entity = request.entity,
                             .hash = hash,
                             .at_micros = parts_.clock->NowMicros(),
                             .who = request.who});
  }
  MutexLock lock(forgetting_);
  RETURN_IF_ERROR(Begin(request.entity, views, work));
  absl::Status status = DeleteAll(entities, work);
  if (status.ok()) status = End(work);
  if (status.ok()) return work.entities;
  if (!work.is_deleting) status.Update(PutBack(work));
  return status;
}

// What is made of the log from then on is made without them. What is deleted
// must not be on disk without anybody knowing: it may be of all that is served.
absl::Status LiveErasure::Begin(const std::string& entity,
                                const LiveViews& views, Work& work) {
  const auto has_entity = [&](const auto& view) {
    return std::find(view.entities.begin(), view.entities.end(), entity) !=
           view.entities.end();
  };
  absl::Status status;
  parts_.writer->Use([&](LiveApplier&) {
    work.places = PlacesOf(*views.served(), has_entity);
    for (ErasedEntity& one : List()) {
      if (IsAmong(one, work.entities)) work.before.push_back(std::move(one));
    }
    std::vector<ErasedEntity> noted = work.All();
    for (ErasedEntity& one : noted) {
      one.last_record = parts_.log->next() - 1;
      for (const Place& place : work.places) one.views.insert(place.view);
    }
    status = Replace(work.entities, std::move(noted));
  });
  return status;
}

absl::Status LiveErasure::DeleteAll(const EntityKeys& entities, Work& work) {
  for (const Place& place : work.places) {
    Deletion deletion{.generation = place.generation};
    const auto take = [&](size_t entity, std::string_view key) {
      work.entities[entity].views.insert(place.view);
      deletion.keys.emplace_back(key);
      deletion.bytes += key.size();
      return deletion.bytes < kRecordKeysBytes ? absl::OkStatus()
                                               : Delete(deletion, work);
    };
    RETURN_IF_ERROR(entities.FindIn(*place.generation, place.layout, take));
    if (deletion.keys.empty()) continue;
    RETURN_IF_ERROR(Delete(deletion, work));
  }
  return absl::OkStatus();
}

absl::Status LiveErasure::Delete(Deletion& deletion, Work& work) {
  EraseRecord record{.at_micros = parts_.clock->NowMicros(),
                     .generation = deletion.generation->number(),
                     .keys = std::exchange(deletion.keys, {})};
  deletion.bytes = 0;
  absl::Status status;
  parts_.writer->Use([&](LiveApplier& applier) {
    // It may have been deleted meanwhile, and its number be another's.
    const auto generations = parts_.store->generations();
    const auto now = generations.find(record.generation);
    if (now == generations.end() || now->second != deletion.generation) return;
    work.is_deleting = true;
    status = applier.Append(std::move(record));
  });
  return status;
}

// The change log may have had something of them until now.
absl::Status LiveErasure::End(Work& work) {
  absl::Status status;
  parts_.writer->Use([&](LiveApplier&) {
    for (ErasedEntity& one : work.entities) {
      one.last_record = parts_.log->next() - 1;
      one.deleted = true;
    }
    status = Replace(work.entities, work.All());
  });
  return status;
}

absl::Status LiveErasure::PutBack(const Work& work) {
  absl::Status status;
  parts_.writer->Use(
      [&](LiveApplier&) { status = Replace(work.entities, work.before); });
  return status;
}

absl::Status LiveErasure::Replace(const std::vector<ErasedEntity>& old,
                                  std::vector<ErasedEntity> by) {
  std::vector<ErasedEntity> all = List();
  std::erase_if(all,
                [&](const ErasedEntity& one) { return IsAmong(one, old); });
  if (all.size() + by.size() > kErasedMax) {
    return ResourceExhausted(
        "{} entities that were forgotten are not erased from the files of live "
        "rows and windows yet; forget more when they are (`freshet forget "
        "--list`)",
        all.size());
  }
  std::move(by.begin(), by.end(), std::back_inserter(all));
  std::stable_sort(all.begin(), all.end(),
                   [](const ErasedEntity& one, const ErasedEntity& other) {
                     return one.at_micros < other.at_micros;
                   });
  return Save(std::move(all));
}

absl::Status LiveErasure::Save(std::vector<ErasedEntity> erased) {
  const auto describe = [this](const std::vector<ErasedEntity>& all) {
    return parts_.store->Describe(LiveApplier::kPositionsGeneration,
                                  EncodeErased(all));
  };
  absl::Status status = describe(erased);
  if (!status.ok()) {
    // Whatever is written next would have it on disk.
    status.Update(describe(List()));
    return status;
  }
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
