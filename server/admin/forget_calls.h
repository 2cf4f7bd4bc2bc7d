// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/status.h"

namespace freshet {

class EventExporter;
class LiveEraser;
class Store;

namespace v1 {
class ForgetRequest;
class ForgetResponse;
}  // namespace v1

// The admin service's calls about what is forgotten. Safe to use from any
// thread.
class ForgetCalls {
 public:
  ForgetCalls(Store& store, LiveEraser& live, const EventExporter& exporter)
      : store_(store), live_(live), exporter_(exporter) {}

  absl::Status Forget(const v1::ForgetRequest& request, const std::string& who,
                      v1::ForgetResponse* response);
  absl::Status List(v1::ForgetResponse* response);

 private:
  Store& store_;
  LiveEraser& live_;
  const EventExporter& exporter_;
};

}  // namespace freshet
