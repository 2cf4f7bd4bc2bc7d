// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"
#include "freshet/v1/admin.grpc.pb.h"
#include "server/admin/admin_parts.h"
#include "server/admin/apply_call.h"
#include "server/admin/export_calls.h"
#include "server/admin/forget_calls.h"
#include "server/admin/health_service.h"
#include "server/admin/load_calls.h"
#include "server/admin/source_calls.h"
#include "server/admin/stream_views.h"
#include "server/admin/to_proto.h"
#include "server/admin/version_calls.h"
#include "server/admin/views.h"
#include "server/metrics/load_stats.h"
#include "server/net/grpc_status.h"
#include "server/net/principal.h"
#include "server/push/live_state.h"
#include "versions/store.h"
#include "versions/watch/source_watcher.h"

namespace freshet {
namespace {

// Each watch holds a thread.
constexpr int kWatchesMax = 16;

std::string Who(const grpc::ServerContext& context) {
  return PrincipalOf(context).name;
}

class AdminService final : public v1::AdminService::Service {
 public:
  explicit AdminService(AdminParts parts)
      : parts_(std::move(parts)),
        loads_(parts_.store->loads()),
        versions_(*parts_.store, *parts_.clock),
        forget_(*parts_.store, *parts_.live_eraser, *parts_.event_exporter),
        sources_(*parts_.store, *parts_.live, *parts_.replays) {}

 private:
  using Context = grpc::ServerContext;
  using Status = grpc::Status;

  // One place where errors get the request id, and actions a line in the log.
  template <typename Call>
  Status Answer(const Context& context, std::string_view action, Call call) {
    const std::string id = RequestIdOf(context);
    const absl::Status status = call();
    if (!status.ok()) return ToGrpc(status, id);
    if (!action.empty()) {
      spdlog::info("{} by '{}' (request_id: {})", action, Who(context), id);
    }
    return Status::OK;
  }
  template <typename Call>
  Status Answer(const Context& context, Call call) {
    return Answer(context, "", call);
  }

  Status LoadSnapshot(Context* context, const v1::LoadSnapshotRequest* request,
                      v1::LoadJob* job) override {
    return Answer(*context, [&] {
      absl::Status status =
          parts_.health->draining()
              ? Unavailable("the daemon is being stopped; load again later")
              : loads_.Start(*request, Who(*context), job);
      if (!status.ok()) Refused(*context, *request, status);
      return status;
    });
  }
  Status GetLoad(Context* context, const v1::GetLoadRequest* request,
                 v1::LoadJob* job) override {
    return Answer(*context, [&] { return loads_.Get(*request, job); });
  }
  Status WatchLoad(Context* context, const v1::GetLoadRequest* request,
                   grpc::ServerWriter<v1::LoadJob>* writer) override {
    const int before = watches_.fetch_add(1);
    Status status = Answer(*context, [&]() -> absl::Status {
      if (before >= kWatchesMax) {
        return ResourceExhausted(
            "{} loads are being watched already; ask "
            "with GetLoad instead",
            before);
      }
      return loads_.Watch(
          *request, Waits(*context),
          [&](const v1::LoadJob& job) { return writer->Write(job); });
    });
    watches_.fetch_sub(1);
    return status;
  }
  Status ListLoads(Context* context, const v1::ListLoadsRequest* request,
                   v1::ListLoadsResponse* response) override {
    return Answer(*context, [&]() -> absl::Status {
      RETURN_IF_ERROR(loads_.List(*request, response));
      if (!response->loads().empty() || request->view().empty()) {
        return absl::OkStatus();
      }
      // None of a view that is there, or none because there is no such view.
      const Catalog::StatePtr catalog = parts_.store->catalog().state();
      return FindRecord(*catalog, request->view()).status();
    });
  }
  Status CancelLoad(Context* context, const v1::GetLoadRequest* request,
                    v1::LoadJob* job) override {
    return Answer(*context, fmt::format("load '{}' cancelled", request->id()),
                  [&] { return loads_.Cancel(*request, job); });
  }
  Status NotifySource(Context* context, const v1::NotifySourceRequest* request,
                      v1::NotifySourceResponse*) override {
    return Answer(*context,
                  [&] { return parts_.watcher->Notify(request->view()); });
  }

  Status ListViews(Context* context, const v1::ListViewsRequest*,
                   v1::ListViewsResponse* response) override {
    return Answer(*context, [&] {
      freshet::ListViews(*parts_.store, *parts_.clock, response);
      ListStreamViews(Streams(), response);
      return absl::OkStatus();
    });
  }
  Status DescribeView(Context* context, const v1::DescribeViewRequest* request,
                      v1::ViewDescription* description) override {
    return Answer(*context, [&]() -> absl::Status {
      const StreamViewSource streams = Streams();
      if (DescribeStreamView(streams, request->view(), description)) {
        AddServices(*parts_.store->catalog().state(), request->view(),
                    description);
        return absl::OkStatus();
      }
      RETURN_IF_ERROR(freshet::DescribeView(*parts_.store, *parts_.clock,
                                            request->view(), description));
      DescribeLiveRows(streams, request->view(), description);
      const auto watches = parts_.watcher->states();
      if (const auto it = watches.find(request->view()); it != watches.end()) {
        ToProto(it->second, description->mutable_watch());
      }
      return absl::OkStatus();
    });
  }
  Status ListVersions(Context* context, const v1::ListVersionsRequest* request,
                      v1::ListVersionsResponse* response) override {
    return Answer(*context, [&] { return versions_.List(*request, response); });
  }

