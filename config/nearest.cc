// SPDX-License-Identifier: Apache-2.0
#include "config/nearest.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <span>

#include "config/parse.h"

namespace freshet {
namespace {

// Longer than any name may be; what is longer is like none.
constexpr size_t kWantedMax = 128;

// Levenshtein's distance, or anything above `most` if it is above.
size_t Distance(std::string_view a, std::string_view b, size_t most) {
  const size_t gap =
      a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > most) return gap;
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    size_t least = row[0];
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
      least = std::min(least, row[j + 1]);
    }
    if (least > most) return least;
  }
  return row.back();
}

}  // namespace

std::vector<std::string> NearestNames(std::string_view wanted,
                                      const std::vector<std::string>& names,
                                      size_t most) {
  if (wanted.size() > kWantedMax) return {};
  const size_t furthest = std::max<size_t>(2, wanted.size() / 3);
  std::vector<std::pair<size_t, std::string>> near;
  for (const std::string& name : names) {
    const size_t distance = Distance(wanted, name, furthest);
    if (distance <= furthest) near.emplace_back(distance, name);
  }
  std::sort(near.begin(), near.end());
  near.erase(std::unique(near.begin(), near.end()), near.end());
  if (near.size() > most) near.resize(most);
  std::vector<std::string> nearest;
  for (auto& [distance, name] : near) nearest.push_back(std::move(name));
  return nearest;
}

std::string NearestText(std::string_view wanted,
                        const std::vector<std::string>& names) {
  const std::vector<std::string> near = NearestNames(wanted, names);
  if (!near.empty()) {
    return fmt::format("nearest: '{}'", fmt::join(near, "', '"));
  }
  if (names.empty()) return "there is none";
  constexpr size_t kMost = 5;
  const std::span<const std::string> some(names.data(),
                                          std::min(names.size(), kMost));
  return fmt::format("there is: '{}'{}", fmt::join(some, "', '"),
                     names.size() > kMost ? ", ..." : "");
}

}  // namespace freshet
