// SPDX-License-Identifier: Apache-2.0
#include "storage/live/live_store.h"

#include <fmt/format.h>
#include <rocksdb/db.h>

#include <charconv>
#include <map>

#include "absl/base/thread_annotations.h"
#include "base/check.h"
#include "base/error.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/status.h"
#include "features/little_endian.h"
#include "storage/engine/rocksdb_options.h"
#include "storage/engine/rocksdb_status.h"
#include "storage/engine/store_shared.h"
#include "storage/live/live_parts.h"

namespace freshet {
namespace {

// In the default column family: the number that applied() is.
const rocksdb::Slice kAppliedKey = "applied";
constexpr std::string_view kFamilyPrefix = "generation-";

std::string FamilyName(uint64_t generation) {
  return fmt::format("{}{}", kFamilyPrefix, generation);
}

absl::StatusOr<uint64_t> GenerationOf(std::string_view family) {
  uint64_t generation = 0;
  const char* end = family.data() + family.size();
  if (family.starts_with(kFamilyPrefix)) {
    const auto parsed =
        std::from_chars(family.data() + kFamilyPrefix.size(), end, generation);
    if (parsed.ec == std::errc() && parsed.ptr == end && generation > 0) {
      return generation;
    }
  }
  return DataLoss(
      "the live store has a column family '{}', which is none of "
      "a generation",
      family);
}

absl::Status NoGeneration(uint64_t generation) {
  return NotFound("the live store has no generation {}", generation);
}

// Of what was flushed where the tier is kPersistedTier: there is no log.
absl::StatusOr<uint64_t> ReadApplied(rocksdb::DB& db, rocksdb::ReadTier tier) {
  std::string bytes;
  rocksdb::ReadOptions options;
  options.read_tier = tier;
  const rocksdb::Status status = db.Get(options, kAppliedKey, &bytes);
  if (status.IsNotFound()) return 0;
  RETURN_IF_ERROR(FromRocksDb(status, "the live store"));
  if (bytes.size() != sizeof(uint64_t)) {
    return DataLoss("the live store does not say what it holds");
  }
  return LoadLittle<uint64_t>(bytes, 0);
}

}  // namespace

struct LiveStore::Parts {
  Parts(std::string directory, StoreResources::Shared& resources)
      : dir(std::move(directory)),
        shared(resources),
        cache(std::make_shared<LiveCache>(resources.rows)) {}

  absl::Status OpenDatabase(const Settings& settings);
  absl::Status Flush() ABSL_EXCLUSIVE_LOCKS_REQUIRED(shape_mu);
  absl::Status Describe(uint64_t generation, std::string_view about)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(shape_mu);
  // Requires: the handle is of no other.
  LiveGeneration::Ptr Take(uint64_t generation,
                           rocksdb::ColumnFamilyHandle* family,
                           std::shared_ptr<LiveExpiry> expiry);
  // Of a family of its own.
  rocksdb::ColumnFamilyOptions OptionsWith(
      const std::shared_ptr<LiveExpiry>& expiry) const;
  std::vector<rocksdb::ColumnFamilyHandle*> Families() const;
  // By the ids of their families, of which none is given twice.
  std::map<uint32_t, uint64_t> CacheNumbers() const;

  const std::string dir;
  StoreResources::Shared& shared;
  rocksdb::ColumnFamilyOptions family_options;
  std::shared_ptr<rocksdb::DB> db;
  const std::shared_ptr<LiveCache> cache;

