// SPDX-License-Identifier: Apache-2.0
// What a lookup costs in RocksDB at its best: fixed 4 KiB blocks without
// compression, all of them in the block cache, rising keys, pinned values, one
// thread. No network, no decoding. Each line of its input makes it measure and
// print a line of JSON, so that others can be measured in between.
//
// This is a yardstick for the daemon, so nothing of the daemon's storage layer
// is used: it must not become slower when that one does.
#include <fmt/format.h>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/table.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

namespace {

struct Options {
  std::string directory;
  int64_t rows = 1'000'000;
  size_t row_bytes = 160;
  size_t keys_per_batch = 100;
  double seconds = 5;
  uint64_t seed = 1;
};

void Must(const rocksdb::Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "{}\n", status.ToString());
  std::exit(1);
}

double ThreadCpuSeconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) / 1e9;
}

// Eight bytes, the most significant first, so that order is numeric.
std::string Key(int64_t number) {
  std::string key(8, '\0');
  for (size_t i = 0; i < 8; ++i) {
    key[i] = static_cast<char>(number >> (8 * (7 - i)));
  }
  return key;
}

rocksdb::Options StoreOptions() {
  rocksdb::BlockBasedTableOptions table;
  table.block_size = 4096;
  table.block_cache = rocksdb::NewLRUCache(size_t{8} << 30, 6);
  table.filter_policy.reset(rocksdb::NewRibbonFilterPolicy(10));
  table.data_block_index_type =
      rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  rocksdb::Options options;
  options.create_if_missing = true;
  options.compression = rocksdb::kNoCompression;
  options.max_open_files = -1;
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

std::unique_ptr<rocksdb::DB> Fill(const Options& options) {
  const rocksdb::Options store = StoreOptions();
  rocksdb::DB* db = nullptr;
  Must(rocksdb::DB::Open(store, options.directory, &db));
  std::unique_ptr<rocksdb::DB> owned(db);
  rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), store);
  const std::string file = options.directory + "/floor.sst";
  Must(writer.Open(file));
  std::mt19937_64 random(options.seed);
  std::string row(options.row_bytes, '\0');
  for (int64_t key = 0; key < options.rows; ++key) {
    for (char& byte : row) byte = static_cast<char>(random());
    Must(writer.Put(Key(key), row));
  }
  Must(writer.Finish());
  rocksdb::IngestExternalFileOptions ingest;
  ingest.move_files = true;
  Must(db->IngestExternalFile({file}, ingest));
  return owned;
}

class Reader {
 public:
  Reader(rocksdb::DB& db, const Options& options)
      : db_(db),
        random_(options.seed),
        key_(0, options.rows - 1),
        numbers_(options.keys_per_batch),
        keys_(options.keys_per_batch),
        slices_(options.keys_per_batch),
        values_(options.keys_per_batch),
        statuses_(options.keys_per_batch) {}

  // CPU seconds that the lookups of one batch took.
  double ReadBatch() {
    for (int64_t& number : numbers_) number = key_(random_);
    std::sort(numbers_.begin(), numbers_.end());
    for (size_t i = 0; i < numbers_.size(); ++i) {
      keys_[i] = Key(numbers_[i]);
      slices_[i] = keys_[i];
      values_[i].Reset();
    }
    rocksdb::ReadOptions read;
    read.verify_checksums = true;
    const double start = ThreadCpuSeconds();
    if (numbers_.size() == 1) {
      statuses_[0] =
          db_.Get(read, db_.DefaultColumnFamily(), slices_[0], &values_[0]);
    } else {
      db_.MultiGet(read, db_.DefaultColumnFamily(), slices_.size(),
                   slices_.data(), values_.data(), statuses_.data(),
                   /*sorted_input=*/true);
    }
    const double took = ThreadCpuSeconds() - start;
    for (const rocksdb::Status& status : statuses_) Must(status);
    return took;
  }

 private:
  rocksdb::DB& db_;
  std::mt19937_64 random_;
  std::uniform_int_distribution<int64_t> key_;
  std::vector<int64_t> numbers_;
  std::vector<std::string> keys_;
  std::vector<rocksdb::Slice> slices_;
  std::vector<rocksdb::PinnableSlice> values_;
  std::vector<rocksdb::Status> statuses_;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "The cost of a lookup in RocksDB at its best; for each line of its input "
      "it measures and prints a line of JSON."};
  Options options;
  app.add_option("--directory", options.directory, "A new one")->required();
  app.add_option("--rows", options.rows, "Rows in the store");
  app.add_option("--row-bytes", options.row_bytes, "Bytes of a row");
  app.add_option("--keys", options.keys_per_batch, "Keys per lookup");
  app.add_option("--seconds", options.seconds, "CPU time to measure for");
  app.add_option("--seed", options.seed, "Of rows and keys");
  CLI11_PARSE(app, argc, argv);

  const std::unique_ptr<rocksdb::DB> db = Fill(options);
  // Everything into the cache.
  const std::unique_ptr<rocksdb::Iterator> all(
      db->NewIterator(rocksdb::ReadOptions()));
  int64_t rows = 0;
  for (all->SeekToFirst(); all->Valid(); all->Next()) ++rows;
  Must(all->status());

  Reader reader(*db, options);
  for (std::string line; std::getline(std::cin, line);) {
    double cpu = 0;
    int64_t batches = 0;
    for (; cpu < options.seconds; ++batches) cpu += reader.ReadBatch();
    const auto keys = static_cast<double>(batches) *
                      static_cast<double>(options.keys_per_batch);
    const nlohmann::ordered_json json = {
        {"rows", rows},
        {"batches", batches},
        {"us_per_key", cpu / keys * 1e6},
        {"us_per_batch", cpu / static_cast<double>(batches) * 1e6}};
    fmt::print("{}\n", json.dump());
    std::fflush(stdout);
  }
  return 0;
}
