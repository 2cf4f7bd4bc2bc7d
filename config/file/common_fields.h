// SPDX-License-Identifier: Apache-2.0
// Fields that several kinds of things have; for config/file/ only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/file/fields.h"

namespace freshet {

FieldSpec OwnerField(std::string_view doc);
// `described`: of what `freshet describe` prints.
FieldSpec DescriptionField(bool described);
FieldSpec TagsField(bool described);
FieldSpec CriticalField();
// `expected_freshness` of what comes of events.
FieldSpec ExpectedFreshnessField();
// `live` of a view: source_fields.cc.
FieldSpec LiveRowsField();
// `batch_source` of a stream view: source_fields.cc.
FieldSpec HistoryField();

// One of a stream source's `fields`.
const ObjectSpec& StreamFieldSpec();
// One of a stream view's `aggregations`.
const ObjectSpec& AggregationSpec();

// Units of durations that are not finer.
std::vector<std::string> FromSeconds();

}  // namespace freshet
