// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "bench/client/requests.h"

namespace freshet {

// What the events of one run have in common.
struct PaymentShape {
  int64_t users = 1;  // They are [0, users).
  double zipf = 0;    // Exponent of the users; 0: uniform.
  uint64_t seed = 1;  // Of two runs with one seed the ids are the same, too.
};

// A record of a topic.
struct Payment {
  std::string key;    // The user.
  std::string value;  // A JSON object of five members, about 130 bytes.
};

// Makes payments, each with an id of its own. Not thread-safe.
class PaymentSource {
 public:
  // Requires: shape.users > 0.
  explicit PaymentSource(const PaymentShape& shape);

  Payment Next(int64_t time_micros);
  Payment Of(int64_t user, int64_t time_micros);

 private:
  uint64_t seed_;
  std::mt19937_64 random_;
  KeySource users_;
  int64_t made_ = 0;
};

}  // namespace freshet
