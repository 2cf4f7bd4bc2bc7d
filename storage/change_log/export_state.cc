// SPDX-License-Identifier: Apache-2.0
#include "storage/change_log/export_state.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "storage/framed_file.h"
#include "storage/json_fields.h"

namespace freshet {
namespace {

constexpr std::string_view kMagic = "freshet-export";
constexpr int kFormat = 1;
constexpr size_t kBytesMax = 64 << 10;

}  // namespace

absl::StatusOr<ExportState> ReadExportState(const std::string& path) {
  if (!PathExists(path)) return NotFound("there is no {}", path);
  ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path, kBytesMax));
  const auto body = Unframe(kMagic, kFormat, bytes);
  if (!body.ok()) return Annotate(body.status(), path);
  ASSIGN_OR_RETURN(const nlohmann::json json, ParseJsonObject(*body));
  JsonFields fields(json);
  ExportState state;
  state.log_id = fields.Hex64("log");
  state.next = fields.Hex64("next");
  state.until = fields.Hex64("until");
  state.directory = fields.String("directory");
  state.lost_records = fields.Int64("lost_records");
  RETURN_IF_ERROR(Annotate(fields.status(), path));
  return state;
}

absl::Status WriteExportState(const std::string& path,
                              const ExportState& state) {
  const std::string body = DumpJson({{"log", Hex64Text(state.log_id)},
                                     {"next", Hex64Text(state.next)},
                                     {"until", Hex64Text(state.until)},
                                     {"directory", state.directory},
                                     {"lost_records", state.lost_records}},
                                    /*pretty=*/true);
  const std::string fresh = path + ".new";
  RETURN_IF_ERROR(WriteFileSynced(fresh, Frame(kMagic, kFormat, body)));
  return RenameSynced(fresh, path);
}

}  // namespace freshet
