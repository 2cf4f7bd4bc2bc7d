// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace freshet {

// The process that listens on a TCP port, `process 4711 (freshetd)`, as far as
// /proc lets us see it; else empty.
std::string DescribePortHolder(int port);

}  // namespace freshet