  Status DescribeVersion(Context* context, const v1::VersionRequest* request,
                         v1::VersionDescription* description) override {
    return Answer(*context, [&] {
      return versions_.DescribeVersion(*request, description);
    });
  }

  Status ActivateVersion(Context* context, const v1::ActivateRequest* request,
                         v1::VersionState* state) override {
    return Answer(*context,
                  fmt::format("view '{}': version {} activated",
                              request->view(), request->version()),
                  [&] {
                    return versions_.Activate(*request, Who(*context),
                                              Waits(*context), state);
                  });
  }
  Status RollbackView(Context* context, const v1::RollbackRequest* request,
                      v1::VersionState* state) override {
    return Answer(
        *context, fmt::format("view '{}': rolled back", request->view()),
        [&] { return versions_.Rollback(*request, Who(*context), state); });
  }
  Status PinVersion(Context* context, const v1::PinRequest* request,
                    v1::VersionState* state) override {
    return Answer(*context,
                  fmt::format("view '{}': version {} {}", request->view(),
                              request->version(),
                              request->unpin() ? "unpinned" : "pinned"),
                  [&] { return versions_.Pin(*request, state); });
  }
  Status SetLabel(Context* context, const v1::SetLabelRequest* request,
                  v1::VersionState* state) override {
    return Answer(
        *context,
        request->version() == 0
            ? fmt::format("view '{}': label '{}' removed", request->view(),
                          request->label())
            : fmt::format("view '{}': label '{}' points at version {}",
                          request->view(), request->label(),
                          request->version()),
        [&] { return versions_.SetLabel(*request, state); });
  }
  Status ApproveVersion(Context* context, const v1::ApproveRequest* request,
                        v1::VersionState* state) override {
    return Answer(*context,
                  fmt::format("view '{}': version {} {}", request->view(),
                              request->version(),
                              request->reject() ? "rejected" : "approved"),
                  [&] {
                    return versions_.Approve(*request, Who(*context),
                                             Waits(*context), state);
                  });
  }
  Status DeleteVersion(Context* context, const v1::VersionRequest* request,
                       v1::VersionState* state) override {
    return Answer(*context,
                  fmt::format("view '{}': version {} deleted", request->view(),
                              request->version()),
                  [&] { return versions_.Delete(*request, state); });
  }

  Status ActivateGroup(Context* context,
                       const v1::ActivateGroupRequest* request,
                       v1::GroupState* state) override {
    return Answer(*context,
                  fmt::format("snapshot group '{}': run '{}' activated",
                              request->group(), request->run()),
                  [&] {
                    return versions_.ActivateGroup(*request, Who(*context),
                                                   Waits(*context), state);
                  });
  }
  Status RollbackGroup(Context* context,
                       const v1::RollbackGroupRequest* request,
                       v1::GroupState* state) override {
    return Answer(
        *context,
        fmt::format("snapshot group '{}': rolled back", request->group()), [&] {
          return versions_.RollbackGroup(*request, Who(*context), state);
        });
  }

  Status Forget(Context* context, const v1::ForgetRequest* request,
                v1::ForgetResponse* response) override {
    return Answer(
        *context,
        fmt::format("one or more of entity '{}' forgotten", request->entity()),
        [&] { return forget_.Forget(*request, Who(*context), response); });
  }
  Status ListForgotten(Context* context, const v1::ListForgottenRequest*,
                       v1::ForgetResponse* response) override {
    return Answer(*context, [&] { return forget_.List(response); });
  }

  Status PauseSource(Context* context, const v1::PauseSourceRequest* request,
                     v1::PauseSourceResponse*) override {
    return Answer(*context,
                  fmt::format("source '{}' {}", request->source(),
                              request->resume() ? "resumed" : "paused"),
                  [&] { return sources_.Pause(*request); });
  }
  Status SeekSource(Context* context, const v1::SeekSourceRequest* request,
                    v1::SeekSourceResponse* response) override {
    return Answer(*context,
                  fmt::format("source '{}' set forward", request->source()),
                  [&] { return sources_.Seek(*request, response); });
  }
  Status ReplayView(Context* context, const v1::ReplayViewRequest* request,
                    v1::ReplayViewResponse*) override {
    return Answer(*context, fmt::format("replay of '{}'", request->view()),
                  [&] { return sources_.Replay(*request); });
  }

