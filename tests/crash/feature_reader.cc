// SPDX-License-Identifier: Apache-2.0
#include "tests/crash/feature_reader.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <utility>

namespace freshet {
namespace {

grpc::Status Wrong(const std::string& what) {
  return grpc::Status(grpc::StatusCode::DATA_LOSS, what);
}

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // The daemon is killed and comes back at once.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 100);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(),
                                   arguments);
}

}  // namespace

FeatureReader::FeatureReader(const CheckedTable& table,
                             std::chrono::milliseconds deadline)
    : table_(table),
      deadline_(deadline),
      stub_(v1::OnlineService::NewStub(Connect(table.data))) {}

grpc::Status FeatureReader::Read(const std::vector<int64_t>& keys,
                                 CheckedReply* reply) {
  v1::GetFeaturesRequest request;
  for (const std::string& feature : table_.features) {
    request.add_features(table_.view + "." + feature);
  }
  v1::KeyColumn* column = request.add_keys();
  column->set_name(table_.key);
  column->mutable_int64s()->Add(keys.begin(), keys.end());

  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline_);
  context.set_wait_for_ready(true);
  v1::GetFeaturesResponse response;
  if (grpc::Status status = stub_->GetFeatures(&context, request, &response);
      !status.ok()) {
    return status;
  }
  return Check(static_cast<int64_t>(keys.size()), response, reply);
}

grpc::Status FeatureReader::Check(int64_t rows,
                                  const v1::GetFeaturesResponse& response,
                                  CheckedReply* reply) const {
  if (response.versions_size() != 1) {
    return Wrong(fmt::format("{} versions in a reply of one view",
                             response.versions_size()));
  }
  reply->version = response.versions(0).version();
  if (response.columns_size() != static_cast<int>(table_.features.size())) {
    return Wrong(fmt::format("{} columns", response.columns_size()));
  }
  bool first = true;
  for (const v1::Column& column : response.columns()) {
    if (column.int64s_size() != rows ||
        static_cast<int64_t>(column.statuses().size()) != rows) {
      return Wrong(fmt::format("{} values and {} statuses for {} rows",
                               column.int64s_size(), column.statuses().size(),
                               rows));
    }
    for (int i = 0; i < column.int64s_size(); ++i) {
      const auto status =
          static_cast<uint8_t>(column.statuses()[static_cast<size_t>(i)]);
      if (status != v1::STATE_PRESENT) {
        return Wrong(fmt::format("version {}: row {} has status {:#04x}",
                                 reply->version, i, status));
      }
      if (first) reply->value = column.int64s(i);
      first = false;
      if (column.int64s(i) != reply->value) {
        return Wrong(fmt::format("version {}: row {} holds {}, others {}",
                                 reply->version, i, column.int64s(i),
                                 reply->value));
      }
    }
  }
  return grpc::Status::OK;
}

std::string VersionValues::Add(const CheckedReply& reply) {
  const auto [it, is_new] = values_.emplace(reply.version, reply.value);
  if (is_new || it->second == reply.value) return "";
  return fmt::format("version {} held {} and now {}", reply.version, it->second,
                     reply.value);
}

}  // namespace freshet
