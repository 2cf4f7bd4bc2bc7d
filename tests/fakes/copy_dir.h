// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>

namespace freshet {

// Names and sizes.
inline std::map<std::string, uintmax_t> ListingOf(const std::string& dir) {
  std::map<std::string, uintmax_t> files;
  std::error_code gone;  // Then it is another listing.
  for (const auto& file : std::filesystem::directory_iterator(dir)) {
    files[file.path().filename()] = file.file_size(gone);
  }
  return files;
}

// What a crash would leave of a directory: background work goes on meanwhile,
// so that a copy may hold files of two moments, and is then made again.
inline void CopyOfOneMoment(const std::string& from, const std::string& to) {
  for (;;) {
    const auto before = ListingOf(from);
    std::error_code error;
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, error);
    if (!error && ListingOf(from) == before) return;
  }
}

}  // namespace freshet
