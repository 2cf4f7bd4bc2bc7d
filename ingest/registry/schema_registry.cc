// SPDX-License-Identifier: Apache-2.0
#include "ingest/registry/schema_registry.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/error.h"
#include "ingest/kafka/client/secret.h"
#include "ingest/registry/http_get.h"

namespace freshet {
namespace {

using Json = nlohmann::json;

constexpr size_t kBodyBytesMax = 4 << 20;
// What a registry says besides 404 where it has no schema of a number.
constexpr int kNoSchema = 40403;
constexpr std::chrono::seconds kBelievedAfter(5);
constexpr std::chrono::seconds kAtOnceFor(10);
constexpr size_t kMissingMax = 1'000;

bool SaysNoSchema(const HttpReply& reply, const Json& body) {
  if (reply.code != 404 || !body.is_object()) return false;
  const auto code = body.find("error_code");
  return code != body.end() && code->is_number_integer() && *code == kNoSchema;
}

absl::StatusOr<RegisteredSchema> SchemaIn(const HttpReply& reply) {
  if (reply.cut) {
    // Of somebody else's page it says nothing about the schema.
    if (reply.code == 200 && reply.body.starts_with('{')) {
      return InvalidArgument("the registry's answer has more than {} bytes",
                             kBodyBytesMax);
    }
    return Unavailable("the answer has more than {} bytes", kBodyBytesMax);
  }
  const Json body =
      Json::parse(reply.body, nullptr, /*allow_exceptions=*/false);
  if (SaysNoSchema(reply, body)) return NotFound("there is no such schema");
  if (reply.code != 200) {
    return Unavailable("it answers with HTTP {}", reply.code);
  }
  const auto text = body.is_object() ? body.find("schema") : body.end();
  if (text == body.end() || !text->is_string()) {
    return Unavailable("its answer is no schema");
  }
  RegisteredSchema schema{.type = "AVRO", .text = text->get<std::string>()};
  const auto type = body.find("schemaType");
  if (type != body.end() && type->is_string()) {
    schema.type = type->get<std::string>();
  }
  const auto references = body.find("references");
  schema.refers = references != body.end() && !references->empty();
  return schema;
}

}  // namespace

SchemaRegistry::SchemaRegistry(SchemaRegistrySettings settings,
                               std::function<Instant()> now)
    : settings_(std::move(settings)), now_(std::move(now)) {}

bool SchemaRegistry::IsBelieved(int32_t missing) {
  const Instant now = now_();
  if (missing_since_.size() >= kMissingMax) missing_since_.clear();
  auto& since = missing_since_.try_emplace(missing, now).first->second;
  if (!since || now < at_once_until_) return true;
  if (now - *since < kBelievedAfter) return false;
  since.reset();
  at_once_until_ = now + kAtOnceFor;
  return true;
}

absl::StatusOr<RegisteredSchema> SchemaRegistry::Find(int32_t id) {
  HttpRequest request{
      .url = settings_.url,
      .accept = "application/vnd.schemaregistry.v1+json, application/json",
      .user = settings_.user,
      .password = {},
      .ca_file = settings_.ca_file,
      .timeout = std::chrono::milliseconds(settings_.timeout_ms),
      .body_bytes_max = kBodyBytesMax};
  while (request.url.ends_with('/')) request.url.pop_back();
  const auto away = [&](const absl::Status& why) {
    return Unavailable("schema {} of the registry {}: {}", id, settings_.url,
                       std::string(why.message()));
  };
  request.url += fmt::format("/schemas/ids/{}", static_cast<uint32_t>(id));
  if (!settings_.password.empty()) {
    auto password = ReadSecret(settings_.password);
    if (!password.ok()) return away(password.status());
    request.password = *std::move(password);
  }
  const absl::StatusOr<HttpReply> reply = HttpGet(request);
  if (!reply.ok()) return away(reply.status());
  absl::StatusOr<RegisteredSchema> schema = SchemaIn(*reply);
  if (absl::IsNotFound(schema.status())) {
    if (IsBelieved(id)) return schema;
    return away(Unavailable("it has none of that number, not yet perhaps"));
  }
  if (schema.ok()) missing_since_.erase(id);
  if (schema.ok() || absl::IsInvalidArgument(schema.status())) return schema;
  return away(schema.status());
}

}  // namespace freshet
