// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"

namespace freshet {

class Store;

namespace v1 {
class ApplyDefinitionsRequest;
class ApplyDefinitionsResponse;
}  // namespace v1

// The admin service's call that applies definitions, by `who` unless the
// request names an author; a line in the log says so.
absl::Status ApplyDefinitions(Store& store, const std::string& who,
                              const v1::ApplyDefinitionsRequest& request,
                              v1::ApplyDefinitionsResponse* response);

}  // namespace freshet
