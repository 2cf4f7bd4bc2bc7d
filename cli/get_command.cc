// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "base/status.h"
#include "cli/commands.h"
#include "cli/connection.h"
#include "cli/feature_report.h"
#include "cli/key_arguments.h"
#include "config/parse.h"

namespace freshet {
namespace {

struct GetOptions {
  std::vector<std::string> features;
  std::string service;
  std::vector<std::string> keys;
  std::vector<std::string> shared;
  std::vector<std::string> pins;
  std::string label;
  bool expired = false;
  bool explain = false;
};

// The types of all join keys, from the daemon's definitions. Without the admin
// port keys are strings unless their type is written out.
std::map<std::string, Type> KeyTypes(Connection& connection) {
  std::map<std::string, Type> types;
  grpc::ClientContext context;
  connection.SetDeadline(context);
  v1::GetDefinitionsResponse reply;
  if (!connection.admin().GetDefinitions(&context, {}, &reply).ok()) {
    return types;
  }
  for (const Entity& entity :
       ParseFile(reply.definitions()).definitions.entities) {
    for (const JoinKey& key : entity.join_keys) types[key.name] = key.type;
  }
  return types;
}

absl::StatusOr<v1::GetFeaturesRequest> MakeRequest(
    const GetOptions& options, const std::vector<KeyArgument>& keys) {
  v1::GetFeaturesRequest request;
  request.set_feature_service(options.service);
  for (const std::string& feature : options.features) {
    request.add_features(feature);
  }
  for (const KeyArgument& key : keys) {
    ASSIGN_OR_RETURN(*request.add_keys(), ToKeyColumn(key));
  }
  for (const std::string& pin : options.pins) {
    const size_t equals = pin.find('=');
    v1::VersionPin* out = request.add_pins();
    out->set_view(pin.substr(0, equals));
    out->set_version(
        equals == std::string::npos ? 0 : std::atoll(pin.c_str() + equals + 1));
  }
  request.set_label(options.label);
  request.set_include_names(true);
  request.set_include_event_times(true);
  request.set_include_expired_values(options.expired);
  return request;
}

ExitCode Wrong(Connection& connection, const absl::Status& status) {
  connection.terminal().Error("freshet: {}\n", std::string(status.message()));
  return kUsage;
}

ExitCode Get(Connection& connection, const GetOptions& options) {
  const absl::StatusOr<std::vector<KeyArgument>> keys =
      ParseKeyArguments(options.keys, options.shared, KeyTypes(connection));
  if (!keys.ok()) return Wrong(connection, keys.status());
  const absl::StatusOr<v1::GetFeaturesRequest> request =
      MakeRequest(options, *keys);
  if (!request.ok()) return Wrong(connection, request.status());

  grpc::ClientContext context;
  connection.SetDeadline(context);
  v1::GetFeaturesResponse reply;
  const grpc::Status status =
      connection.online().GetFeatures(&context, *request, &reply);
  if (!status.ok()) return connection.Report(status);

  const FeatureReport report{*keys, reply, options.expired};
  const absl::StatusOr<std::string> text = connection.json() ? report.AsJson()
                                           : options.explain
                                               ? report.AsExplanation()
                                               : report.AsTable();
  if (!text.ok()) {
    connection.terminal().Error("freshet: {}\n",
                                std::string(text.status().message()));
    return kFailed;
  }
  connection.terminal().Print("{}{}", *text, connection.json() ? "\n" : "");
  return kOk;
}

}  // namespace

void AddGetCommand(Commands& commands) {
  Connection& connection = commands.connection;
  auto options = std::make_shared<GetOptions>();
  CLI::App& get = commands.Add(
      "get", "Ask for features, as a model server does",
      [&connection, options] { return Get(connection, *options); });
  get.add_option("features", options->features,
                 "view.feature, as many as wanted");
  get.add_option("--service", options->service,
                 "A feature service instead of features");
  // One argument each, so that features may follow.
  get.add_option("--key", options->keys,
                 "NAME=VALUE[,VALUE...], one entity per value; NAME:int64=... "
                 "gives the type")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  get.add_option("--shared", options->shared,
                 "NAME=VALUE, one value for all entities")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  get.add_option("--pin", options->pins, "VIEW=VERSION instead of the current")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  get.add_option("--label", options->label,
                 "Of each view the version that carries this label");
  get.add_flag("--expired", options->expired, "Show values older than the ttl");
  get.add_flag("--explain", options->explain,
               "A line per value: version, event time, age, why");
}

}  // namespace freshet
