// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/fake_daemon.h"

#include "base/check.h"

namespace freshet {

// One override per method of the service, all alike.
#define FAKE(Method, Request, Reply)                                    \
  grpc::Status Method(grpc::ServerContext*, const v1::Request* request, \
                      v1::Reply* reply) override {                      \
    return daemon_.Take(#Method, *request, reply);                      \
  }

class FakeDaemon::Admin final : public v1::AdminService::Service {
 public:
  explicit Admin(FakeDaemon& daemon) : daemon_(daemon) {}

  FAKE(LoadSnapshot, LoadSnapshotRequest, LoadJob)
  FAKE(GetLoad, GetLoadRequest, LoadJob)
  FAKE(ListLoads, ListLoadsRequest, ListLoadsResponse)
  FAKE(CancelLoad, GetLoadRequest, LoadJob)
  FAKE(NotifySource, NotifySourceRequest, NotifySourceResponse)
  FAKE(ListViews, ListViewsRequest, ListViewsResponse)
  FAKE(DescribeView, DescribeViewRequest, ViewDescription)
  FAKE(DescribeVersion, VersionRequest, VersionDescription)
  FAKE(ListVersions, ListVersionsRequest, ListVersionsResponse)
  FAKE(ActivateVersion, ActivateRequest, VersionState)
  FAKE(RollbackView, RollbackRequest, VersionState)
  FAKE(PinVersion, PinRequest, VersionState)
  FAKE(SetLabel, SetLabelRequest, VersionState)
  FAKE(ApproveVersion, ApproveRequest, VersionState)
  FAKE(DeleteVersion, VersionRequest, VersionState)
  FAKE(ActivateGroup, ActivateGroupRequest, GroupState)
  FAKE(RollbackGroup, RollbackGroupRequest, GroupState)
  FAKE(Forget, ForgetRequest, ForgetResponse)
  FAKE(ListForgotten, ListForgottenRequest, ForgetResponse)
  FAKE(PauseSource, PauseSourceRequest, PauseSourceResponse)
  FAKE(SeekSource, SeekSourceRequest, SeekSourceResponse)
  FAKE(ApplyDefinitions, ApplyDefinitionsRequest, ApplyDefinitionsResponse)
  FAKE(GetDefinitions, GetDefinitionsRequest, GetDefinitionsResponse)
  FAKE(GetStatus, GetStatusRequest, DaemonStatus)
  FAKE(Reload, ReloadRequest, ReloadResponse)
  FAKE(SetClock, SetClockRequest, SetClockResponse)

  grpc::Status WatchLoad(grpc::ServerContext*,
                         const v1::GetLoadRequest* request,
                         grpc::ServerWriter<v1::LoadJob>* writer) override {
    v1::LoadJob last;
    grpc::Status status = daemon_.Take("WatchLoad", *request, &last);
    if (!status.ok()) return status;
    MutexLock lock(daemon_.mu_);
    for (const std::string& bytes : daemon_.replies_["WatchLoad"]) {
      v1::LoadJob job;
      CHECK(job.ParseFromString(bytes));
      writer->Write(job);
    }
    return grpc::Status::OK;
  }

 private:
  FakeDaemon& daemon_;
};

class FakeDaemon::Online final : public v1::OnlineService::Service {
 public:
  explicit Online(FakeDaemon& daemon) : daemon_(daemon) {}
  FAKE(GetFeatures, GetFeaturesRequest, GetFeaturesResponse)

 private:
  FakeDaemon& daemon_;
};

class FakeDaemon::Pushes final : public v1::PushService::Service {
 public:
  explicit Pushes(FakeDaemon& daemon) : daemon_(daemon) {}
  FAKE(Push, PushRequest, PushResponse)

  grpc::Status PushStream(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::PushResponse, v1::PushRequest>* stream)
      override {
    v1::PushRequest request;
    for (size_t number = 0; stream->Read(&request); ++number) {
      v1::PushResponse reply;
      const grpc::Status status = Take(request, number, &reply);
      if (!status.ok()) return status;
      stream->Write(reply);
    }
    return grpc::Status::OK;
  }

 private:
  grpc::Status Take(const v1::PushRequest& request, size_t number,
                    v1::PushResponse* reply) {
    const grpc::Status last = daemon_.Take("PushStream", request, reply);
    MutexLock lock(daemon_.mu_);
    const auto& replies = daemon_.replies_["PushStream"];
    if (number >= replies.size()) return last;
    CHECK(reply->ParseFromString(replies[number]));
    return grpc::Status::OK;
  }

  FakeDaemon& daemon_;
};

FakeDaemon::FakeDaemon()
    : admin_(std::make_unique<Admin>(*this)),
      online_(std::make_unique<Online>(*this)),
      pushes_(std::make_unique<Pushes>(*this)) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port_);
  builder.RegisterService(admin_.get());
  builder.RegisterService(online_.get());
  builder.RegisterService(pushes_.get());
  server_ = builder.BuildAndStart();
  CHECK(server_ != nullptr && port_ != 0);
}

FakeDaemon::~FakeDaemon() { server_->Shutdown(); }

std::string FakeDaemon::address() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void FakeDaemon::Answer(const std::string& method,
                        const google::protobuf::Message& reply) {
  MutexLock lock(mu_);
  replies_[method].push_back(reply.SerializeAsString());
}

void FakeDaemon::Refuse(const std::string& method, grpc::Status status) {
  MutexLock lock(mu_);
  refusals_[method] = std::move(status);
}

std::vector<std::string> FakeDaemon::calls() const {
  MutexLock lock(mu_);
  return calls_;
}

grpc::Status FakeDaemon::Take(const std::string& method,
                              const google::protobuf::Message& request,
                              google::protobuf::Message* reply) {
  MutexLock lock(mu_);
  calls_.push_back(method + "{" + request.ShortDebugString() + "}");
  if (const auto it = refusals_.find(method); it != refusals_.end()) {
    return it->second;
  }
  const auto it = replies_.find(method);
  if (it == replies_.end()) {
    return {grpc::StatusCode::UNIMPLEMENTED, "no answer for " + method};
  }
  CHECK(reply->ParseFromString(it->second.back()));
  return grpc::Status::OK;
}

}  // namespace freshet
