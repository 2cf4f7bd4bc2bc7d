// SPDX-License-Identifier: Apache-2.0
#include "storage/engine/rocksdb_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/statistics.h>
#include <rocksdb/table.h>

#include "base/check.h"
#include "storage/engine/store_shared.h"
#include "storage/live/live_merge.h"

namespace freshet {
namespace {

// RocksDB's own log would be a file in each version's directory. What matters
// of it comes back as a status.
class NoLog final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

constexpr double kFilterBitsPerKey = 10;

// Format and index of the tables, the same for writing and for reading.
rocksdb::BlockBasedTableOptions TableOptions() {
  rocksdb::BlockBasedTableOptions table;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(kFilterBitsPerKey));
  table.data_block_index_type =
      rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  table.data_block_hash_table_util_ratio = 0.75;
  // Keys and sizes of the index as differences: 0.2 bytes a key instead of 1.1
  // at 160 bytes a row, at no cost that a read shows.
  table.index_block_restart_interval = 16;
  // With max_open_files -1 they are loaded once and found without a lookup.
  table.cache_index_and_filter_blocks = false;
  return table;
}

rocksdb::Options CommonOptions() {
  rocksdb::Options options;
  options.info_log = std::make_shared<NoLog>();
  options.max_open_files = -1;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.compression = rocksdb::kLZ4Compression;
  options.disable_auto_compactions = true;
  options.paranoid_checks = true;
  options.db_host_id =
      "";  // Tables do not say on which machine they were made.
  // Memtables stay empty; their first blocks are made all the same.
  options.write_buffer_size = 64 << 10;
  options.arena_block_size = 4 << 10;
  // A version has few files: not 16 threads for opening them.
  options.max_file_opening_threads = 1;
  options.skip_stats_update_on_db_open = true;
  return options;
}

}  // namespace

rocksdb::Options BuilderOptions(int64_t block_bytes) {
  rocksdb::Options options = CommonOptions();
  options.create_if_missing = true;
  options.error_if_exists = true;
  options.bytes_per_sync = 1 << 20;  // No burst of writeback at the end.
  options.manifest_preallocation_size = 64 << 10;
  rocksdb::BlockBasedTableOptions table = TableOptions();
  table.block_size = static_cast<size_t>(block_bytes);
  table.no_block_cache = true;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::Options ReaderOptions(const StoreResources::Shared& shared) {
  rocksdb::Options options = CommonOptions();
  options.statistics = shared.statistics;
  rocksdb::BlockBasedTableOptions table = TableOptions();
  table.block_cache = shared.cache;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

rocksdb::Options LiveOptions(const StoreResources::Shared& shared,
                             int64_t write_buffer_bytes) {
  rocksdb::Options options = CommonOptions();
  options.create_if_missing = true;
  options.atomic_flush = true;
  options.disable_auto_compactions = false;
  options.statistics = shared.statistics;
  options.merge_operator = MakeLiveMerge();
  const auto bytes = static_cast<size_t>(write_buffer_bytes);
  options.db_write_buffer_size = bytes;
  options.write_buffer_size = bytes;
  options.arena_block_size = 256 << 10;
  // Of a key that changes often: a read merges no more than so many that are
  // not in files. Of zipfian users that halves what a read costs.
  options.max_successive_merges = 8;
  options.allow_concurrent_memtable_write = false;  // One writes.
  // Two threads in the background, as there are for loads. Who compacts takes
  // what taking in, flushing and answering leave of the processors: a
  // compaction lasts for seconds, and as many as there are would be late by it.
  options.max_background_jobs = 2;
  CHECK(options.env
            ->LowerThreadPoolCPUPriority(rocksdb::Env::Priority::LOW,
                                         rocksdb::CpuPriority::kLow)
            .ok());
  options.bytes_per_sync = 1 << 20;
  options.level_compaction_dynamic_level_bytes = true;
  rocksdb::BlockBasedTableOptions table = TableOptions();
  table.block_cache = shared.cache;
  // What was written lately is asked for.
  table.prepopulate_block_cache =
      rocksdb::BlockBasedTableOptions::PrepopulateBlockCache::kFlushOnly;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

}  // namespace freshet
