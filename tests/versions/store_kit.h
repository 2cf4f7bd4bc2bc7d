// SPDX-License-Identifier: Apache-2.0
// A storage directory for the tests of versions/, with versions whose every
// feature holds one value.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/file.h"
#include "storage/store_resources.h"
#include "tests/fakes/temp_dir.h"
#include "versions/catalog.h"
#include "versions/commit.h"
#include "versions/definitions_store.h"
#include "versions/groups/group_actions.h"
#include "versions/publisher.h"
#include "versions/serving.h"
#include "versions/serving_parts/reaper.h"
#include "versions/version_actions.h"

namespace freshet {

inline constexpr int64_t kStart = 1'700'000'000'000'000;
inline constexpr int64_t kSecondMicros = 1'000'000;

// One view `user` with key `id` (string) and the features given, such as
// `number: int64`; a service `model` of all of them. `extra` are lines of the
// view.
std::string UserYaml(const std::vector<std::string>& features,
                     std::string_view extra = "");

struct BuildOptions {
  std::string view = "user";
  int64_t value = 0;  // In every feature of every row. 0: the version's id.
  int64_t rows = 10;  // Keys `k0`, `k1`, ...
  int64_t as_of_micros = 0;  // 0: the clock's time.
};

// Everything between the catalog and the serving set, over a directory of its
// own, without loads.
class StoreKit {
 public:
  StoreKit();
  ~StoreKit();

  // As a new process would: all is closed, reconciled and opened again.
  void Restart();

  // Applies; fails the test if that fails.
  void Apply(const std::string& yaml);

  // Builds `v<id>.building` and returns what to commit.
  absl::StatusOr<CommitRequest> Build(const BuildOptions& options = {});
  // Builds, commits, activates and refreshes. Fails the test if that fails.
  int64_t Load(const BuildOptions& options = {});

  // What a request for `reference` of key `k0` sees: the value as text, `null`,
  // or `not in version`, `no version`, `no row`, or the plan's error.
  std::string Read(std::string_view reference,
                   const VersionChoice& choice = {});

  // As requests for all rows of what serves of `user` do.
  void AskForAll();

  const ViewRecord& view(const std::string& name = "user");
  const std::string& dir() const { return dir_.path(); }

  ManualClock clock{kStart};
  std::vector<std::string> notes;  // Of the last start.

  struct Parts {
    Parts(const std::string& dir, const Clock& clock,
          std::unique_ptr<Catalog> opened);

    std::unique_ptr<Catalog> catalog;
    StoreResources resources{8 << 20};
    Reaper reaper;
    Serving serving{reaper};
    Publisher publisher;
    VersionActions actions;
    GroupActions groups;
    DefinitionsStore definitions;
  };
  std::unique_ptr<Parts> parts;
  int64_t orphan_grace_micros = 60 * kSecondMicros;

 private:
  TempDir dir_;
  Catalog::StatePtr state_;  // Keeps what view() returned.
};

// Damages files of a version's directory.
void TruncateFile(const std::string& path, int64_t bytes);
// The name of the first table file in a version's directory.
std::string FirstTable(const std::string& version_dir);

}  // namespace freshet
