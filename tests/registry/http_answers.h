// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "base/file.h"
#include "base/mutex.h"
#include "tests/registry/tls_identity.h"

namespace freshet {

// A server on loopback that gives the same answer to each request, one at a
// time, and keeps what it was asked.
class HttpAnswers {
 public:
  // `tls`: it is spoken, with this identity, which outlives it.
  explicit HttpAnswers(const TlsIdentity* tls = nullptr);
  ~HttpAnswers();
  HttpAnswers(const HttpAnswers&) = delete;
  HttpAnswers& operator=(const HttpAnswers&) = delete;

  // `code`: 0: the connection is closed instead; -1: nothing is said at all.
  void Answer(int code, const std::string& body);
  std::string url() const;
  // The head of each request.
  std::vector<std::string> asked() const;

 private:
  void Run();
  void Serve(UniqueFd connection);
  std::string AnswerTo(const std::string& head, int* code);

  const TlsIdentity* const tls_;

  UniqueFd listener_;
  int port_ = 0;
  mutable Mutex mu_;
  int code_ ABSL_GUARDED_BY(mu_) = 200;
  std::string body_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> asked_ ABSL_GUARDED_BY(mu_);
  std::vector<UniqueFd> silent_;  // Of the thread.
  std::thread thread_;
};

}  // namespace freshet
