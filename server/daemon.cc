// SPDX-License-Identifier: Apache-2.0
#include "server/daemon.h"

#include <fmt/format.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mutex.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "server/admin/admin_parts.h"
#include "server/admin/health_service.h"
#include "server/daemon_pages.h"
#include "server/damage.h"
#include "server/housekeeper.h"
#include "server/http/http_port.h"
#include "server/live_settings.h"
#include "server/metrics/load_stats.h"
#include "server/metrics/metrics_page.h"
#include "server/net/grpc_port.h"
#include "server/net/request_stats.h"
#include "server/online/online_service.h"
#include "server/online/read_pool.h"
#include "server/process/log.h"
#include "server/process/machine.h"
#include "server/process/sizing.h"
#include "server/push/live_state.h"
#include "server/push/live_threads.h"
#include "server/push/push_service.h"
#include "server/reload.h"
#include "server/slow_log.h"
#include "server/views_report.h"
#include "versions/store.h"
#include "versions/watch/source_watcher.h"

namespace freshet {
namespace {

// How often retention by age and the grace period of orphans are looked at.
constexpr std::chrono::minutes kTidyEvery(1);
// Admin calls are short, but for watches, which draining ends.
constexpr std::chrono::seconds kAdminShutdown(2);

// What serves goes on without one, so this is no reason not to start.
void WarnOfLoader(const std::string& path) {
  if (::access(path.c_str(), X_OK) == 0) return;
  spdlog::warn(
      "no load can begin: '{}' (settings.load.loader) cannot be run: {}", path,
      std::strerror(errno));
}

struct Listeners {
  Listener data;
  Listener admin;
};

absl::StatusOr<Listeners> Listen(const ListenSettings& listen) {
  ASSIGN_OR_RETURN(Listener data, Listener::Open(listen.data));
  ASSIGN_OR_RETURN(Listener admin, Listener::Open(listen.admin));
  // civetweb makes its own later; a taken address is to end the start here,
  // before the storage directory is touched.
  RETURN_IF_ERROR(HttpPort::Check(listen.http));
  return Listeners{std::move(data), std::move(admin)};
}

void Say(const std::string& sentence, bool trouble) {
  spdlog::log(trouble ? spdlog::level::err : spdlog::level::info, "{}",
              sentence);
}

std::unique_ptr<SourceWatcher> WatchSources(Store& store, const Clock& clock,
                                            const LoadSettings& settings) {
  return std::make_unique<SourceWatcher>(
      SourceWatcher::Parts{.publisher = &store.publisher(),
                           .catalog = &store.catalog(),
                           .loads = &store.loads(),
                           .clock = &clock,
                           .settings = settings,
                           .say = Say});
}

}  // namespace

// In the order of construction; destroyed from the last to the first.
struct Daemon::Parts {
  Parts(Options given, Sizing sized)
      : options(std::move(given)),
        sizing(std::move(sized)),
        live({options.config.settings, sizing}) {}

  Options options;
  Sizing sizing;  // As at the start; what a reload may change is in `live`.
  LiveSettings live;
  std::unique_ptr<Clock> clock;
  SimulatedClock* simulated_clock = nullptr;  // Is `clock`, or null.
  int64_t started_micros = 0;
  LoadStats loads;
  RequestStats requests;
  ReloadState reload_state;
  SlowLog slow_log;
  std::unique_ptr<Store> store;
  // Also the store's, which uses it last.
  std::shared_ptr<LiveState> live_state;
  std::optional<LiveThreads> live_threads;
  std::unique_ptr<SourceWatcher> watcher;
  std::unique_ptr<Reloader> reloader;
  std::unique_ptr<CallScratchPool> scratch;
  std::unique_ptr<ReadPool> reads;
  std::unique_ptr<Health> health;
  std::unique_ptr<grpc::Service> online_service;
  std::unique_ptr<grpc::Service> push_service;
  std::unique_ptr<grpc::Service> data_health;
  std::unique_ptr<grpc::Service> admin_service;
  std::unique_ptr<grpc::Service> admin_health;
  std::unique_ptr<GrpcPort> data;
  std::unique_ptr<GrpcPort> admin;
  std::unique_ptr<HttpPort> http;
  // Pages and services ask for it while `http` comes and goes.
  Mutex address_mu;
  std::string http_address ABSL_GUARDED_BY(address_mu);
  DamageLog damage_log;  // The housekeeper's.
  std::unique_ptr<Housekeeper> housekeeper;

