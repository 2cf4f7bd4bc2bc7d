// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/client/secret.h"

#include <fmt/format.h>

#include <cstdlib>

#include "base/error.h"
#include "base/file.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr size_t kBytesMax = 64 << 10;

absl::StatusOr<std::string> ReadVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) {
    return FailedPrecondition("environment variable '{}' is not set", name);
  }
  return std::string(value);
}

absl::StatusOr<std::string> ReadSecretFile(const std::string& path) {
  ASSIGN_OR_RETURN(std::string secret, ReadFile(path, kBytesMax + 1));
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  return secret;
}

}  // namespace

std::string NameOf(const SecretSource& source) {
  return source.env.empty()
             ? fmt::format("file '{}'", source.file)
             : fmt::format("environment variable '{}'", source.env);
}

absl::StatusOr<std::string> ReadSecret(const SecretSource& source) {
  if (source.env.empty() == source.file.empty()) {
    return InvalidArgument(
        "a secret is read from an environment variable or from a file: name "
        "one of them");
  }
  absl::StatusOr<std::string> secret = source.env.empty()
                                           ? ReadSecretFile(source.file)
                                           : ReadVariable(source.env);
  RETURN_IF_ERROR(secret.status());
  if (secret->empty() || secret->size() > kBytesMax ||
      secret->find('\0') != std::string::npos) {
    return FailedPrecondition(
        "{} holds {} bytes; 1 to {} wanted, none of them zero", NameOf(source),
        secret->size(), kBytesMax);
  }
  return secret;
}

}  // namespace freshet
