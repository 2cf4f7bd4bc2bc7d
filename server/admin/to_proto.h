// SPDX-License-Identifier: Apache-2.0
// From what versions/ knows to what the admin API says.
#pragma once

#include <cstdint>

#include "config/type.h"
#include "features/row_schema.h"
#include "server/views_report.h"
#include "storage/stats/column_stats.h"
#include "versions/catalog_state.h"
#include "versions/definitions_store.h"
#include "versions/load_jobs.h"

namespace freshet {

struct WatchState;

namespace v1 {
class ActivationRecord;
class ApplyDefinitionsResponse;
class FeatureStatistics;
class LoadJob;
class Type;
class SourceWatch;
class VersionState;
class ViewDescription;
class ViewState;
}  // namespace v1

void ToProto(const LoadJob& job, v1::LoadJob* out);
void ToProto(const ViewReport& report, v1::ViewState* out);
// `current` and `open` are not in the record itself.
void ToProto(const ViewRecord& view, const VersionRecord& version, bool open,
             v1::VersionState* out);
// A load that ended without a version.
void ToProto(const EndedLoad& load, v1::VersionState* out);
void ToProto(const Activation& activation, v1::ActivationRecord* out);
void ToProto(const Type& type, v1::Type* out);
void ToProto(const Column& column, const ColumnStats& stats,
             v1::FeatureStatistics* out);
void ToProto(const WatchState& watch, v1::SourceWatch* out);
void ToProto(const ApplyResult& result, std::string_view source_name,
             v1::ApplyDefinitionsResponse* out);

}  // namespace freshet
