// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "versions/catalog_state.h"

namespace freshet {

class Clock;
class Store;

namespace v1 {
class ListViewsResponse;
class ViewDescription;
}  // namespace v1

// NOT_FOUND lists the nearest names. Points into `catalog`.
absl::StatusOr<const ViewRecord*> FindRecord(const CatalogState& catalog,
                                             const std::string& view);

// The services that use it.
void AddServices(const CatalogState& catalog, const std::string& view,
                 v1::ViewDescription* description);

void ListViews(Store& store, const Clock& clock,
               v1::ListViewsResponse* response);

absl::Status DescribeView(Store& store, const Clock& clock,
                          const std::string& view,
                          v1::ViewDescription* description);

}  // namespace freshet