  Status ApplyDefinitions(Context* context,
                          const v1::ApplyDefinitionsRequest* request,
                          v1::ApplyDefinitionsResponse* response) override {
    return Answer(*context, [&] {
      return freshet::ApplyDefinitions(*parts_.store, Who(*context), *request,
                                       response);
    });
  }
  Status GetDefinitions(Context* context, const v1::GetDefinitionsRequest*,
                        v1::GetDefinitionsResponse* response) override;
  Status ExportEvents(Context* context, const v1::ExportEventsRequest*,
                      v1::EventExportState* state) override {
    return Answer(*context, [&, &exporter = *parts_.event_exporter] {
      return freshet::ExportEvents(exporter, Waits(*context), state);
    });
  }
  Status GetStatus(Context* context, const v1::GetStatusRequest*,
                   v1::DaemonStatus* status) override;
  Status Reload(Context* context, const v1::ReloadRequest*,
                v1::ReloadResponse* response) override {
    return Answer(*context, [&]() -> absl::Status {
      ASSIGN_OR_RETURN(const auto messages, parts_.reload());
      for (const auto& message : messages) response->add_messages(message);
      return absl::OkStatus();
    });
  }
  Status SetClock(Context* context, const v1::SetClockRequest* request,
                  v1::SetClockResponse* response) override;

  // Whether somebody still waits for the answer, and may.
  std::function<bool()> Waits(const Context& context) const {
    return [this, &context] {
      return !context.IsCancelled() && !parts_.health->draining();
    };
  }
  StreamViewSource Streams() const {
    return {.set = parts_.store->serving().Current(),
            .live = *parts_.live,
            .now_micros = parts_.clock->NowMicros()};
  }
  void Refused(const Context& context, const v1::LoadSnapshotRequest& request,
               const absl::Status& why);

  const AdminParts parts_;
  LoadCalls loads_;
  VersionCalls versions_;
  ForgetCalls forget_;
  SourceCalls sources_;
  std::atomic<int> watches_{0};
};

void AdminService::Refused(const Context& context,
                           const v1::LoadSnapshotRequest& request,
                           const absl::Status& why) {
  LoadRequest load;
  load.view = request.view();
  load.path = request.path();
  load.who = Who(context);
  const Serving::SetPtr set = parts_.store->serving().Current();
  parts_.load_stats->OnRefused(load, why,
                               set->FindView(request.view()) != nullptr);
}

grpc::Status AdminService::GetDefinitions(
    Context* context, const v1::GetDefinitionsRequest*,
    v1::GetDefinitionsResponse* response) {
  return Answer(*context, [&] {
    const Catalog::StatePtr catalog = parts_.store->catalog().state();
    const AppliedDefinitions& applied = catalog->definitions;
    response->set_definitions(applied.text);
    response->set_hash(parts_.store->serving().Current()->definitions_hash());
    response->set_author(applied.author);
    response->set_applied_micros(applied.applied_micros);
    response->set_source_name(applied.source_name);
    return absl::OkStatus();
  });
}

grpc::Status AdminService::GetStatus(Context* context,
                                     const v1::GetStatusRequest*,
                                     v1::DaemonStatus* status) {
  return Answer(*context, [&] {
    status->set_now_micros(parts_.clock->NowMicros());
    status->set_simulated_clock(parts_.simulated_clock != nullptr);
    parts_.describe_daemon(*status);
    v1::ListViewsResponse views;
    freshet::ListViews(*parts_.store, *parts_.clock, &views);
    status->mutable_views()->Swap(views.mutable_views());
    DescribeLive(Streams(), status);
    DescribeExport(*parts_.event_exporter, status);
    for (const LoadJob& job : parts_.store->loads().List()) {
      ToProto(job, status->add_loads());
    }
    return absl::OkStatus();
  });
}

grpc::Status AdminService::SetClock(Context* context,
                                    const v1::SetClockRequest* request,
                                    v1::SetClockResponse* response) {
  return Answer(*context, [&]() -> absl::Status {
    if (parts_.simulated_clock == nullptr) {
      return FailedPrecondition(
          "the daemon runs on the machine's clock; only one started with "
          "settings.clock.simulated_start lets its clock be set");
    }
    const int64_t before = parts_.clock->NowMicros();
    if (request->hold()) {
      parts_.simulated_clock->Hold(request->now_micros());
    } else {
      parts_.simulated_clock->Set(request->now_micros());
    }
    response->set_now_micros(parts_.clock->NowMicros());
    // Every read from here on counts what is of the past by now.
    if (LiveViews* views = parts_.live->views()) {
      RETURN_IF_ERROR(views->Release());
    }
    spdlog::info("simulated clock set from {} to {} by '{}'", before,
                 request->now_micros(), Who(*context));
    return absl::OkStatus();
  });
}

}  // namespace

std::unique_ptr<grpc::Service> MakeAdminService(AdminParts parts) {
  return std::make_unique<AdminService>(std::move(parts));
}

}  // namespace freshet
