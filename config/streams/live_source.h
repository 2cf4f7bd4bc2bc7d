// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "config/position.h"

namespace freshet {

// Where rows of a view come from one by one: each event of a stream source is
// the row of its key, and lies over what a snapshot says of it, the newest
// first.
struct LiveSource {
  std::string source = {};
  std::string filter = {};  // Of type bool; "": every event.
  // Join key or feature -> expression, where it is not the field of its name.
  std::map<std::string, std::string> columns = {};
  // Of type bool: whether the event says that its key was deleted. "": none.
  std::string deleted = {};
  // An event changes only the features that it says something of.
  bool partial = false;
  // How far its source may be behind before an alert says so; 0: none does.
  int64_t expected_freshness_micros = 0;
  Position at = {};
  bool misread = false;  // Its text had problems.
};

}  // namespace freshet
