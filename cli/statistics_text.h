// SPDX-License-Identifier: Apache-2.0
// What is known of a version's values, as tables.
#pragma once

#include <string>
#include <vector>

namespace freshet {

namespace v1 {
class FeatureStatistics;
class VersionDescription;
}  // namespace v1

// A line a feature.
std::string StatisticsTable(
    const std::vector<const v1::FeatureStatistics*>& features);

// Two versions of one view: what they hold, and a line for each feature, whose
// cells are `before -> after` where the two differ.
std::string DiffText(const v1::VersionDescription& before,
                     const v1::VersionDescription& after);

}  // namespace freshet
