// SPDX-License-Identifier: Apache-2.0
#include "server/process/ports_file.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {

absl::Status WritePortsFile(const std::string& directory, const Ports& ports) {
  nlohmann::ordered_json json;
  json["data"] = ports.data;
  json["admin"] = ports.admin;
  json["http"] = ports.http;
  json["pid"] = ::getpid();
  const std::string path = directory + "/ports.json";
  absl::Status done = WriteFileSynced(path + ".new", json.dump() + "\n");
  if (done.ok()) done = RenameSynced(path + ".new", path);
  if (done.ok()) return done;
  for (const std::string& stale : {path, path + ".new"}) {
    if (const absl::Status removed = RemoveTree(stale); !removed.ok()) {
      return Annotate(done, std::string(removed.message()));
    }
  }
  return done;
}

}  // namespace freshet
