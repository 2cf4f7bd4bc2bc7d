// SPDX-License-Identifier: Apache-2.0
#include "tests/server/daemon_kit.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <map>

#include "base/check.h"
#include "base/file.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "storage/version_writer.h"
#include "versions/commit.h"
#include "versions/layout.h"
#include "versions/store.h"

namespace freshet {

const char kDefinitions[] = R"(project: test
entities:
  - {name: user, join_keys: [{name: user_id, type: string}]}
  - {name: item, join_keys: [{name: item_id, type: int64}]}
batch_feature_views:
  - name: user
    entities: [user]
    owner: growth
    critical: true
    ttl: 1h
    freshness: 2h
    source: {path: user.parquet, timestamp_field: at}
    features:
      - {name: amount, type: int64, default: 7}
      - {name: name, type: string}
      - {name: score, type: double}
  - name: item
    entities: [item]
    source: {path: item.parquet, timestamp_field: at}
    features:
      - {name: price, type: double}
  - name: pair
    entities: [user, item]
    source: {path: pair.parquet, timestamp_field: at}
    features:
      - {name: clicks, type: int64}
feature_services:
  - {name: model, features: [user, item, pair]}
  - {name: items, features: [item]}
)";

namespace {

Machine TestMachine() {
  Machine machine;
  machine.memory_bytes = int64_t{2} << 30;
  machine.memory_from = "a test";
  machine.descriptors = 1024;
  return machine;
}

std::string EncodedRow(const RowSchema& schema, const KitRow& row) {
  RowWriter writer(schema);
  writer.Begin(row.event_time_micros);
  for (size_t c = 0; c < row.values.size(); ++c) {
    if (row.values[c].IsNull()) continue;
    CHECK(writer.SetValue(c, row.values[c]).ok());
  }
  return std::string(writer.Finish());
}

}  // namespace

DaemonKit::DaemonKit(const std::string& settings,
                     const std::vector<std::string>& sets)
    : config_path(dir.File("freshet.yaml")) {
  WriteConfig(settings);
  auto config = ReadConfigFile(config_path, sets);
  if (!config.ok()) {
    ADD_FAILURE() << config.status();
    return;
  }
  auto started = Daemon::Start({*config, sets, TestMachine()});
  if (!started.ok()) {
    ADD_FAILURE() << started.status();
    return;
  }
  daemon = *std::move(started);
  online = v1::OnlineService::NewStub(Channel(daemon->ports().data));
  admin = v1::AdminService::NewStub(Channel(daemon->ports().admin));
}

void DaemonKit::WriteConfig(const std::string& settings,
                            const std::string& definitions) {
  std::ofstream file(config_path);
  file << "settings:\n"
          "  listen: {data: '127.0.0.1:0', admin: '127.0.0.1:0', "
          "http: '127.0.0.1:0'}\n"
          "  storage: {directory: store, block_cache: 32MiB}\n"
          "  clock: {simulated_start: '2023-11-14T22:13:20Z'}\n"
       << settings << definitions;
}

absl::Status DaemonKit::StartAnother(const std::vector<std::string>& sets) {
  auto config = ReadConfigFile(config_path, sets);
  if (!config.ok()) return config.status();
  return Daemon::Start({*config, sets, TestMachine()}).status();
}

int64_t DaemonKit::Load(const std::string& view,
                        const std::vector<KitRow>& rows) {
  Store& store = daemon->store();
  const std::string root = dir.File("store");
  const auto version = AllocateVersion(store.catalog(), view);
  CHECK(version.ok());
  const Catalog::StatePtr state = store.catalog().state();
  const ViewRecord& record = state->views.at(view);
  const std::string building = BuildingDir(root, view, *version);
  CHECK(MakeDir(ViewsDir(root)).ok() || PathExists(ViewsDir(root)));
  CHECK(MakeDir(ViewDir(root, view)).ok() || PathExists(ViewDir(root, view)));
  CHECK(MakeDir(building).ok());

  Manifest identity;
  identity.view = view;
  identity.version = *version;
  identity.generation = record.generation;
  identity.schema = record.schema;
  identity.as_of_micros = kNow;
  auto writer = VersionWriter::Create(building, identity, {});
  CHECK(writer.ok());
  std::map<std::string, std::string> sorted;
  for (const KitRow& row : rows) {
    const auto key = EncodeKey(record.schema.key(), row.key);
    CHECK(key.ok());
    sorted[*key] = EncodedRow(record.schema, row);
  }
  for (const auto& [key, row] : sorted) CHECK((*writer)->Add(key, row).ok());
  const auto manifest = (*writer)->Finish();
  CHECK(manifest.ok());

  CommitRequest commit;
  commit.manifest = *manifest;
  commit.activate = true;
  commit.who = "test";
  commit.now_micros = kNow;
  const auto active = CommitVersion(root, store.catalog(), commit);
  EXPECT_TRUE(active.ok()) << active.status();
  const absl::Status refreshed = store.publisher().Refresh(kNow);
  EXPECT_TRUE(refreshed.ok()) << refreshed;
  return *version;
}

std::shared_ptr<grpc::Channel> DaemonKit::Channel(int port) const {
  grpc::ChannelArguments arguments;
  // Channels of one process would else share a connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(
      address(port), grpc::InsecureChannelCredentials(), arguments);
}

std::pair<int, std::string> DaemonKit::Http(const std::string& path,
                                            const std::string& method) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<uint16_t>(daemon->ports().http));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(fd.get(), reinterpret_cast<sockaddr*>(&server),
                  sizeof(server)) == 0);
  const std::string request =
      fmt::format("{} {} HTTP/1.0\r\nHost: test\r\n\r\n", method, path);
  CHECK(::write(fd.get(), request.data(), request.size()) ==
        static_cast<ssize_t>(request.size()));
  std::string reply;
  char buffer[4096];
  for (ssize_t n; (n = ::read(fd.get(), buffer, sizeof(buffer))) > 0;) {
    reply.append(buffer, static_cast<size_t>(n));
  }
  const size_t body = reply.find("\r\n\r\n");
  CHECK(body != std::string::npos);
  int code = 0;
  std::from_chars(reply.data() + 9, reply.data() + 12, code);
  return {code, reply.substr(body + 4)};
}

grpc::Status DaemonKit::Get(const v1::GetFeaturesRequest& request,
                            v1::GetFeaturesResponse* response) {
  grpc::ClientContext context;
  return online->GetFeatures(&context, request, response);
}

std::vector<KitRow> ManyItems(double price) {
  std::vector<KitRow> rows;
  for (int64_t i = 0; i <= kColdItem; ++i) {
    rows.push_back({{Value(i)}, kNow, {Value(price)}});
  }
  return rows;
}

void AddStrings(v1::GetFeaturesRequest& request, const std::string& name,
                const std::vector<std::string>& values) {
  v1::KeyColumn* column = request.add_keys();
  column->set_name(name);
  for (const std::string& value : values) column->add_strings(value);
}

void AddInts(v1::GetFeaturesRequest& request, const std::string& name,
             const std::vector<int64_t>& values, bool shared) {
  v1::KeyColumn* column = request.add_keys();
  column->set_name(name);
  column->set_shared(shared);
  for (const int64_t value : values) column->add_int64s(value);
}

v1::GetFeaturesRequest Ask(const std::string& service,
                           const std::vector<std::string>& users,
                           const std::vector<int64_t>& items) {
  v1::GetFeaturesRequest request;
  request.set_feature_service(service);
  if (!users.empty()) AddStrings(request, "user_id", users);
  if (!items.empty()) AddInts(request, "item_id", items);
  return request;
}

}  // namespace freshet
