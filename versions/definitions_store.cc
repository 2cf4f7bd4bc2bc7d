// SPDX-License-Identifier: Apache-2.0
#include "versions/definitions_store.h"

#include <fmt/ranges.h>

#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"
#include "config/timestamp.h"
#include "features/check.h"
#include "versions/groups/snapshot_groups.h"
#include "versions/rules/applied_definitions.h"

namespace freshet {

// Definitions that may be applied.
struct DefinitionsStore::Candidate {
  Definitions definitions;
  std::string text;  // Canonical.
  uint64_t hash = 0;
  bool has_definitions = false;
  std::vector<Problem> problems;  // Not empty: the rest is not there.

  static Candidate From(std::string_view text) {
    ParsedFile parsed = ParseAndCheck(text);
    Candidate out;
    out.has_definitions = parsed.has_definitions;
    out.problems = std::move(parsed.problems);
    if (!out.problems.empty()) return out;
    out.definitions = std::move(parsed.definitions);
    out.text = CanonicalText(out.definitions);
    out.hash = Xxh3(out.text);
    return out;
  }
};

namespace {

constexpr size_t kNameBytesMax = 4096;  // PATH_MAX.

absl::StatusOr<DefinitionChanges> Compare(const CatalogState& state,
                                          const Definitions& next) {
  ASSIGN_OR_RETURN(const Definitions before, ReadApplied(state.definitions));
  return CompareDefinitions(state, before, next);
}

absl::Status CheckDeletions(const ApplyRequest& request,
                            const std::vector<std::string>& deletions) {
  if (request.allow_delete || deletions.empty()) return absl::OkStatus();
  return FailedPrecondition(
      "'{}' removes {}; to do so: freshet apply --allow-delete FILE",
      request.source_name, fmt::join(deletions, "; "));
}

std::string HashText(uint64_t hash) { return fmt::format("{:016x}", hash); }

absl::Status CheckExpected(const ApplyRequest& request,
                           const AppliedDefinitions& applied) {
  const std::string now = HashText(applied.hash);
  if (request.expected_hash.empty() || request.expected_hash == now) {
    return absl::OkStatus();
  }
  return Aborted(
      "'{}' was compared with definitions {}, and {} are applied by now; look "
      "at them with `freshet definitions`, then apply again",
      request.source_name, request.expected_hash, now);
}

std::string WhoApplied(const AppliedDefinitions& applied) {
  return fmt::format("those that '{}' applied from '{}' at {}", applied.author,
                     applied.source_name,
                     FormatTimestamp(applied.applied_micros));
}

}  // namespace

DefinitionsStore::DefinitionsStore(Catalog& catalog, Publisher& publisher,
                                   VersionActions& actions, const Clock& clock)
    : catalog_(catalog),
      publisher_(publisher),
      actions_(actions),
      clock_(clock) {}

absl::StatusOr<ApplyResult> DefinitionsStore::Apply(
    const ApplyRequest& request) {
  ASSIGN_OR_RETURN(Outcome outcome, TryApply(request));
  RETURN_IF_ERROR(outcome.trouble);
  return std::move(outcome.result);
}

absl::StatusOr<DefinitionsStore::Outcome> DefinitionsStore::TryApply(
    const ApplyRequest& request) {
  // Every copy of the catalog carries them.
  for (const std::string* name : {&request.author, &request.source_name}) {
    if (name->size() <= kNameBytesMax) continue;
    return InvalidArgument(
        "the author and the source's name have at most {} bytes, not {}",
        kNameBytesMax, name->size());
  }
  Candidate candidate = Candidate::From(request.text);
  Outcome outcome;
  ApplyResult& result = outcome.result;
  result.problems = std::move(candidate.problems);
  if (result.problems.empty() && !candidate.has_definitions) {
    result.problems.push_back({{1, 1}, "the file has no definitions"});
  }
  if (result.problems.empty() && request.check) {
    request.check(candidate.definitions, result.problems);
  }
  if (!result.problems.empty()) return outcome;

  const Catalog::StatePtr state = catalog_.state();
  RETURN_IF_ERROR(CheckExpected(request, state->definitions));
  ASSIGN_OR_RETURN(DefinitionChanges plan,
                   Compare(*state, candidate.definitions));
  result.changes = std::move(plan.changes);
  result.deletions = std::move(plan.deletions);
  result.hash = HashText(candidate.hash);
  result.base_hash = HashText(state->definitions.hash);
  if (request.dry_run) return outcome;
  RETURN_IF_ERROR(CheckDeletions(request, result.deletions));
  result.applied = true;
  const AppliedDefinitions& applied = state->definitions;
  const bool same_file =
      !request.from_own_file || applied.file_hash == candidate.hash;
  if (applied.hash == candidate.hash && same_file) return outcome;
  RETURN_IF_ERROR(Commit(request, candidate));
  outcome.trouble = Follow();
  return outcome;
}

absl::StatusOr<std::string> DefinitionsStore::ApplyOwnFile(
    const std::string& path, const std::string& text) {
  const Candidate candidate = Candidate::From(text);
  if (!candidate.problems.empty()) {
    return InvalidArgument("{}", FormatProblems(path, candidate.problems));
  }
  const AppliedDefinitions before = catalog_.state()->definitions;
  if (!candidate.has_definitions) {
    return fmt::format("'{}' has no definitions; the applied ones stand", path);
  }
  if (before.file_hash == candidate.hash) {
    if (before.hash == candidate.hash) {
      return fmt::format("'{}' has not changed since it was applied", path);
    }
    return fmt::format(
        "'{}' has not changed since it was applied; its definitions yield to "
        "{}",
        path, WhoApplied(before));
  }
  ASSIGN_OR_RETURN(const Outcome outcome, TryApply({.text = text,
                                                    .source_name = path,
                                                    .author = "freshetd",
                                                    .dry_run = false,
                                                    .allow_delete = false,
                                                    .from_own_file = true}));
  const size_t changes = outcome.result.changes.size();
  std::string said;
  if (before.text.empty()) {
    said = fmt::format("'{}' is applied: {} changes", path, changes);
  } else if (before.hash == candidate.hash) {
    said = fmt::format("'{}' holds the definitions that are applied", path);
  } else {
    said = fmt::format("'{}' changed, its definitions replace {}: {} changes",
                       path, WhoApplied(before), changes);
  }
  if (!outcome.trouble.ok()) said += "; " + outcome.trouble.ToString();
  return said;
}

absl::Status DefinitionsStore::Commit(const ApplyRequest& request,
                                      const Candidate& candidate) {
  const auto apply = [&](CatalogState& state) -> absl::Status {
    RETURN_IF_ERROR(CheckExpected(request, state.definitions));
    // Again, over the state that is changed: views may have moved meanwhile.
    ASSIGN_OR_RETURN(DefinitionChanges plan,
                     Compare(state, candidate.definitions));
    RETURN_IF_ERROR(CheckDeletions(request, plan.deletions));
    state.views = std::move(plan.views);
    AppliedDefinitions& applied = state.definitions;
    if (request.from_own_file) applied.file_hash = candidate.hash;
    if (applied.hash == candidate.hash) return absl::OkStatus();
    applied.text = candidate.text;
    applied.hash = candidate.hash;
    applied.author = request.author;
    applied.source_name = request.source_name;
    applied.applied_micros = clock_.NowMicros();
    // A snapshot group may have lost the view that it waited for.
    return SettleGroups({.at_micros = applied.applied_micros,
                         .why = "apply",
                         .who = request.author},
                        state);
  };
  return catalog_.Commit(apply);
}

// What an apply brings about: a new serving set, then deletions.
absl::Status DefinitionsStore::Follow() {
  absl::Status problem =
      Annotate(publisher_.Refresh(clock_.NowMicros()), "committed, but");
  const Catalog::StatePtr state = catalog_.state();
  for (const auto& [view, record] : state->views) {
    const absl::Status kept = actions_.ApplyRetention(view);
    if (problem.ok()) problem = kept;
  }
  return problem;
}

}  // namespace freshet
