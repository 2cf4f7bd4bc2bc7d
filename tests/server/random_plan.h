// SPDX-License-Identifier: Apache-2.0
// Random schemas, rows and plans for the property test of the reply, with the
// values kept beside the bytes, so that a reference never reads the bytes.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "config/value.h"
#include "server/online/reply_writer.h"
#include "tests/fakes/temp_dir.h"
#include "versions/plan.h"

namespace freshet {

struct ModelRow {
  int64_t event_time_micros = 0;
  std::vector<Value> values;  // As the schema's columns.
};

// A view with a version on disk, and what is in it.
struct ModelView {
  std::map<std::string, ModelRow> rows;      // By encoded key.
  std::vector<std::string> asked;            // Encoded keys, some without row.
  std::vector<std::string_view> asked_keys;  // The same.
  bool shared = false;
};

class RandomPlan {
  StoreResources resources_{8 << 20};  // Outlives the versions of `plan`.

 public:
  RandomPlan(uint32_t seed, const std::string& dir);

  Plan plan;
  std::vector<ModelView> views;  // As plan.views.
  size_t rows = 0;

  static constexpr int64_t kNowMicros = 1'700'000'000'000'000;

 private:
  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }
  bool OneIn(size_t n) { return Below(n) == 0; }
  Type RandomType();
  Value RandomValue(const Type& type);
  Value RandomElement(const Type& type);
  void AddView(size_t index, const std::string& dir);
  void AddFeatures(size_t view, const RowSchema& schema);
  std::string Key(size_t number) const;

  std::mt19937 random_;
};

}  // namespace freshet
