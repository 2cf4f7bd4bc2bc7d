// SPDX-License-Identifier: Apache-2.0
#include "server/admin/apply_call.h"

#include <spdlog/spdlog.h>

#include "base/error.h"
#include "base/status.h"
#include "freshet/v1/admin.pb.h"
#include "ingest/formats/proto/proto_plan.h"
#include "server/admin/to_proto.h"
#include "versions/store.h"

namespace freshet {

absl::Status ApplyDefinitions(Store& store, const std::string& who,
                              const v1::ApplyDefinitionsRequest& request,
                              v1::ApplyDefinitionsResponse* response) {
  ApplyRequest apply;
  apply.text = request.definitions();
  apply.source_name =
      request.source_name().empty() ? "definitions" : request.source_name();
  apply.author = request.author().empty() ? who : request.author();
  apply.dry_run = request.dry_run();
  apply.allow_delete = request.allow_delete();
  apply.expected_hash = request.expected_hash();
  apply.check = &CheckProtoSources;
  ASSIGN_OR_RETURN(const ApplyResult result, store.definitions().Apply(apply));
  ToProto(result, apply.source_name, response);
  if (result.applied) {
    spdlog::info("definitions {} from '{}' applied by '{}': {} changes",
                 result.hash, apply.source_name, apply.author,
                 result.changes.size());
  }
  return absl::OkStatus();
}

}  // namespace freshet
