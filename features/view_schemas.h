// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "config/definitions.h"
#include "features/row_schema.h"

namespace freshet {

// How the rows of a view look as it is defined now: with the stable ids of its
// features, and which generation of its key and types it is.
struct ViewSchema {
  RowSchema schema;
  int64_t generation = 1;
};

// Definitions that were applied, with what became of their views. The
// definitions must outlive it.
struct AppliedViews {
  const Definitions& definitions;
  std::map<std::string, ViewSchema> schemas = {};  // Of batch views, by name.
};

}  // namespace freshet
