// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "config/streams/kafka_settings.h"

namespace freshet {

// "environment variable 'X'" or "file 'X'": what an error may say of a secret.
std::string NameOf(const SecretSource& source);

// What it holds now, without the newline that an editor leaves at a file's
// end. Errors: INVALID_ARGUMENT for both or neither of env and file,
// FAILED_PRECONDITION for what is unset, empty or longer than 64 KiB, else the
// file's own.
absl::StatusOr<std::string> ReadSecret(const SecretSource& source);

}  // namespace freshet
