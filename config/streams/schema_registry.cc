// SPDX-License-Identifier: Apache-2.0
#include "config/streams/schema_registry.h"

#include <string_view>

#include "base/error.h"

namespace freshet {

absl::Status CheckSchemaRegistry(const SchemaRegistrySettings& settings) {
  std::string_view rest = settings.url;
  const bool is_https = rest.starts_with("https://");
  if (!is_https && !rest.starts_with("http://")) {
    return InvalidArgument(
        "schema_registry: '{}' is no URL of http:// or https://", settings.url);
  }
  rest.remove_prefix(rest.find("//") + 2);
  const std::string_view host = rest.substr(0, rest.find('/'));
  if (host.find('@') != host.npos) {
    return InvalidArgument(
        "schema_registry: the URL holds a user or a password; say them by "
        "'user' and 'password'");
  }
  if (host.empty() || rest.find_first_of("?# \t\r\n\\") != rest.npos) {
    return InvalidArgument(
        "schema_registry: '{}' is no URL of a host and a path", settings.url);
  }
  if (!settings.password.env.empty() && !settings.password.file.empty()) {
    return InvalidArgument(
        "schema_registry: the password is in env '{}' and in file '{}'; name "
        "one of them",
        settings.password.env, settings.password.file);
  }
  if (settings.user.empty() != settings.password.empty()) {
    return InvalidArgument(
        "schema_registry: a user and a password go together; one of them is "
        "given");
  }
  if (!settings.ca_file.empty() && !is_https) {
    return InvalidArgument(
        "schema_registry: 'ca_file' is about https://, and the URL is '{}'",
        settings.url);
  }
  return absl::OkStatus();
}

}  // namespace freshet
