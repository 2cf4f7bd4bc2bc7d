// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/parse.h"
#include "versions/catalog.h"
#include "versions/publisher.h"
#include "versions/version_actions.h"

namespace freshet {

class Clock;

struct DefinitionChange {
  std::string kind;    // add, change, remove
  std::string what;    // `view 'plane'`
  std::string effect;  // `instant`, `needs a new load`, ...
};

struct ApplyRequest {
  std::string text;  // YAML; its settings are not looked at.
  std::string source_name;
  std::string author;
  bool dry_run = false;
  bool allow_delete = false;
  bool from_own_file = false;  // Also records the file's hash.
};

struct ApplyResult {
  std::vector<DefinitionChange> changes;
  std::string hash;
  bool applied = false;
  std::vector<Problem> problems;  // Not empty: nothing was applied.
};

// The applied definitions: kept in the catalog, changed as a whole or not at
// all. Gives features their stable ids, schemas their ids and views their
// generations (docs/semantics.md, rules 13 to 16). Safe to use from any thread.
class DefinitionsStore {
 public:
  // All must outlive this object.
  DefinitionsStore(Catalog& catalog, Publisher& publisher,
                   VersionActions& actions, const Clock& clock);

  // FAILED_PRECONDITION: a removal without allow_delete, or of a feature that
  // a service uses (named).
  absl::StatusOr<ApplyResult> Apply(const ApplyRequest& request);

  // Applies the daemon's own file if its definitions changed since the file
  // was last applied. Returns what happened in one sentence that says who won.
  absl::StatusOr<std::string> ApplyOwnFile(const std::string& path,
                                           const std::string& text);

 private:
  Catalog& catalog_;
  Publisher& publisher_;
  VersionActions& actions_;
  const Clock& clock_;
};

}  // namespace freshet
