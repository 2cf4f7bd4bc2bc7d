// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace grpc {
class Service;
}  // namespace grpc

namespace freshet {

class Serving;

// What the standard health service answers: "" is the daemon, ready or not;
// `freshet.view.<name>` is a view, serving if it has a version. Safe to use
// from any thread.
class Health {
 public:
  // `ready` says what "" answers.
  Health(const Serving& serving, std::function<bool()> ready)
      : serving_(serving), ready_(std::move(ready)) {}

  // Everything answers NOT_SERVING from now on, and watchers are let go.
  void StartDraining() { draining_.store(true); }
  bool draining() const { return draining_.load(); }

  // Nullopt: no such service.
  std::optional<bool> IsServing(const std::string& service) const;

 private:
  const Serving& serving_;
  const std::function<bool()> ready_;
  std::atomic<bool> draining_{false};
};

// Check runs on threads of the server's own, so that it answers however busy
// the callback threads are; Watch looks for changes four times a second.
std::unique_ptr<grpc::Service> MakeHealthService(const Health& health);

}  // namespace freshet
