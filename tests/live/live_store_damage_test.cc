// SPDX-License-Identifier: Apache-2.0
// The files of a live store as a crash leaves them, and damaged ones: what is
// opened is what the change log said up to applied(), of all generations alike,
// or it is refused, or the keys that are damaged say so.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/file.h"
#include "storage/live/live_store.h"
#include "tests/fakes/copy_dir.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using State = RowBatch::State;

// Each record of the log puts its number under the next of kKeys keys, in both
// of two generations.
class LiveStoreDamageTest : public testing::Test {
 protected:
  static constexpr uint64_t kKeys = 50;
  static constexpr uint64_t kGenerations = 2;

  static std::string Key(uint64_t number) {
    return fmt::format("key {:03}", number % kKeys);
  }

  // The last record up to `applied` that was of the key; 0: none.
  static uint64_t Wanted(uint64_t key, uint64_t applied) {
    const uint64_t back = (applied + kKeys - key) % kKeys;
    return applied > back ? applied - back : 0;
  }

  std::unique_ptr<LiveStore> Open(const std::string& dir) {
    auto store =
        LiveStore::Open(dir, {.write_buffer_bytes = 1 << 20}, resources_);
    if (!store.ok()) return nullptr;
    return *std::move(store);
  }

  static void Write(LiveStore& store, uint64_t until) {
    LiveBatch batch;
    for (uint64_t number = store.applied() + 1; number <= until; ++number) {
      batch.Clear();
      // Long enough that some are flushed by themselves.
      const std::string value = fmt::format("{:01000}", number);
      for (const auto& [id, generation] : store.generations()) {
        batch.Put(*generation, Key(number), value);
      }
      ASSERT_TRUE(store.Apply(batch, number).ok());
    }
  }

  // Looks at every key of the copy. Returns applied(), or nothing if it was
  // refused.
  std::optional<uint64_t> Check(const std::string& dir, bool damaged) {
    const auto store = Open(dir);
    if (store == nullptr) return std::nullopt;
    const uint64_t applied = store->applied();
    for (const auto& [id, generation] : store->generations()) {
      for (uint64_t key = 0; key < kKeys; ++key) {
        CheckKey(*generation, key, applied, damaged);
      }
    }
    return applied;
  }

  void CheckKey(const LiveGeneration& generation, uint64_t key,
                uint64_t applied, bool damaged) {
    const std::string bytes = Key(key);
    const std::string_view keys[] = {bytes};
    RowBatch values;
    generation.LookupCached(keys, values);
    generation.LookupDisk(keys, values);
    const State state = values.state(0);
    if (damaged && (state == State::kCorrupt || state == State::kError)) {
      return;
    }
    const uint64_t number = Wanted(key, applied);
    ASSERT_EQ(state, number == 0 ? State::kNotFound : State::kFound)
        << key << " of " << applied;
    if (number > 0) {
      ASSERT_EQ(values.row(0), fmt::format("{:01000}", number));
    }
  }

  TempDir dir_;
  StoreResources resources_{8 << 20};
};

TEST_F(LiveStoreDamageTest, ACrashLeavesAnOlderStateOfAllGenerations) {
  const std::string live = dir_.path() + "/live";
  const auto store = Open(live);
  for (uint64_t i = 1; i <= kGenerations; ++i) {
    ASSERT_TRUE(store->Add(i).ok());
  }
  std::mt19937_64 random(20'130'310);
  uint64_t before = 0;
  uint64_t fewer = 0;
  for (int crash = 0; crash < 20; ++crash) {
    Write(*store, store->applied() + random() % 300);
    if (random() % 4 == 0) {
      ASSERT_TRUE(store->Flush().ok());
    }
    const std::string copy = fmt::format("{}/crash {}", dir_.path(), crash);
    const uint64_t flushed = *store->flushed();
    CopyOfOneMoment(live, copy);

    const auto applied = Check(copy, /*damaged=*/false);

    ASSERT_TRUE(applied.has_value());
    EXPECT_GE(*applied, flushed);
    EXPECT_LE(*applied, store->applied());
    EXPECT_GE(*applied, before);
    before = *applied;
    fewer += *applied < store->applied() ? 1 : 0;
    std::filesystem::remove_all(copy);
  }
  EXPECT_GT(fewer, 5U);
  EXPECT_GT(before, 1'000U);
}

class DamagedFilesTest : public LiveStoreDamageTest {
 protected:
  void SetUp() override {
    const auto store = Open(good_);
    for (uint64_t i = 1; i <= kGenerations; ++i) {
      ASSERT_TRUE(store->Add(i).ok());
    }
    for (const uint64_t until : {30U, 70U, 120U, 130U}) {
      Write(*store, until);
      ASSERT_TRUE(store->Flush().ok());
    }
  }

  std::vector<std::string> Files(std::string_view kind) {
    const auto names = ListDir(good_);
    std::vector<std::string> files;
    for (const std::string& name : *names) {
      if (name.find(kind) != std::string::npos) files.push_back(name);
    }
    EXPECT_FALSE(files.empty()) << kind;
    return files;
  }

  // applied() of the damaged copy, or nothing if it was refused.
  std::optional<uint64_t> After(
      const std::function<void(const std::string& dir)>& damage) {
    const std::string copy = dir_.path() + "/damaged";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(good_, copy);
    damage(copy);
    return Check(copy, /*damaged=*/true);
  }

  static void Flip(const std::string& path, uint64_t bit) {
    std::string bytes = *ReadFile(path);
    char& byte = bytes[bit / 8 % bytes.size()];
    byte = static_cast<char>(byte ^ (1 << (bit % 8)));
    ASSERT_TRUE(WriteFileSynced(path, bytes).ok());
  }

  std::string good_ = dir_.path() + "/good";
  std::mt19937_64 random_{20'130'310};
};

TEST_F(DamagedFilesTest, ATableWithABitTurnedSaysSo) {
  const std::vector<std::string> files = Files(".sst");
  for (size_t round = 0; round < 60; ++round) {
    const std::string& file = files[round % files.size()];
    After([&](const std::string& dir) { Flip(dir + "/" + file, random_()); });
  }
}

TEST_F(DamagedFilesTest, AManifestCutAnywhereIsAnOlderStateOrRefused) {
  const std::string file = Files("MANIFEST")[0];
  const auto size = std::filesystem::file_size(good_ + "/" + file);
  size_t older = 0;
  for (size_t length = 0; length < size; length += 1 + size / 60) {
    const auto applied = After([&](const std::string& dir) {
      std::filesystem::resize_file(dir + "/" + file, length);
    });
    if (applied && *applied < 130) ++older;
  }
  // The change log makes up for it; none of it was noticed by RocksDB.
  EXPECT_GT(older, 0U);
}

TEST_F(DamagedFilesTest, AManifestWithABitTurnedIsAnOlderStateOrRefused) {
  const std::string file = Files("MANIFEST")[0];
  for (int round = 0; round < 50; ++round) {
    After([&](const std::string& dir) { Flip(dir + "/" + file, random_()); });
  }
}

TEST_F(DamagedFilesTest, ATableThatIsMissingOrCutIsRefused) {
  for (const std::string& file : Files(".sst")) {
    EXPECT_FALSE(After([&](const std::string& dir) {
      std::filesystem::remove(dir + "/" + file);
    }));
    EXPECT_FALSE(After([&](const std::string& dir) {
      std::filesystem::resize_file(dir + "/" + file, 100);
    }));
  }
}

}  // namespace
}  // namespace freshet
