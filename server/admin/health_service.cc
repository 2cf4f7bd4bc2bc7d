// SPDX-License-Identifier: Apache-2.0
#include "server/admin/health_service.h"

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "server/net/grpc_status.h"
#include "versions/serving.h"

namespace freshet {
namespace {

namespace v1 = grpc::health::v1;
using Response = v1::HealthCheckResponse;

constexpr std::string_view kViewPrefix = "freshet.view.";
constexpr int kLookEveryMs = 250;

Response::ServingStatus StatusOf(const Health& health,
                                 const std::string& service) {
  const std::optional<bool> serving = health.IsServing(service);
  if (!serving.has_value()) return Response::SERVICE_UNKNOWN;
  return *serving ? Response::SERVING : Response::NOT_SERVING;
}

// One Watch: writes when the status changes, until cancelled or draining.
class Watcher final : public grpc::ServerWriteReactor<Response>,
                      public std::enable_shared_from_this<Watcher> {
 public:
  Watcher(const Health& health, std::string service)
      : health_(health), service_(std::move(service)) {}

  void Start() {
    self_ = shared_from_this();
    Look();
  }

  void OnWriteDone(bool ok) override {
    if (ok) {
      WaitAndLook();
    } else {
      End();
    }
  }
  void OnCancel() override {
    MutexLock lock(mu_);
    cancelled_ = true;
    if (alarm_.has_value()) alarm_->Cancel();
  }
  void OnDone() override { self_.reset(); }

 private:
  // Exactly one of Look, a write and an alarm is under way at a time.
  void Look() {
    const Response::ServingStatus status = StatusOf(health_, service_);
    if (status != last_.status() || !sent_) {
      sent_ = true;
      last_.set_status(status);
      StartWrite(&last_);
    } else if (health_.draining()) {
      End();
    } else {
      WaitAndLook();
    }
  }

  void WaitAndLook() {
    auto held = std::make_shared<std::shared_ptr<Watcher>>(self_);
    const gpr_timespec when =
        gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                     gpr_time_from_millis(kLookEveryMs, GPR_TIMESPAN));
    {
      MutexLock lock(mu_);
      if (!cancelled_) {
        alarm_.emplace();
        alarm_->Set(when, [held](bool passed) {
          const std::shared_ptr<Watcher> watcher = std::move(*held);
          if (passed) {
            watcher->Look();
          } else {
            watcher->End();
          }
        });
        return;
      }
    }
    End();
  }

  void End() { Finish(grpc::Status::OK); }

  const Health& health_;
  const std::string service_;
  std::shared_ptr<Watcher> self_;
  Response last_;
  bool sent_ = false;
  Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mu_);
};

class HealthService final
    : public v1::Health::WithCallbackMethod_Watch<v1::Health::Service> {
 public:
  explicit HealthService(const Health& health) : health_(health) {}

  grpc::Status Check(grpc::ServerContext* context,
                     const v1::HealthCheckRequest* request,
                     Response* response) override {
    const auto status = StatusOf(health_, request->service());
    if (status == Response::SERVICE_UNKNOWN) {
      return ToGrpc(NotFound("no service '{}'; ask for \"\" or for "
                             "freshet.view.<name of a view>",
                             request->service()),
                    RequestIdOf(*context));
    }
    response->set_status(status);
    return grpc::Status::OK;
  }

  grpc::ServerWriteReactor<Response>* Watch(
      grpc::CallbackServerContext*,
      const v1::HealthCheckRequest* request) override {
    auto watcher = std::make_shared<Watcher>(health_, request->service());
    watcher->Start();
    return watcher.get();
  }

 private:
  const Health& health_;
};

}  // namespace

std::optional<bool> Health::IsServing(const std::string& service) const {
  if (service.empty()) return !draining() && ready_();
  if (!service.starts_with(kViewPrefix)) return std::nullopt;
  const Serving::SetPtr set = serving_.Current();
  const ServedView* view = set->FindView(service.substr(kViewPrefix.size()));
  if (view == nullptr) return std::nullopt;
  return !draining() && view->CanAnswer();
}

std::unique_ptr<grpc::Service> MakeHealthService(const Health& health) {
  return std::make_unique<HealthService>(health);
}

}  // namespace freshet
