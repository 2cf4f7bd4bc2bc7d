// SPDX-License-Identifier: Apache-2.0
// Parts of the daemon's replies as people read them.
#pragma once

#include <string>

#include "config/type.h"
#include "freshet/v1/admin.pb.h"

namespace freshet {

Type TypeFromProto(const v1::Type& type);
std::string TypeText(const v1::Type& type);  // `list<string>`

std::string VersionPhaseText(const v1::VersionState& version);  // `current`
std::string LabelText(const v1::VersionState& version);  // `pinned, canary`
std::string AsOfText(const v1::VersionState& version);   // `-` if it has none

// `300 ms behind, at most 30 s expected`
std::string BehindText(const v1::EventFreshness& freshness);

// `added 3, late 1`
std::string EventsText(
    const google::protobuf::Map<std::string, int64_t>& counts);

std::string ViewsTable(
    const google::protobuf::RepeatedPtrField<v1::ViewState>& views);
// "" if there are none.
std::string StreamViewsTable(
    const google::protobuf::RepeatedPtrField<v1::StreamViewState>& views);

// Of a stream view.
std::string WindowsTable(
    const google::protobuf::RepeatedPtrField<v1::FeatureDescription>& features);

}  // namespace freshet
