// SPDX-License-Identifier: Apache-2.0
// The main of a fuzz target without libFuzzer: gives the target each file
// named on the command line, and each file in each directory named. A crash
// or a sanitizer's report ends it; the last path printed is the culprit.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>

#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

namespace {

bool Replay(const std::string& path) {
  std::printf("%s\n", path.c_str());
  std::fflush(stdout);
  const auto bytes = freshet::ReadFile(path);
  if (!bytes.ok()) {
    std::fprintf(stderr, "%s\n", bytes.status().ToString().c_str());
    return false;
  }
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes->data()),
                         bytes->size());
  return true;
}

bool ReplayAll(const std::string& path, int* count) {
  if (!std::filesystem::is_directory(path)) {
    ++*count;
    return Replay(path);
  }
  const auto names = freshet::ListDir(path);
  if (!names.ok()) {
    std::fprintf(stderr, "%s\n", names.status().ToString().c_str());
    return false;
  }
  for (const std::string& name : *names) {
    if (!ReplayAll(path + "/" + name, count)) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  int count = 0;
  for (int i = 1; i < argc; ++i) {
    if (!ReplayAll(argv[i], &count)) return 1;
  }
  if (count == 0) {
    std::fprintf(stderr, "nothing to replay: give files or directories\n");
    return 1;
  }
  std::printf("%d inputs, none crashed\n", count);
  return 0;
}
