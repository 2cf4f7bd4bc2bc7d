// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"

namespace freshet {

// Whether these properties of librdkafka may be given freely: at most 64, and
// none that Freshet decides itself, that holds a secret, or that runs or loads
// a program. Whether librdkafka knows them is seen when they are set.
absl::Status CheckKafkaProperties(
    const std::map<std::string, std::string>& properties);

}  // namespace freshet