  Mutex shape_mu;  // Who flushes has all families stay; before mu.
  mutable Mutex mu;
  std::map<uint64_t, LiveGeneration::Ptr> generations ABSL_GUARDED_BY(mu);
  uint64_t applied ABSL_GUARDED_BY(mu) = 0;
};

rocksdb::ColumnFamilyOptions LiveStore::Parts::OptionsWith(
    const std::shared_ptr<LiveExpiry>& expiry) const {
  rocksdb::ColumnFamilyOptions options = family_options;
  options.compaction_filter_factory = MakeExpiryFilter(expiry);
  return options;
}

std::vector<rocksdb::ColumnFamilyHandle*> LiveStore::Parts::Families() const {
  std::vector<rocksdb::ColumnFamilyHandle*> families = {
      db->DefaultColumnFamily()};
  MutexLock lock(mu);
  for (const auto& [number, generation] : generations) {
    families.push_back(generation->parts_->family);
  }
  return families;
}

std::map<uint32_t, uint64_t> LiveStore::Parts::CacheNumbers() const {
  std::map<uint32_t, uint64_t> numbers;
  MutexLock lock(mu);
  for (const auto& [number, generation] : generations) {
    const LiveGeneration::Parts& parts = *generation->parts_;
    numbers[parts.family->GetID()] = parts.cache_number;
  }
  return numbers;
}

LiveGeneration::Ptr LiveStore::Parts::Take(uint64_t generation,
                                           rocksdb::ColumnFamilyHandle* family,
                                           std::shared_ptr<LiveExpiry> expiry) {
  auto parts =
      std::make_unique<LiveGeneration::Parts>(db, shared, cache, family);
  parts->number = generation;
  parts->expiry = std::move(expiry);
  LiveGeneration::Ptr taken(new LiveGeneration(std::move(parts)));
  MutexLock lock(mu);
  generations[generation] = taken;
  return taken;
}

absl::Status LiveStore::Parts::OpenDatabase(const Settings& settings) {
  const rocksdb::Options options =
      LiveOptions(shared, settings.write_buffer_bytes);
  family_options = options;
  std::vector<std::string> names = {rocksdb::kDefaultColumnFamilyName};
  if (PathExists(dir + "/CURRENT")) {
    RETURN_IF_ERROR(FromRocksDb(
        rocksdb::DB::ListColumnFamilies(options, dir, &names), dir));
  }
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  std::vector<std::shared_ptr<LiveExpiry>> expiries;
  for (const std::string& name : names) {
    expiries.push_back(std::make_shared<LiveExpiry>());
    families.emplace_back(name, OptionsWith(expiries.back()));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  RETURN_IF_ERROR(FromRocksDb(
      rocksdb::DB::Open(options, dir, families, &handles, &opened), dir));
  db.reset(opened);
  absl::Status status;
  for (size_t i = 0; i < names.size(); ++i) {
    const auto generation = names[i] == rocksdb::kDefaultColumnFamilyName
                                ? absl::StatusOr<uint64_t>(0)
                                : GenerationOf(names[i]);
    if (generation.value_or(0) > 0) {
      Take(*generation, handles[i], expiries[i]);
      continue;
    }
    status.Update(generation.status());
    CHECK(db->DestroyColumnFamilyHandle(handles[i]).ok());
  }
  RETURN_IF_ERROR(status);
  ASSIGN_OR_RETURN(const uint64_t number,
                   ReadApplied(*db, rocksdb::kReadAllTier));
  MutexLock lock(mu);
  applied = number;
  return absl::OkStatus();
}

LiveStore::LiveStore(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
LiveStore::~LiveStore() = default;

absl::StatusOr<std::unique_ptr<LiveStore>> LiveStore::Open(
    const std::string& dir, const Settings& settings,
    StoreResources& resources) {
  auto parts = std::make_unique<Parts>(dir, resources.shared());
  RETURN_IF_ERROR(parts->OpenDatabase(settings));
  return std::unique_ptr<LiveStore>(new LiveStore(std::move(parts)));
}

std::map<uint64_t, LiveGeneration::Ptr> LiveStore::generations() const {
  MutexLock lock(parts_->mu);
  return parts_->generations;
}

absl::StatusOr<LiveGeneration::Ptr> LiveStore::Add(uint64_t generation,
                                                   std::string_view about) {
  CHECK(generation > 0);
  if (generations().contains(generation)) {
    return AlreadyExists("the live store has a generation {} already",
                         generation);
  }
  RETURN_IF_ERROR(FAILPOINT("live.before_add"));
  MutexLock lock(parts_->shape_mu);
  rocksdb::ColumnFamilyHandle* family = nullptr;
  auto expiry = std::make_shared<LiveExpiry>();
  RETURN_IF_ERROR(FromRocksDb(
      parts_->db->CreateColumnFamily(parts_->OptionsWith(expiry),
                                     FamilyName(generation), &family),
      parts_->dir));
  LiveGeneration::Ptr added =
      parts_->Take(generation, family, std::move(expiry));
  RETURN_IF_ERROR(parts_->Describe(generation, about));
  return added;
}

absl::Status LiveStore::Parts::Describe(uint64_t generation,
                                        std::string_view about) {
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  RETURN_IF_ERROR(
      FromRocksDb(db->Put(options, AboutKey(generation),
                          rocksdb::Slice(about.data(), about.size())),
                  dir));
  return Flush();
}

absl::Status LiveStore::Describe(uint64_t generation, std::string_view about) {
  if (!generations().contains(generation)) return NoGeneration(generation);
  MutexLock lock(parts_->shape_mu);
  return parts_->Describe(generation, about);
}

absl::Status LiveStore::Drop(uint64_t generation) {
  const auto all = generations();
  const auto dropped = all.find(generation);
  if (dropped == all.end()) return NoGeneration(generation);
  MutexLock shape_lock(parts_->shape_mu);
  // First, and on disk: its number may be another's, which it is not about.
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  RETURN_IF_ERROR(FromRocksDb(parts_->db->Delete(options, AboutKey(generation)),
                              parts_->dir));
  RETURN_IF_ERROR(parts_->Flush());
  RETURN_IF_ERROR(
      FromRocksDb(parts_->db->DropColumnFamily(dropped->second->parts_->family),
                  parts_->dir));
  MutexLock lock(parts_->mu);
  parts_->generations.erase(generation);
  return absl::OkStatus();
}

uint64_t LiveStore::applied() const {
  MutexLock lock(parts_->mu);
  return parts_->applied;
}

absl::StatusOr<uint64_t> LiveStore::flushed() const {
  return ReadApplied(*parts_->db, rocksdb::kPersistedTier);
}

absl::Status LiveStore::Apply(LiveBatch& batch, uint64_t until) {
  CHECK(until > applied());
  std::string number;
  AppendLittle(until, &number);
  RETURN_IF_ERROR(
      FromRocksDb(batch.parts_->batch.Put(kAppliedKey, number), parts_->dir));
  RETURN_IF_ERROR(Apply(batch));
  MutexLock lock(parts_->mu);
  parts_->applied = until;
  return absl::OkStatus();
}

absl::Status LiveStore::Apply(LiveBatch& batch) {
  RETURN_IF_ERROR(FAILPOINT("live.before_apply"));
  rocksdb::WriteOptions options;
  options.disableWAL = true;
  std::vector<LiveCache::Change> changes;
  if (parts_->cache->enabled()) {
    changes = batch.parts_->Changes(parts_->CacheNumbers());
  }
  parts_->cache->Begin(changes);
  const rocksdb::Status written =
      parts_->db->Write(options, &batch.parts_->batch);
  parts_->cache->Settle(changes, written.ok());
  return FromRocksDb(written, parts_->dir);
}

absl::Status LiveStore::Parts::Flush() {
  RETURN_IF_ERROR(FAILPOINT("live.before_flush"));
  return FromRocksDb(db->Flush(rocksdb::FlushOptions(), Families()), dir);
}

absl::Status LiveStore::Flush() {
  MutexLock lock(parts_->shape_mu);
  return parts_->Flush();
}

LiveStore::Stats LiveStore::stats() const {
  const auto sum = [this](const std::string& property) {
    uint64_t bytes = 0;
    CHECK(parts_->db->GetAggregatedIntProperty(property, &bytes));
    return static_cast<int64_t>(bytes);
  };
  return {.buffered_bytes = sum(rocksdb::DB::Properties::kCurSizeAllMemTables),
          .file_bytes = sum(rocksdb::DB::Properties::kLiveSstFilesSize)};
}

}  // namespace freshet
