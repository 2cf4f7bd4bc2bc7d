// SPDX-License-Identifier: Apache-2.0
#include "bench/client/requests.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "base/check.h"
#include "freshet/v1/online.pb.h"

namespace freshet {

KeySource::KeySource(int64_t space, double zipf) : space_(space) {
  CHECK(space > 0);
  if (zipf == 0) return;
  cumulative_.reserve(static_cast<size_t>(space));
  double sum = 0;
  for (int64_t rank = 1; rank <= space; ++rank) {
    sum += std::pow(static_cast<double>(rank), -zipf);
    cumulative_.push_back(sum);
  }
}

double KeySource::Uniform(uint64_t bits) {
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

int64_t KeySource::Draw(double uniform) const {
  if (cumulative_.empty()) {
    return static_cast<int64_t>(uniform * static_cast<double>(space_));
  }
  const auto rank = std::upper_bound(cumulative_.begin(), cumulative_.end() - 1,
                                     uniform * cumulative_.back()) -
                    cumulative_.begin();
  // Multiplication by a number without a common factor is a permutation.
  int64_t step = 2'654'435'761 % space_;
  while (std::gcd(step, space_) != 1) ++step;
  return static_cast<int64_t>(static_cast<__int128>(rank) * step % space_);
}

std::vector<std::string> MakeRequests(const RequestShape& shape, int count) {
  std::mt19937_64 random(shape.seed);
  KeySource keys(shape.key_space, shape.zipf);
  KeySource shared(shape.shared_key_space, shape.zipf);
  std::bernoulli_distribution missing(shape.missing);

  v1::GetFeaturesRequest request;
  request.set_feature_service(shape.service);
  request.mutable_features()->Add(shape.features.begin(), shape.features.end());
  v1::KeyColumn* shared_column = nullptr;
  if (!shape.shared_key.empty()) {
    shared_column = request.add_keys();
    shared_column->set_name(shape.shared_key);
    shared_column->set_shared(true);
  }
  v1::KeyColumn* column = request.add_keys();
  column->set_name(shape.key);

  std::vector<std::string> requests;
  for (int i = 0; i < count; ++i) {
    column->clear_int64s();
    for (int64_t row = 0; row < shape.keys_per_request; ++row) {
      const int64_t key = keys.Draw(random);
      column->add_int64s(missing(random) ? shape.key_space + key : key);
    }
    if (shared_column != nullptr) {
      shared_column->clear_int64s();
      shared_column->add_int64s(shared.Draw(random));
    }
    requests.push_back(request.SerializeAsString());
  }
  return requests;
}

}  // namespace freshet
