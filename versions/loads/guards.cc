// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/guards.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

template <typename T>
absl::Status Same(std::string_view what, const T& built, const T& wanted) {
  if (built == wanted) return absl::OkStatus();
  return Internal(
      "the loader built a version of {} '{}', '{}' was asked for; is "
      "settings.load.loader the freshet-load of this version?",
      what, built, wanted);
}

}  // namespace

absl::Status CheckBuilt(const Manifest& built, const LoadSpec& spec) {
  RETURN_IF_ERROR(Same("view", built.view, spec.view));
  RETURN_IF_ERROR(Same("number", built.version, spec.version));
  RETURN_IF_ERROR(Same("generation", built.generation, spec.generation));
  RETURN_IF_ERROR(Same("schema", built.schema.id(), spec.schema.id()));
  if (built.schema != spec.schema) {
    return Internal(
        "the loader built schema {} of view '{}' with other columns than asked "
        "for; is settings.load.loader the freshet-load of this version?",
        built.schema.id(), spec.view);
  }
  if (spec.has_as_of) {
    RETURN_IF_ERROR(Same("as_of", built.as_of_micros, spec.as_of_micros));
  }
  return absl::OkStatus();
}

std::string HoldReason(const Manifest& fresh, const Manifest* before,
                       const GuardSettings& guards) {
  const std::string approve = fmt::format(
      "approve it with `freshet approve {} {}`, or refuse it with `freshet "
      "reject {} {}`",
      fresh.view, fresh.version, fresh.view, fresh.version);
  if (fresh.rows == 0) {
    if (guards.allow_empty) return "";
    return fmt::format(
        "view '{}': version {} is empty and guards.allow_empty is false; {}",
        fresh.view, fresh.version, approve);
  }
  if (before == nullptr) return "";
  const auto floor = static_cast<int64_t>(
      std::ceil(static_cast<double>(before->rows) * guards.rows_ratio_min));
  if (fresh.rows >= floor) return "";
  return fmt::format(
      "view '{}': version {} has {} rows, the current version {} has {}; at "
      "least {} wanted (guards.rows_ratio_min {}); {}",
      fresh.view, fresh.version, fresh.rows, before->version, before->rows,
      floor, guards.rows_ratio_min, approve);
}

}  // namespace freshet
