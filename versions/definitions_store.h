// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/parse.h"
#include "versions/catalog.h"
#include "versions/publisher.h"
#include "versions/rules/definition_changes.h"
#include "versions/version_actions.h"

namespace freshet {

class Clock;

struct ApplyRequest {
  std::string text;  // YAML; its settings change nothing here.
  std::string source_name;
  std::string author;
  bool dry_run = false;
  bool allow_delete = false;
  bool from_own_file = false;  // Also records the file's hash.
  // What must be applied until now, by its hash: a plan's base_hash. Empty:
  // whatever is.
  std::string expected_hash = {};
  // Besides CheckDefinitions: what only they can check who know its library.
  std::function<void(const Definitions&, std::vector<Problem>&)> check = {};
};

struct ApplyResult {
  // Empty: nothing changes.
  std::vector<DefinitionChange> changes;
  // What a real apply needs allow_delete for.
  std::vector<std::string> deletions;
  std::string hash;
  std::string base_hash;  // Of the definitions that `changes` is against.
  // The definitions are those of the text now. False after a dry run.
  bool applied = false;
  std::vector<Problem> problems;  // Not empty: nothing was applied.
};

// The applied definitions: kept in the catalog, changed as a whole or not at
// all. Gives features their stable ids, schemas their ids and views their
// generations (docs/semantics.md, rules 13 to 16).
//
// A feature of another type is a new feature under the old name: versions of
// the old generation go on serving the others, and it is NOT_IN_VERSION until
// a load. A view with another key has no version until a load. Safe to use
// from any thread.
class DefinitionsStore {
 public:
  // All must outlive this object.
  DefinitionsStore(Catalog& catalog, Publisher& publisher,
                   VersionActions& actions, const Clock& clock);

  // FAILED_PRECONDITION without allow_delete: the removal of a view, of a
  // service, or of a feature that a service uses; all are named. ABORTED if
  // what is applied is not what the request expects, also if it changed only
  // just before the commit; both hashes are named. Versions of a
  // view that was removed are deleted before it returns. `committed, but ...`:
  // applied, and something else is in trouble.
  absl::StatusOr<ApplyResult> Apply(const ApplyRequest& request);

  // Applies the daemon's own file if its definitions changed since the file
  // was last applied. Returns what happened in one sentence that says who won.
  // INVALID_ARGUMENT lists the file's problems; FAILED_PRECONDITION as Apply.
  absl::StatusOr<std::string> ApplyOwnFile(const std::string& path,
                                           const std::string& text);

 private:
  struct Candidate;
  struct Outcome {
    ApplyResult result;
    absl::Status trouble;  // Of what followed the commit.
  };

  absl::StatusOr<Outcome> TryApply(const ApplyRequest& request);
  absl::Status Commit(const ApplyRequest& request, const Candidate& candidate);
  absl::Status Follow();

  Catalog& catalog_;
  Publisher& publisher_;
  VersionActions& actions_;
  const Clock& clock_;
};

}  // namespace freshet
