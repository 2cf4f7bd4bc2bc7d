// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace freshet {

struct HttpReply {
  int code = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

// A small HTTP server for GET and HEAD of a few pages, and POST to fewer, on
// threads of its own. IPv4 only: civetweb comes without IPv6.
class HttpPort {
 public:
  // By path; called on the server's threads.
  using Pages = std::map<std::string, std::function<HttpReply()>>;
  // The same, told the body: at most kBodyBytesMax, more is refused with 413.
  using Posts =
      std::map<std::string, std::function<HttpReply(std::string_view body)>>;
  static constexpr size_t kBodyBytesMax = 1 << 20;

  // Whether Open would find `address` usable. ALREADY_EXISTS if it is taken,
  // INVALID_ARGUMENT if it is none of IPv4.
  static absl::Status Check(const std::string& address);

  // `address` is host:port; errors as Check.
  static absl::StatusOr<std::unique_ptr<HttpPort>> Open(
      const std::string& address, const Pages& pages, const Posts& posts = {});
  ~HttpPort();

  int port() const;
  // `host:port`, with the port that it really has.
  const std::string& address() const;

 private:
  struct Parts;
  explicit HttpPort(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
