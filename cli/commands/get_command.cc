// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <charconv>
#include <optional>
#include <set>

#include "base/error.h"
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

// The views that are asked for.
std::set<std::string> ViewsOf(const GetOptions& options,
                              const Definitions& definitions) {
  std::set<std::string> views;
  for (const std::string& feature : options.features) {
    views.insert(feature.substr(0, feature.find('.')));
  }
  const FeatureService* service = definitions.FindService(options.service);
  if (service == nullptr) return views;
  for (const FeatureRef& ref : service->features) views.insert(ref.view);
  return views;
}

// The types of the join keys of the views that are asked for, from the
// daemon's definitions. Null without the admin port: keys are then strings
// unless their type is written out.
std::optional<std::map<std::string, Type>> KeyTypes(Connection& connection,
                                                    const GetOptions& options) {
  grpc::ClientContext context;
  connection.SetDeadline(context);
  v1::GetDefinitionsResponse reply;
  if (!connection.admin().GetDefinitions(&context, {}, &reply).ok()) {
    return std::nullopt;
  }
  std::map<std::string, Type> types;
  const ParsedFile file = ParseFile(reply.definitions());
  if (!file.problems.empty()) return types;
  for (const std::string& name : ViewsOf(options, file.definitions)) {
    const BatchFeatureView* batch = file.definitions.FindView(name);
    const WindowedView* stream = file.definitions.FindStreamView(name);
    if (batch == nullptr && stream == nullptr) continue;  // The daemon says so.
    for (const JoinKey& key : file.definitions.JoinKeysOf(
             batch != nullptr ? batch->entities : stream->entities)) {
      types[key.name] = key.type;
    }
  }
  return types;
}

absl::StatusOr<v1::VersionPin> ParsePin(const std::string& text) {
  const size_t equals = text.find('=');
  v1::VersionPin pin;
  int64_t version = 0;
  if (equals != std::string::npos) {
    const char* const end = text.data() + text.size();
    const auto [at, error] =
        std::from_chars(text.data() + equals + 1, end, version);
    if (error != std::errc() || at != end) version = 0;
  }
  if (equals == 0 || version <= 0) {
    return InvalidArgument(
        "--pin '{}': want VIEW=VERSION, a version that `freshet versions` "
        "lists",
        text);
  }
  pin.set_view(text.substr(0, equals));
  pin.set_version(version);
  return pin;
}

absl::Status AddPins(const GetOptions& options,
                     v1::GetFeaturesRequest* request) {
  std::set<std::string> pinned;
  for (const std::string& text : options.pins) {
    ASSIGN_OR_RETURN(*request->add_pins(), ParsePin(text));
    const std::string& view = request->pins().rbegin()->view();
    if (pinned.insert(view).second) continue;
    return InvalidArgument("--pin: view '{}' is pinned twice; remove one",
                           view);
  }
  return absl::OkStatus();
}

absl::Status CheckWhatIsAsked(const GetOptions& options) {
  if (options.features.empty() == !options.service.empty()) {
    return absl::OkStatus();
  }
  return InvalidArgument(
      "want features (VIEW.FEATURE ...) or a feature service (--service "
      "SERVICE){}",
      options.features.empty() ? "; `freshet definitions` shows what there is"
                               : ", not both");
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
  RETURN_IF_ERROR(AddPins(options, &request));
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

ExitCode Refused(Connection& connection, const grpc::Status& status,
                 bool types_known) {
  const ExitCode code = connection.ReportData(status);
  if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT &&
      !types_known) {
    connection.terminal().Error(
        "The admin port at {} did not say of what type keys are, so they were "
        "sent as strings. Write the type where it is another: --key "
        "user_id:int64=7.\n",
        connection.options().admin);
  }
  return code;
}

ExitCode Print(Connection& connection, const GetOptions& options,
               const FeatureReport& report) {
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

ExitCode Get(Connection& connection, const GetOptions& options) {
  const absl::Status asked = CheckWhatIsAsked(options);
  if (!asked.ok()) return Wrong(connection, asked);
  const auto types = KeyTypes(connection, options);
  const absl::StatusOr<std::vector<KeyArgument>> keys =
      ParseKeyArguments(options.keys, options.shared,
                        types.value_or(std::map<std::string, Type>()));
  if (!keys.ok()) return Wrong(connection, keys.status());
  const absl::StatusOr<v1::GetFeaturesRequest> request =
      MakeRequest(options, *keys);
  if (!request.ok()) return Wrong(connection, request.status());

  grpc::ClientContext context;
  connection.SetDeadline(context);
  v1::GetFeaturesResponse reply;
  const grpc::Status status =
      connection.online().GetFeatures(&context, *request, &reply);
  if (!status.ok()) return Refused(connection, status, types.has_value());
  return Print(connection, options, {*keys, reply, options.expired});
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
