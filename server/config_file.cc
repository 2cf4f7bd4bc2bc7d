// SPDX-License-Identifier: Apache-2.0
#include "server/config_file.h"

#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "config/object_url.h"
#include "config/overrides.h"
#include "config/parse.h"
#include "features/check.h"
#include "ingest/formats/proto/proto_plan.h"

namespace freshet {
namespace {

namespace fs = std::filesystem;

void ResolvePaths(const std::string& file, Settings& settings) {
  const fs::path base = fs::path(file).parent_path();
  const auto resolve = [&](std::string& path) {
    path = (base / path).lexically_normal().string();
    if (path.size() > 1 && path.ends_with('/')) path.pop_back();
  };
  resolve(settings.storage.directory);
  if (!settings.event_export.directory.empty()) {
    resolve(settings.event_export.directory);
  }
  settings.load.relative_to = base.string();
  if (settings.load.roots.empty()) settings.load.roots.push_back(base.string());
  for (std::string& root : settings.load.roots) {
    if (!IsUrl(root)) resolve(root);
  }
  if (!settings.load.s3.ca_file.empty()) resolve(settings.load.s3.ca_file);
  if (settings.load.loader.empty()) {
    const fs::path self = fs::read_symlink("/proc/self/exe");
    settings.load.loader = (self.parent_path() / "freshet-load").string();
  } else {
    resolve(settings.load.loader);
  }
}

}  // namespace

absl::StatusOr<ConfigFile> ReadConfigFile(
    const std::string& path, const std::vector<std::string>& sets) {
  ConfigFile config;
  config.path = fs::absolute(path).lexically_normal().string();
  // A pipe would be waited for, and empty at the next reload.
  std::error_code error;
  if (fs::exists(config.path, error) &&
      !fs::is_regular_file(config.path, error)) {
    return InvalidArgument("'{}' is not a regular file", path);
  }
  const auto text = ReadFile(config.path, kFileBytesMax + 1);
  if (!text.ok()) {
    return InvalidArgument("{}", std::string(text.status().message()));
  }
  config.text = *text;
  ParsedFile parsed = ParseAndCheck(config.text);
  CheckProtoSources(parsed.definitions, parsed.problems);
  if (!parsed.problems.empty()) {
    return InvalidArgument("{}", FormatProblems(path, parsed.problems));
  }
  config.settings = parsed.settings;
  if (!sets.empty()) {
    ASSIGN_OR_RETURN(config.settings, OverrideSettings(config.text, sets));
  }
  if (config.settings.storage.directory.empty()) {
    return InvalidArgument(
        "{}: settings.storage.directory is missing: where versions are kept",
        path);
  }
  ResolvePaths(config.path, config.settings);
  return config;
}

}  // namespace freshet
