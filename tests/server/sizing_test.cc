// SPDX-License-Identifier: Apache-2.0
#include "server/process/sizing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "server/process/machine.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kMiB = 1 << 20;
constexpr int64_t kGiB = 1 << 30;

// A root directory with a machine of 16 GiB and what a test puts into it.
class FakeRoot {
 public:
  FakeRoot() {
    Write("/proc/meminfo", "MemTotal:       16777216 kB\nMemFree: 1 kB\n");
  }
  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file(dir_.path() + path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  absl::StatusOr<int64_t> Available() { return AvailableMemory(dir_.path()); }
  Machine Read() {
    const auto machine = ReadMemory(dir_.path());
    EXPECT_TRUE(machine.ok()) << machine.status();
    return machine.value_or(Machine());
  }

 private:
  TempDir dir_;
};

TEST(MachineTest, WithoutALimitTheMachinesMemoryCounts) {
  FakeRoot root;
  root.Write("/proc/self/cgroup", "0::/system.slice/freshetd.service\n");
  root.Write("/sys/fs/cgroup/system.slice/freshetd.service/memory.max",
             "max\n");

  const Machine machine = root.Read();

  EXPECT_EQ(machine.memory_bytes, 16 * kGiB);
  EXPECT_FALSE(machine.memory_is_ours);
}

TEST(MachineTest, TheSmallestLimitOnTheWayUpACgroup2Binds) {
  FakeRoot root;
  root.Write("/proc/self/cgroup", "0::/pods/pod1/main\n");
  root.Write("/sys/fs/cgroup/pods/pod1/main/memory.max", "max\n");
  root.Write("/sys/fs/cgroup/pods/pod1/memory.max", "1073741824\n");
  root.Write("/sys/fs/cgroup/pods/memory.max", "8589934592\n");

  const Machine machine = root.Read();

  EXPECT_EQ(machine.memory_bytes, kGiB);
  EXPECT_EQ(machine.memory_from,
            "cgroup v2 /sys/fs/cgroup/pods/pod1/memory.max");
  EXPECT_TRUE(machine.memory_is_ours);
}

TEST(MachineTest, ReadsTheMemoryControllerOfCgroup1) {
  FakeRoot root;
  root.Write("/proc/self/cgroup",
             "11:cpu,cpuacct:/x\n7:memory:/docker/abc\n0::/other\n");
  root.Write("/sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes",
             "536870912\n");
  root.Write("/sys/fs/cgroup/memory/memory.limit_in_bytes",
             "9223372036854771712\n");

  EXPECT_EQ(root.Read().memory_bytes, 512 * kMiB);
}

TEST(MachineTest, AContainerSeesItsOwnCgroupAsTheRoot) {
  FakeRoot root;
  root.Write("/proc/self/cgroup", "0::/\n");
  root.Write("/sys/fs/cgroup/memory.max", "2147483648\n");

  EXPECT_EQ(root.Read().memory_bytes, 2 * kGiB);
}

Machine MachineOf(int64_t memory, int64_t descriptors = 4096) {
  return {.memory_bytes = memory,
          .memory_from = "a test",
          .memory_is_ours = true,
          .descriptors = descriptors};
}

int64_t SumOf(const Settings& settings) {
  return settings.storage.block_cache_bytes + settings.load.sort_buffer_bytes;
}

TEST(MachineTest, WhatIsFreeIsTheLeastOfMachineAndCgroups) {
  FakeRoot root;
  EXPECT_FALSE(root.Available().ok());  // An old kernel.
  root.Write("/proc/meminfo",
             "MemTotal:       16777216 kB\nMemAvailable:   2097152 kB\n");
  EXPECT_EQ(*root.Available(), 2 * kGiB);
  root.Write("/proc/self/cgroup", "0::/pods/main\n");
  root.Write("/sys/fs/cgroup/pods/main/memory.max", "1073741824\n");
  root.Write("/sys/fs/cgroup/pods/main/memory.current", "805306368\n");
  EXPECT_EQ(*root.Available(), 256 * kMiB);
  // The kernel lets go of these.
  root.Write("/sys/fs/cgroup/pods/main/memory.stat",
             "anon 1\nactive_file 1048576\ninactive_file 2097152\n");
  EXPECT_EQ(*root.Available(), 259 * kMiB);
  root.Write("/sys/fs/cgroup/pods/memory.max", "1073741824\n");
  root.Write("/sys/fs/cgroup/pods/memory.current", "1073741825\n");
  EXPECT_EQ(*root.Available(), 0);
}

TEST(MachineTest, WhatIsFreeInCgroup1) {
  FakeRoot root;
  root.Write("/proc/meminfo",
             "MemTotal:       16777216 kB\nMemAvailable:   2097152 kB\n");
  root.Write("/proc/self/cgroup", "4:cpu,memory:/box\n");
  const std::string box = "/sys/fs/cgroup/memory/box/memory.";
  root.Write(box + "limit_in_bytes", "1073741824\n");
  root.Write(box + "usage_in_bytes", "1073741824\n");
  root.Write(box + "stat", "inactive_file 7\ntotal_inactive_file 4096\n");
  EXPECT_EQ(*root.Available(), 4096);
}

TEST(SizingTest, WhatIsDerivedFitsTheMemory) {
  for (const int64_t memory : {320 * kMiB, 512 * kMiB, kGiB, 64 * kGiB}) {
    const auto sizing = SizeFor(Settings(), MachineOf(memory));
    ASSERT_TRUE(sizing.ok()) << sizing.status();
    EXPECT_LT(SumOf(sizing->settings), memory) << memory;
    EXPECT_GE(sizing->settings.load.sort_buffer_bytes, 32 * kMiB);
    EXPECT_GT(sizing->settings.load.memory_max_bytes,
              sizing->settings.load.sort_buffer_bytes);
    EXPECT_FALSE(sizing->lines.empty());
  }
}

TEST(SizingTest, WhatIsSetStays) {
  Settings settings;
  settings.storage.block_cache_bytes = 100 * kMiB;
  settings.load.sort_buffer_bytes = 64 * kMiB;
  settings.load.memory_max_bytes = kGiB;

  const auto sizing = SizeFor(settings, MachineOf(kGiB));

  ASSERT_TRUE(sizing.ok()) << sizing.status();
  EXPECT_EQ(sizing->settings.storage.block_cache_bytes, 100 * kMiB);
  EXPECT_EQ(sizing->settings.load.sort_buffer_bytes, 64 * kMiB);
  EXPECT_EQ(sizing->settings.load.memory_max_bytes, kGiB);
}

TEST(SizingTest, AMemoryMaxThatNoLoaderBeginsWithIsRefused) {
  Settings settings;
  settings.load.memory_max_bytes = 160 * kMiB - 1;
  EXPECT_THAT(
      std::string(SizeFor(settings, MachineOf(kGiB)).status().message()),
      HasSubstr("no loader begins with less than 160.0 MiB"));

  settings.load.memory_max_bytes = 160 * kMiB;
  EXPECT_TRUE(SizeFor(settings, MachineOf(kGiB)).ok());
}

TEST(SizingTest, TooLittleMemoryNamesTheNumberNeeded) {
  Settings settings;
  settings.storage.block_cache_bytes = 512 * kMiB;

  const auto sizing = SizeFor(settings, MachineOf(300 * kMiB));

  EXPECT_EQ(sizing.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(sizing.status().message()),
              HasSubstr("at least 800.0 MiB is needed"));
}

TEST(SizingTest, TooFewDescriptorsNameTheNumberNeeded) {
  const auto sizing = SizeFor(Settings(), MachineOf(kGiB, 64));

  EXPECT_EQ(sizing.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(sizing.status().message()),
              HasSubstr("at least 128"));
}

TEST(SizingTest, ConnectionsLeaveDescriptorsForFiles) {
  const auto sizing = SizeFor(Settings(), MachineOf(kGiB, 256));

  ASSERT_TRUE(sizing.ok()) << sizing.status();
  EXPECT_EQ(sizing->fd_max, 192);
  EXPECT_EQ(sizing->settings.listen.connections_max, 192);
}

TEST(SizingTest, TooLittleAddressSpaceNamesWhatIsNeeded) {
  Settings settings;
  settings.storage.block_cache_bytes = 4 * kGiB;
  Machine machine = MachineOf(16 * kGiB);
  EXPECT_TRUE(SizeFor(settings, machine).ok());

  machine.address_bytes = 3 * kGiB;
  const std::string error(SizeFor(settings, machine).status().message());

  EXPECT_THAT(error, HasSubstr("RLIMIT_AS"));
  EXPECT_THAT(error, HasSubstr("at least 6.0 GiB is needed"));
  EXPECT_THAT(error, HasSubstr("4.0 GiB of it for storage.block_cache"));
}

}  // namespace
}  // namespace freshet