  absl::Status MakeClock();
  absl::Status OpenStore();
  void MakeOnline();
  void MakeAdmin();
  void OpenPorts(Listeners listeners);
  absl::Status OpenHttp();
  void ApplySettings(const Settings& settings);
  DaemonFacts Facts();
  MetricsSource MetricsSourceOf();
  void Tidy();
};

absl::Status Daemon::Parts::MakeClock() {
  const std::string& start = sizing.settings.clock.simulated_start;
  if (start.empty()) {
    clock = std::make_unique<SystemClock>();
  } else {
    ASSIGN_OR_RETURN(const int64_t micros, ParseTimestamp(start));
    auto simulated = std::make_unique<SimulatedClock>(micros);
    simulated_clock = simulated.get();
    clock = std::move(simulated);
    spdlog::warn("the clock is simulated and starts at {}", start);
  }
  started_micros = clock->NowMicros();
  reload_state.at_micros.store(started_micros);
  return absl::OkStatus();
}

absl::Status Daemon::Parts::OpenStore() {
  Store::Options store_options;
  store_options.directory = sizing.settings.storage.directory;
  store_options.storage = sizing.settings.storage;
  store_options.load = sizing.settings.load;
  if (const auto free = AvailableMemory(""); free.ok()) {
    store_options.free_memory = [] { return AvailableMemory(""); };
  } else {
    spdlog::warn("free memory is not looked at before loads: {}",
                 std::string(free.status().message()));
  }
  store_options.on_load_change = [this](const LoadJob& job) {
    loads.OnChange(job);
  };
  store_options.on_change = [](const CatalogChange& change) {
    Say(change.sentence, change.trouble);
  };
  store_options.say = Say;
  store_options.clock = clock.get();
  live_state = std::make_shared<LiveState>(sizing.settings, Say, *clock);
  store_options.live = LiveState::Serving(live_state);
  ASSIGN_OR_RETURN(store, Store::Open(std::move(store_options)));
  live_threads.emplace(
      sizing.settings,
      LiveThreads::Parts{.live = live_state.get(),
                         .clock = clock.get(),
                         .serving = &store->serving(),
                         .requests = &requests,
                         .serve =
                             [this] {
                               return store->publisher().RefreshLive(
                                   clock->NowMicros());
                             },
                         .say = Say});
  for (const StartNote& note : store->notes()) {
    spdlog::log(note.is_damage ? spdlog::level::err : spdlog::level::info, "{}",
                note.text);
  }
  RETURN_IF_ERROR(ApplyOwnFile(*store, options.config, reload_state));
  watcher = WatchSources(*store, *clock, sizing.settings.load);
  reloader = std::make_unique<Reloader>(Reloader::Parts{
      options.config.path, options.sets, options.machine, store.get(),
      clock.get(), &reload_state, &live,
      [this](const Settings& settings) { ApplySettings(settings); }});
  return absl::OkStatus();
}

void Daemon::Parts::MakeOnline() {
  const QueryParts query{&store->serving(), &store->publisher(), clock.get(),
                         &requests};
  scratch = std::make_unique<CallScratchPool>(query);
  reads = std::make_unique<ReadPool>(sizing.settings.storage.read_threads,
                                     sizing.settings.storage.read_queue_max);
  online_service = MakeOnlineService(
      {query, scratch.get(), reads.get(), &live,
       &requests.method("/freshet.v1.OnlineService/GetFeatures"), &slow_log});
  push_service = MakePushService({live_state.get(), clock.get(), &requests});
}

void Daemon::Parts::MakeAdmin() {
  health = std::make_unique<Health>(store->serving(), [this] {
    return NotReadyReasons(*store->serving().Current()).empty();
  });
  data_health = MakeHealthService(*health);
  admin_health = MakeHealthService(*health);
  admin_service = MakeAdminService(
      {store.get(), watcher.get(), clock.get(), simulated_clock,
       live_state.get(), &live_threads->eraser, &live_threads->replays,
       &live_threads->exporter, health.get(), &loads,
       [this] { return reloader->Reload(); },
       [this](v1::DaemonStatus& status) { DescribeDaemon(Facts(), status); }});
}

void Daemon::Parts::OpenPorts(Listeners listeners) {
  const ListenSettings& listen = sizing.settings.listen;
  GrpcPort::Options port;
  port.connections_max = listen.connections_max;
  port.per_peer_max = listen.connections_per_peer_max;
  port.fd_max = sizing.fd_max;
  port.stats = &requests;

  port.name = "data";
  port.request_bytes_max = sizing.settings.limits.request_bytes_max;
  port.reflection = listen.reflection_on_data;
  data = std::make_unique<GrpcPort>(
      std::move(listeners.data), port,
      std::vector<grpc::Service*>{online_service.get(), push_service.get(),
                                  data_health.get()});

  port.name = "admin";
  port.request_bytes_max = GrpcPort::Options().request_bytes_max;
  port.sync_threads_max = 32;
  port.reflection = true;
  admin = std::make_unique<GrpcPort>(
      std::move(listeners.admin), port,
      std::vector<grpc::Service*>{admin_service.get(), admin_health.get()});
}

absl::Status Daemon::Parts::OpenHttp() {
  HttpPort::Pages pages;
  pages["/healthz"] = [] { return HttpReply{.body = "ok\n"}; };
  pages["/readyz"] = [this] { return ReadyPage(Facts()); };
  pages["/"] = [this] { return IndexPage(Facts(), *watcher); };
  pages["/metrics"] = [source = MetricsSourceOf()] {
    return HttpReply{.type = "text/plain; version=0.0.4; charset=utf-8",
                     .body = MetricsPage(source)};
  };
  HttpPort::Posts posts;
  posts["/v1/object-events"] = [this](std::string_view body) {
    return ObjectEventsPage(*watcher, body);
  };
  ASSIGN_OR_RETURN(http,
                   HttpPort::Open(sizing.settings.listen.http, pages, posts));
  MutexLock lock(address_mu);
  http_address = http->address();
  return absl::OkStatus();
}

// What takes no setting from `live` by itself.
void Daemon::Parts::ApplySettings(const Settings& settings) {
  SetLogLevel(settings.log);
  store->loads().SetLimits(settings.load);
  watcher->SetSettings(settings.load);
  for (GrpcPort* port : {data.get(), admin.get()}) {
    port->acceptor().SetLimits(settings.listen.connections_max,
                               settings.listen.connections_per_peer_max);
  }
}

DaemonFacts Daemon::Parts::Facts() {
  DaemonFacts facts;
  facts.store = store.get();
  facts.now_micros = clock->NowMicros();
  facts.started_micros = started_micros;
  facts.simulated_clock = simulated_clock != nullptr;
  facts.draining = health->draining();
  facts.data_address = data->address();
  facts.admin_address = admin->address();
  facts.settings = live.held();
  MutexLock lock(address_mu);
  facts.http_address = http_address;
  return facts;
}

MetricsSource Daemon::Parts::MetricsSourceOf() {
  MetricsSource source;
  source.store = store.get();
  source.watcher = watcher.get();
  source.live = live_state.get();
  source.event_exporter = &live_threads->exporter;
  source.clock = clock.get();
  source.simulated_clock = simulated_clock != nullptr;
  source.requests = &requests;
  source.reads = reads.get();
  source.loads = &loads;
  source.reload = &reload_state;
  source.acceptors = {&data->acceptor(), &admin->acceptor()};
  source.storage_directory = sizing.settings.storage.directory;
  source.disk_reserve_bytes = sizing.settings.storage.disk_reserve_bytes;
  source.memory_limit_bytes = options.machine.memory_bytes;
  source.ready = [this] { return health->IsServing("").value(); };
  return source;
}

void Daemon::Parts::Tidy() {
  damage_log.Look(*store->serving().Current());
  live_state->Tidy(store->catalog().state()->views,
                   *store->publisher().definitions());
  const auto removed = store->Tidy();
  if (!removed.ok()) {
    spdlog::error("tidying: {}", std::string(removed.status().message()));
    return;
  }
  for (const std::string& sentence : *removed) spdlog::info("{}", sentence);
}

absl::StatusOr<std::unique_ptr<Daemon>> Daemon::Start(Options options) {
  ASSIGN_OR_RETURN(Sizing sizing,
                   SizeFor(options.config.settings, options.machine));
  for (const std::string& line : sizing.lines) spdlog::info("{}", line);
  WarnOfLoader(sizing.settings.load.loader);
  ASSIGN_OR_RETURN(Listeners listeners, Listen(sizing.settings.listen));
  auto parts = std::make_unique<Parts>(std::move(options), std::move(sizing));
  RETURN_IF_ERROR(parts->MakeClock());
  RETURN_IF_ERROR(parts->OpenStore());
  parts->MakeOnline();
  parts->MakeAdmin();
  parts->OpenPorts(std::move(listeners));
  RETURN_IF_ERROR(parts->OpenHttp());
  parts->data->Serve();
  parts->admin->Serve();
  parts->housekeeper = std::make_unique<Housekeeper>(
      kTidyEvery, [parts = parts.get()] { parts->Tidy(); });
  std::unique_ptr<Daemon> daemon(new Daemon(std::move(parts)));
  // For scripts; the log has them too. A full disk is no reason not to serve.
  if (const absl::Status written = WritePortsFile(
          daemon->parts_->sizing.settings.storage.directory, daemon->ports());
      !written.ok()) {
    spdlog::warn("{}", std::string(written.message()));
  }
  return daemon;
}

Daemon::Daemon(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Daemon::~Daemon() = default;

Ports Daemon::ports() const {
  return {parts_->data->port(), parts_->admin->port(), parts_->http->port()};
}

Store& Daemon::store() { return *parts_->store; }

absl::StatusOr<std::vector<std::string>> Daemon::Reload() {
  return parts_->reloader->Reload();
}

void Daemon::Drain() {
  parts_->health->StartDraining();
  const auto held = parts_->live.held();
  const Settings& settings = held->sizing.settings;
  Mutex mu;
  CondVar never;
  const auto until = std::chrono::steady_clock::now() +
                     std::chrono::milliseconds(settings.drain_delay_ms);
  {
    MutexLock lock(mu);
    while (std::chrono::steady_clock::now() < until) {
      never.WaitFor(mu, std::chrono::duration_cast<std::chrono::milliseconds>(
                            until - std::chrono::steady_clock::now()) +
                            std::chrono::milliseconds(1));
    }
  }
  parts_->http.reset();
  parts_->data->Shutdown(std::chrono::milliseconds(settings.drain_deadline_ms));
  parts_->admin->Shutdown(kAdminShutdown);
}

}  // namespace freshet
