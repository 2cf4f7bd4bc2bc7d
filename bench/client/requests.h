// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace freshet {

// What the requests of one run have in common.
struct RequestShape {
  std::string service;                // A feature service, or:
  std::vector<std::string> features;  // `view.feature`
  std::string key;                    // The join key's name, an int64.
  int64_t keys_per_request = 100;
  int64_t key_space = 1;   // The keys [0, key_space) exist.
  double zipf = 0;         // Exponent; 0: uniform.
  double missing = 0;      // Share of keys that do not exist.
  std::string shared_key;  // One more key with one value per request.
  int64_t shared_key_space = 1;
  uint64_t seed = 1;
};

// `count` requests as wire bytes, with keys drawn at random. Ranks of a
// Zipfian draw are spread over the keys by a permutation, so that hot keys are
// not neighbours.
std::vector<std::string> MakeRequests(const RequestShape& shape, int count);

// Draws keys in [0, space).
class KeySource {
 public:
  // Requires: space > 0.
  KeySource(int64_t space, double zipf);
  template <typename Random>
  int64_t Draw(Random& random) {
    return Draw(Uniform(random()));
  }

 private:
  static double Uniform(uint64_t bits);  // [0, 1)
  int64_t Draw(double uniform) const;

  int64_t space_;
  std::vector<double> cumulative_;  // Of ranks; empty: uniform.
};

}  // namespace freshet
