// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/generation_about.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "ingest/live/live_applier.h"
#include "storage/json_fields.h"
#include "storage/live/live_store.h"

namespace freshet {

std::string EncodeAbout(const GenerationAbout& about) {
  nlohmann::json json = {{"view", about.view},
                         {"hash", Hex64Text(about.hash)},
                         {"first_record", Hex64Text(about.first_record)},
                         {"whole_from_micros", about.whole_from_micros}};
  for (const auto& [level, kept] : about.levels) {
    nlohmann::json one = {{"level", level},
                          {"length_micros", kept.reach.length_micros},
                          {"exact_micros", kept.reach.exact_micros},
                          {"whole_from_micros", kept.whole_from_micros}};
    if (kept.reach.since_micros) {
      one["since_micros"] = *kept.reach.since_micros;
    }
    json["levels"].push_back(std::move(one));
  }
  for (const auto& [id, feature] : about.features) {
    json["features"].push_back(
        {{"id", id}, {"name", feature.name}, {"type", feature.type}});
  }
  if (about.building) json["building"] = true;
  return DumpJson(json, /*pretty=*/false);
}

absl::StatusOr<GenerationAbout> DecodeAbout(std::string_view bytes) {
  ASSIGN_OR_RETURN(const nlohmann::json json, ParseJsonObject(bytes));
  JsonFields fields(json);
  GenerationAbout about;
  about.view = fields.String("view");
  about.hash = fields.Hex64("hash");
  about.first_record = fields.Hex64("first_record");
  about.whole_from_micros = fields.Int64("whole_from_micros");
  if (fields.Has("levels")) {
    for (const nlohmann::json& level : fields.Array("levels")) {
      JsonFields one(level);
      const uint32_t number = one.Uint32("level");
      if (number >= kTileLevels.size()) {
        return DataLoss("there is no level {} of tiles", number);
      }
      GenerationAbout::Level& kept = about.levels[kTileLevels[number]];
      kept.reach.length_micros = one.Int64("length_micros");
      kept.reach.exact_micros = one.Int64("exact_micros");
      if (one.Has("since_micros")) {
        kept.reach.since_micros = one.Int64("since_micros");
      }
      kept.whole_from_micros = one.Int64("whole_from_micros");
      RETURN_IF_ERROR(one.status());
    }
  }
  if (fields.Has("features")) {
    for (const nlohmann::json& feature : fields.Array("features")) {
      JsonFields one(feature);
      const auto id = static_cast<uint32_t>(one.Int64("id"));
      about.features[id] = {.name = one.String("name"),
                            .type = one.String("type")};
      RETURN_IF_ERROR(one.status());
    }
  }
  if (fields.Has("building")) about.building = fields.Bool("building");
  RETURN_IF_ERROR(fields.status());
  return about;
}

absl::StatusOr<std::map<std::string, KnownGeneration>> KnownGenerations(
    const LiveStore& store) {
  std::map<std::string, KnownGeneration> known;
  for (const auto& [number, generation] : store.generations()) {
    if (number <= LiveApplier::kPositionsGeneration) continue;
    ASSIGN_OR_RETURN(const std::string bytes, generation->about());
    if (bytes.empty()) continue;
    ASSIGN_OR_RETURN(GenerationAbout about, DecodeAbout(bytes));
    if (about.building) continue;
    std::string view = about.view;
    // The younger of two is the one that was to take the place of the other.
    known[std::move(view)] = {number, std::move(about)};
  }
  return known;
}

}  // namespace freshet
