// SPDX-License-Identifier: Apache-2.0
#include "ingest/registry/http_get.h"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

#include "base/error.h"

namespace freshet {
namespace {

struct Body {
  std::string text;
  size_t bytes_max = 0;
  bool cut = false;
};

size_t TakeBody(char* bytes, size_t size, size_t count, void* to) {
  auto& body = *static_cast<Body*>(to);
  const size_t length = size * count;
  const size_t left = body.bytes_max - body.text.size();
  body.text.append(bytes, std::min(length, left));
  body.cut = length > left;
  return body.cut ? 0 : length;  // 0 ends it.
}

struct EndEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct EndList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, EndList>;

// Once, before the first handle; safe from any thread, as this libcurl is.
bool IsReady() {
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  return ready == CURLE_OK;
}

void SetUp(CURL* easy, const HttpRequest& request, const List& headers,
           Body* body) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.get());
  // No signal, for there are other threads.
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(request.timeout.count()));
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "freshet");
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &TakeBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
  if (!request.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (request.user.empty()) return;
  curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  curl_easy_setopt(easy, CURLOPT_USERNAME, request.user.c_str());
  curl_easy_setopt(easy, CURLOPT_PASSWORD, request.password.c_str());
}

}  // namespace

absl::StatusOr<HttpReply> HttpGet(const HttpRequest& request) {
  std::unique_ptr<CURL, EndEasy> easy(IsReady() ? curl_easy_init() : nullptr);
  const List headers(
      curl_slist_append(nullptr, ("Accept: " + request.accept).c_str()));
  if (easy == nullptr || headers == nullptr) {
    return Unavailable("libcurl cannot be set up");
  }
  Body body{.text = {}, .bytes_max = request.body_bytes_max};
  SetUp(easy.get(), request, headers, &body);
  const CURLcode done = curl_easy_perform(easy.get());
  if (done != CURLE_OK && !body.cut) {
    return Unavailable("{}", curl_easy_strerror(done));
  }
  HttpReply reply{.code = 0, .body = std::move(body.text), .cut = body.cut};
  curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &reply.code);
  return reply;
}

}  // namespace freshet
