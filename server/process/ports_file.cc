// SPDX-License-Identifier: Apache-2.0
#include "server/process/ports_file.h"

#include <unistd.h>

#include <nlohmann/json.hpp>

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
  RETURN_IF_ERROR(WriteFileSynced(path + ".new", json.dump() + "\n"));
  return RenameSynced(path + ".new", path);
}

}  // namespace freshet
