// SPDX-License-Identifier: Apache-2.0
#include "loader/field_names.h"

#include <algorithm>

#include "base/error.h"
#include "base/hash.h"
#include "config/utf8.h"

namespace freshet {
namespace {

// Of names that are not wanted, for suggestions.
constexpr size_t kOthersMax = 64;
constexpr size_t kOtherBytesMax = 256;

}  // namespace

FieldNames::FieldNames(std::span<const WantedColumn> wanted, int64_t names_max)
    : wanted_(wanted), names_max_(static_cast<size_t>(names_max)) {}

absl::Status FieldNames::Add(std::string_view name) {
  const uint64_t hash = Xxh3(name);
  if (hashes_.contains(hash)) return absl::OkStatus();
  if (hashes_.size() >= names_max_) {
    return ResourceExhausted(
        "there are more than {} field names (settings.load.columns_max)",
        names_max_);
  }
  hashes_.insert(hash);
  const bool is_wanted =
      std::any_of(wanted_.begin(), wanted_.end(),
                  [name](const auto& want) { return want.column == name; });
  if (is_wanted) {
    named_.emplace(name);
  } else if (others_ < kOthersMax) {
    const std::string_view cut = name.substr(0, kOtherBytesMax);
    others_ += named_.emplace(cut.substr(0, ValidUtf8Prefix(cut))).second;
  }
  return absl::OkStatus();
}

}  // namespace freshet
