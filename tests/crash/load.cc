// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <cstdio>

#include "freshet/v1/admin.grpc.pb.h"
#include "tests/crash/commands.h"

namespace freshet {
namespace {

// LOAD_PHASE_READING as `reading`.
std::string PhaseText(v1::LoadPhase phase) {
  std::string text = v1::LoadPhase_Name(phase).substr(sizeof("LOAD_PHASE"));
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return text;
}

int Failed(const std::string& what) {
  fmt::print("ended failed: {}\n", what);
  return 1;
}

}  // namespace

int RunLoad(const CheckedTable& table, const std::string& admin,
            const std::string& path) {
  const auto stub = v1::AdminService::NewStub(
      grpc::CreateChannel(admin, grpc::InsecureChannelCredentials()));
  v1::LoadSnapshotRequest request;
  request.set_view(table.view);
  request.set_path(path);
  v1::LoadJob job;
  grpc::ClientContext start;
  if (const grpc::Status status = stub->LoadSnapshot(&start, request, &job);
      !status.ok()) {
    return Failed(status.error_message());
  }
  v1::GetLoadRequest watched;
  watched.set_id(job.id());
  grpc::ClientContext watch;
  const auto changes = stub->WatchLoad(&watch, watched);
  v1::LoadPhase phase = v1::LOAD_PHASE_UNSPECIFIED;
  while (changes->Read(&job)) {
    if (job.phase() == phase) continue;
    phase = job.phase();
    fmt::print("phase {}\n", PhaseText(phase));
    std::fflush(stdout);
  }
  const grpc::Status status = changes->Finish();
  if (!status.ok()) return Failed("the daemon is gone");
  if (job.phase() != v1::LOAD_PHASE_DONE) return Failed(job.message());
  fmt::print("ended {} version {}\n", v1::LoadOutcome_Name(job.outcome()),
             job.version());
  return 0;
}

}  // namespace freshet
