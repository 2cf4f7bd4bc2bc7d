// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

namespace freshet {

// Reads "topics": [{"topic", "fresh", "stored": {"0": start}}], where a start
// is {"at": "earliest" | "latest"}, {"time": micros}, {"offset": n} or
// {"after": n, "hash": "..."}. Prints {"record": ...}, {"last": ...} and
// {"event": ...}; on "state" {"state": ...}. Other commands: "pause",
// "resume", {"restart": topic, "partition": n, "start": start}. Returns the
// exit code.
int ProbeReader(const nlohmann::json& order);

// Each line {"topic", "values": [...], "timeout_ms"} is one write; prints
// {"written": [{"status", "partition", "offset"}]}.
int ProbeWriter(const nlohmann::json& order);

}  // namespace freshet
