// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace freshet {

struct HttpRequest {
  std::string url;
  std::string accept;  // The type of what is asked for.
  std::string user;    // "": nothing is said of who asks.
  std::string password;
  std::string ca_file;  // PEM; "": the system's authorities.
  std::chrono::milliseconds timeout{5'000};
  size_t body_bytes_max = 1 << 20;
};

struct HttpReply {
  long code = 0;
  std::string body;
  bool cut = false;  // There is more of it than body_bytes_max.
};

// Asks by GET over http or https, whose certificate is checked; redirects are
// not followed. Any answer is a reply, whatever its code. UNAVAILABLE says why
// there was none: nobody there, no time left, a certificate that does not hold.
// Safe to call from any thread; waits.
absl::StatusOr<HttpReply> HttpGet(const HttpRequest& request);

}  // namespace freshet
