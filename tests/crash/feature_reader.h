// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "freshet/v1/online.grpc.pb.h"

namespace freshet {

// The table that every crash test reads: the keys [0, rows) of one int64 join
// key, and int64 features that all hold one number per version.
struct CheckedTable {
  std::string data;  // host:port
  std::string view;
  std::string key;
  std::vector<std::string> features;  // Without the view.
  int64_t rows = 0;
};

// What a reply said: one version, one number in every cell.
struct CheckedReply {
  int64_t version = 0;
  int64_t value = 0;
};

// Asks for keys and checks every cell of the reply: present, all the same
// number, as many as asked. Not thread-safe; each has a connection of its own.
class FeatureReader {
 public:
  FeatureReader(const CheckedTable& table, std::chrono::milliseconds deadline);

  // The error of the call; DATA_LOSS, saying what, when a reply is wrong.
  grpc::Status Read(const std::vector<int64_t>& keys, CheckedReply* reply);

 private:
  grpc::Status Check(int64_t rows, const v1::GetFeaturesResponse& response,
                     CheckedReply* reply) const;

  const CheckedTable table_;
  const std::chrono::milliseconds deadline_;
  std::unique_ptr<v1::OnlineService::Stub> stub_;
};

// Which number each version was seen to hold: always the same one, or
// something is mixed.
class VersionValues {
 public:
  // "" or what contradicts what was seen before.
  std::string Add(const CheckedReply& reply);
  const std::map<int64_t, int64_t>& values() const { return values_; }

 private:
  std::map<int64_t, int64_t> values_;
};

}  // namespace freshet
