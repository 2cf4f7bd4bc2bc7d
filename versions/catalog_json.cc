// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "storage/erasure/forgotten_key_json.h"
#include "storage/framed_file.h"
#include "storage/json_fields.h"
#include "storage/manifest_json.h"
#include "storage/schema_json.h"
#include "versions/catalog_state.h"

namespace freshet {
namespace {

using nlohmann::json;

json DefinitionsToJson(const AppliedDefinitions& definitions) {
  return {{"text", definitions.text},
          {"hash", Hex64Text(definitions.hash)},
          {"author", definitions.author},
          {"source_name", definitions.source_name},
          {"applied_micros", definitions.applied_micros},
          {"file_hash", Hex64Text(definitions.file_hash)}};
}

absl::StatusOr<AppliedDefinitions> DefinitionsFromJson(const json& object) {
  JsonFields fields(object);
  AppliedDefinitions out;
  out.text = fields.String("text");
  out.hash = fields.Hex64("hash");
  out.author = fields.String("author");
  out.source_name = fields.String("source_name");
  out.applied_micros = fields.Int64("applied_micros");
  out.file_hash = fields.Hex64("file_hash");
  RETURN_IF_ERROR(fields.status());
  return out;
}

std::optional<VersionRecord::Phase> PhaseOf(std::string_view name) {
  using Phase = VersionRecord::Phase;
  for (const Phase phase :
       {Phase::kKept, Phase::kPendingApproval, Phase::kCorrupt}) {
    if (PhaseName(phase) == name) return phase;
  }
  return std::nullopt;
}

json VersionToJson(const VersionRecord& record) {
  json object = {{"manifest", ManifestToJson(record.manifest)},
                 {"phase", PhaseName(record.phase)},
                 {"pinned", record.pinned},
                 {"committed_micros", record.committed_micros},
                 {"message", record.message}};
  if (record.waits_for_base) object["waits_for_base"] = true;
  if (record.merged_over > 0) object["merged_over"] = record.merged_over;
  if (!record.run.empty()) object["run"] = record.run;
  if (record.waits_for_group) object["waits_for_group"] = true;
  if (record.recount) object["recount"] = true;
  return object;
}

absl::StatusOr<VersionRecord> VersionFromJson(const json& object) {
  JsonFields fields(object);
  VersionRecord out;
  const json& manifest = fields.Object("manifest");
  const std::string phase = fields.String("phase");
  out.pinned = fields.Bool("pinned");
  out.committed_micros = fields.Int64("committed_micros");
  if (fields.Has("waits_for_base")) {
    out.waits_for_base = fields.Bool("waits_for_base");
  }
  if (fields.Has("merged_over")) {
    out.merged_over = fields.Int64("merged_over");
  }
  if (fields.Has("run")) out.run = fields.String("run");
  if (fields.Has("waits_for_group")) {
    out.waits_for_group = fields.Bool("waits_for_group");
  }
  if (fields.Has("recount")) out.recount = fields.Bool("recount");
  out.message = fields.String("message");
  RETURN_IF_ERROR(fields.status());
  const std::optional<VersionRecord::Phase> known = PhaseOf(phase);
  if (!known.has_value()) return DataLoss("'{}' is not a phase", phase);
  out.phase = *known;
  ASSIGN_OR_RETURN(out.manifest, ManifestFromJson(manifest));
  return out;
}

json ActivationToJson(const Activation& activation) {
  json object = {{"version", activation.version},
                 {"at_micros", activation.at_micros},
                 {"why", activation.why},
                 {"who", activation.who}};
  if (!activation.run.empty()) object["run"] = activation.run;
  return object;
}

absl::StatusOr<Activation> ActivationFromJson(const json& object) {
  JsonFields fields(object);
  Activation out;
  out.version = fields.Int64("version");
  out.at_micros = fields.Int64("at_micros");
  out.why = fields.String("why");
  out.who = fields.String("who");
  if (fields.Has("run")) out.run = fields.String("run");
  RETURN_IF_ERROR(fields.status());
  return out;
}

json ForgottenToJson(const ForgottenEntity& forgotten) {
  return {{"entity", forgotten.entity},
          {"key", ForgottenKeyToJson(forgotten.key)},
          {"at_micros", forgotten.at_micros},
          {"who", forgotten.who},
          {"clean", forgotten.clean}};
}

absl::StatusOr<ForgottenEntity> ForgottenFromJson(const json& object) {
  JsonFields fields(object);
  ForgottenEntity out;
  out.entity = fields.String("entity");
  const json& key = fields.Object("key");
  out.at_micros = fields.Int64("at_micros");
  out.who = fields.String("who");
  for (const json& version : fields.Array("clean")) {
    if (!version.is_number_integer())
      return DataLoss("'clean' has a non-number");
    out.clean.insert(version.get<int64_t>());
  }
  RETURN_IF_ERROR(fields.status());
  ASSIGN_OR_RETURN(out.key, ForgottenKeyFromJson(key));
  return out;
}

json ViewToJson(const ViewRecord& record) {
  json versions = json::array();
  for (const auto& [id, version] : record.versions) {
    versions.push_back(VersionToJson(version));
  }
  json labels = json::array();
  for (const auto& [label, version] : record.labels) {
    labels.push_back({{"label", label}, {"version", version}});
  }
  json activations = json::array();
  for (const Activation& activation : record.activations) {
    activations.push_back(ActivationToJson(activation));
  }
  json object = {{"view", record.view},
                 {"generation", record.generation},
                 {"schema", SchemaToJson(record.schema)},
                 {"next_feature_id", record.next_feature_id},
                 {"next_version", record.next_version},
                 {"current", record.current},
                 {"removed", record.removed},
                 {"rebuilt", record.rebuilt},
                 {"versions", std::move(versions)},
                 {"labels", std::move(labels)},
                 {"activations", std::move(activations)}};
  if (!record.loaded_until.empty()) {
    object["loaded_until"] = record.loaded_until;
  }
  for (const ForgottenEntity& forgotten : record.forgotten) {
    object["forgotten"].push_back(ForgottenToJson(forgotten));
  }
  return object;
}

// What the rest of the daemon relies on without asking.
absl::Status CheckView(const ViewRecord& record) {
  if (record.current != 0 && record.Find(record.current) == nullptr) {
    return DataLoss(
        "view '{}': current is {}, which is not one of its versions",
        record.view, record.current);
  }
  for (const auto& [label, version] : record.labels) {
    if (record.Find(version) != nullptr) continue;
    return DataLoss("view '{}': label '{}' is on {}, not one of its versions",
                    record.view, label, version);
  }
  for (const auto& [id, version] : record.versions) {
    const Manifest& manifest = version.manifest;
    if (manifest.base < 0 || manifest.base >= id) {
      return DataLoss("view '{}': version {} is laid over version {}",
                      record.view, id, manifest.base);
    }
    if (id > 0 && id < record.next_version && manifest.view == record.view) {
      continue;
    }
    return DataLoss("view '{}': has version {} of view '{}', next is {}",
                    record.view, id, version.manifest.view,
                    record.next_version);
  }
  return absl::OkStatus();
}

absl::Status ListsFromJson(JsonFields& fields, ViewRecord& out) {
  for (const json& element : fields.Array("versions")) {
    ASSIGN_OR_RETURN(VersionRecord version, VersionFromJson(element));
    const int64_t id = version.manifest.version;
    if (!out.versions.emplace(id, std::move(version)).second) {
      return DataLoss("view '{}': has version {} twice", out.view, id);
    }
  }
  for (const json& element : fields.Array("labels")) {
    JsonFields label(element);
    const std::string name = label.String("label");
    out.labels[name] = label.Int64("version");
    RETURN_IF_ERROR(label.status());
  }
  for (const json& element : fields.Array("activations")) {
    ASSIGN_OR_RETURN(Activation activation, ActivationFromJson(element));
    out.activations.push_back(std::move(activation));
  }
  if (!fields.Has("forgotten")) return fields.status();
  for (const json& element : fields.Array("forgotten")) {
    ASSIGN_OR_RETURN(out.forgotten.emplace_back(), ForgottenFromJson(element));
  }
  return fields.status();
}

absl::StatusOr<ViewRecord> ViewFromJson(const json& object) {
  JsonFields fields(object);
  ViewRecord out;
  out.view = fields.String("view");
  out.generation = fields.Int64("generation");
  const json& schema = fields.Object("schema");
  out.next_feature_id = fields.Uint32("next_feature_id");
  out.next_version = fields.Int64("next_version");
  out.current = fields.Int64("current");
  out.removed = fields.Bool("removed");
  if (fields.Has("rebuilt")) out.rebuilt = fields.Bool("rebuilt");
  if (fields.Has("loaded_until")) {
    out.loaded_until = fields.String("loaded_until");
  }
  RETURN_IF_ERROR(fields.status());
  ASSIGN_OR_RETURN(out.schema, SchemaFromJson(schema));
  RETURN_IF_ERROR(ListsFromJson(fields, out));
  RETURN_IF_ERROR(CheckView(out));
  return out;
}

json LoadToJson(const EndedLoad& load) {
  return {{"id", load.id},
          {"view", load.view},
          {"path", load.path},
          {"idempotency_key", load.idempotency_key},
          {"version", load.version},
          {"outcome", load.outcome},
          {"code", load.code},
          {"message", load.message},
          {"rows", load.rows},
          {"bytes", load.bytes},
          {"started_micros", load.started_micros},
          {"ended_micros", load.ended_micros}};
}

absl::StatusOr<EndedLoad> LoadFromJson(const json& object) {
  JsonFields fields(object);
  EndedLoad out;
  out.id = fields.String("id");
  out.view = fields.String("view");
  out.path = fields.String("path");
  out.idempotency_key = fields.String("idempotency_key");
  out.version = fields.Int64("version");
  out.outcome = fields.String("outcome");
  out.code = static_cast<int>(fields.Uint32("code"));
  out.message = fields.String("message");
  // The first copies of format 1 had neither.
  if (fields.Has("rows")) out.rows = fields.Int64("rows");
  if (fields.Has("bytes")) out.bytes = fields.Int64("bytes");
  out.started_micros = fields.Int64("started_micros");
  out.ended_micros = fields.Int64("ended_micros");
  RETURN_IF_ERROR(fields.status());
  return out;
}

absl::StatusOr<CatalogState> StateFromJson(const json& object) {
  JsonFields fields(object);
  CatalogState out;
  out.sequence = fields.Int64("sequence");
  const json& definitions = fields.Object("definitions");
  const json& views = fields.Array("views");
  const json& loads = fields.Array("ended_loads");
  RETURN_IF_ERROR(fields.status());
  if (out.sequence < 1) return DataLoss("sequence is {}", out.sequence);
  ASSIGN_OR_RETURN(out.definitions, DefinitionsFromJson(definitions));
  for (const json& element : views) {
    ASSIGN_OR_RETURN(ViewRecord view, ViewFromJson(element));
    const std::string name = view.view;
    if (!out.views.emplace(name, std::move(view)).second) {
      return DataLoss("view '{}' is there twice", name);
    }
  }
  for (const json& element : loads) {
    ASSIGN_OR_RETURN(EndedLoad load, LoadFromJson(element));
    out.ended_loads.push_back(std::move(load));
  }
  return out;
}

absl::StatusOr<CatalogState> StateFromText(std::string_view text) {
  ASSIGN_OR_RETURN(const json object, ParseJsonObject(text));
  return StateFromJson(object);
}

// The oldest format that a release must know to read it right.
int FormatOf(const CatalogState& state) {
  int format = 1;
  for (const auto& [name, view] : state.views) {
    if (!view.forgotten.empty()) return kCatalogFormat;
    for (const auto& [id, version] : view.versions) {
      if (version.recount) return kCatalogFormat;
      if (version.manifest.NeedsLayers()) format = 2;
    }
  }
  return format;
}

}  // namespace

std::string SerializeCatalog(const CatalogState& state) {
  json views = json::array();
  for (const auto& [name, view] : state.views) {
    views.push_back(ViewToJson(view));
  }
  json loads = json::array();
  const size_t skip = state.ended_loads.size() > kEndedLoadsMax
                          ? state.ended_loads.size() - kEndedLoadsMax
                          : 0;
  for (size_t i = skip; i < state.ended_loads.size(); ++i) {
    loads.push_back(LoadToJson(state.ended_loads[i]));
  }
  // Not pretty: the activations of years are in it.
  std::string body =
      DumpJson({{"sequence", state.sequence},
                {"definitions", DefinitionsToJson(state.definitions)},
                {"views", std::move(views)},
                {"ended_loads", std::move(loads)}},
               /*pretty=*/false);
  body.push_back('\n');
  return Frame(kCatalogMagic, FormatOf(state), body);
}

absl::StatusOr<CatalogState> ParseCatalog(std::string_view bytes) {
  ASSIGN_OR_RETURN(const std::string_view body,
                   Unframe(kCatalogMagic, kCatalogFormat, bytes));
  absl::StatusOr<CatalogState> state = StateFromText(body);
  if (state.ok()) return state;
  return FailedPrecondition(
      "it is whole, and this release cannot read it ({}); use the release that "
      "wrote it",
      std::string(state.status().message()));
}

}  // namespace freshet
