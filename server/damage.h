// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <set>
#include <string>

#include "storage/version.h"
#include "versions/serving_set.h"

namespace freshet {

// That reads of a version met damaged blocks, and what to do; empty if none
// did.
std::string DamageOf(const Version& version);

// Names each damaged version that is open in the log, once.
class DamageLog {
 public:
  void Look(const ServingSet& set);

 private:
  std::set<std::weak_ptr<const Version>, std::owner_less<>> named_;
};

}  // namespace freshet
