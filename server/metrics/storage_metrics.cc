// SPDX-License-Identifier: Apache-2.0
#include <sys/statvfs.h>

#include "base/file.h"
#include "server/metrics/families.h"
#include "server/metrics/metrics_page.h"
#include "versions/store.h"

namespace freshet {

void AddStorageMetrics(const MetricsSource& source, Families& families) {
  const StoreResources::Stats stats = source.store->publisher().memory();
  families.Counter("freshet_row_cache_hits_total",
                   "Keys answered from the row cache.",
                   static_cast<double>(stats.row_cache_hits));
  families.Gauge("freshet_row_cache_bytes",
                 "Bytes of the rows in the row cache.",
                 static_cast<double>(stats.row_cache_bytes));
  families.Gauge("freshet_row_cache_capacity_bytes", "Size of the row cache.",
                 static_cast<double>(stats.row_cache_capacity_bytes));
  families.Gauge("freshet_version_memory_bytes",
                 "Indexes and filters of all open versions.",
                 static_cast<double>(stats.versions_bytes));
  families.Counter("freshet_rocksdb_block_cache_hits_total",
                   "Keys answered from memory.",
                   static_cast<double>(stats.cache_hits));
  families.Counter("freshet_rocksdb_block_cache_misses_total",
                   "Keys read from disk.",
                   static_cast<double>(stats.cache_misses));
  families.Gauge("freshet_rocksdb_block_cache_bytes",
                 "Bytes of the block cache in use.",
                 static_cast<double>(stats.cache_bytes));
  families.Gauge("freshet_rocksdb_block_cache_capacity_bytes",
                 "Size of the block cache.",
                 static_cast<double>(stats.cache_capacity_bytes));
  families.Counter("freshet_rocksdb_filter_useful_total",
                   "Reads that a filter saved.",
                   static_cast<double>(stats.filter_useful));
  families.Counter("freshet_rocksdb_corruption_total",
                   "Blocks that failed their checksum.",
                   static_cast<double>(stats.corruptions));

  families.Declare(Families::Type::kGauge, "freshet_disk_free_bytes",
                   "Free on the storage directory's file system.");
  if (const auto free = FreeBytes(source.storage_directory); free.ok()) {
    families.Add(static_cast<double>(*free));
  }
  families.Declare(Families::Type::kGauge, "freshet_disk_size_bytes",
                   "Size of the storage directory's file system.");
  struct statvfs disk {};
  if (::statvfs(source.storage_directory.c_str(), &disk) == 0) {
    families.Add(static_cast<double>(disk.f_blocks) *
                 static_cast<double>(disk.f_frsize));
  }
  families.Gauge("freshet_disk_reserve_bytes", "What loads leave free.",
                 static_cast<double>(source.disk_reserve_bytes));
}

}  // namespace freshet
