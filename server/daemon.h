// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config_file.h"
#include "server/process/machine.h"
#include "server/process/ports_file.h"

namespace freshet {

class Store;

// freshetd without its process: everything constructed in the order that it
// depends on each other, serving from Start on. Destroying it stops at once.
class Daemon {
 public:
  struct Options {
    ConfigFile config;
    std::vector<std::string> sets;  // For reloads.
    Machine machine;
  };
  // ALREADY_EXISTS: the storage directory or a port is taken, and by whom.
  // FAILED_PRECONDITION: the machine is too small, or the definitions in the
  // file cannot be applied.
  static absl::StatusOr<std::unique_ptr<Daemon>> Start(Options options);
  ~Daemon();

  Ports ports() const;
  Store& store();

  // Reads the file again; says what happened, a sentence each.
  absl::StatusOr<std::vector<std::string>> Reload();

  // Health says NOT_SERVING, then after drain_delay calls are refused, those
  // under way get drain_deadline to end. Once.
  void Drain();

 private:
  struct Parts;
  explicit Daemon(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace freshet
