// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/load_request.h"

#include <algorithm>
#include <filesystem>
#include <random>

#include "base/child_process.h"
#include "base/error.h"
#include "base/file.h"
#include "base/status.h"
#include "config/object_url.h"
#include "config/parse.h"
#include "config/timestamp.h"
#include "versions/rules/applied_definitions.h"
#include "versions/rules/version_checks.h"

namespace freshet {
namespace {

constexpr size_t kKeyLengthMax = 128;
constexpr size_t kRunLengthMax = 256;
// Between the machine of the batch job and this one.
constexpr int64_t kClockSkewMicros = int64_t{5} * 60 * 1'000'000;

bool IsPrintable(const std::string& text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

bool Under(const std::filesystem::path& path,
           const std::filesystem::path& root) {
  const auto [at, ignored] =
      std::mismatch(root.begin(), root.end(), path.begin(), path.end());
  return at == root.end();
}

absl::Status Outside(const std::string& path,
                     const std::vector<std::string>& roots) {
  return PermissionDenied(
      "'{}' is outside settings.load.roots ('{}'): move the snapshot or add "
      "its folder",
      path, fmt::join(roots, "', '"));
}

absl::StatusOr<std::string> ResolveUrl(const std::string& path,
                                       const std::vector<std::string>& roots) {
  ASSIGN_OR_RETURN(const ObjectUrl url, ParseObjectUrl(path));
  if (!IsUnderAny(url, roots)) return Outside(url.ToString(), roots);
  return url.ToString();
}

}  // namespace

absl::Status CheckLoadRequest(const LoadRequest& request, int64_t now_micros) {
  if (request.has_as_of &&
      request.as_of_micros > now_micros + kClockSkewMicros) {
    return InvalidArgument(
        "as_of {} is in the future, it is {}: no later snapshot would take its "
        "place",
        FormatTimestamp(request.as_of_micros), FormatTimestamp(now_micros));
  }
  if (request.idempotency_key.size() > kKeyLengthMax) {
    return InvalidArgument("the idempotency key has {} characters, at most {}",
                           request.idempotency_key.size(), kKeyLengthMax);
  }
  if (!request.label.empty()) return CheckLabel(request.label);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ResolveSnapshotPath(const std::string& path,
                                                const LoadSettings& settings) {
  const std::vector<std::string>& roots = settings.roots;
  namespace fs = std::filesystem;
  if (path.empty()) {
    return InvalidArgument("no path: neither the load nor its view names one");
  }
  if (roots.empty()) {
    return InvalidArgument("settings.load.roots is empty: nothing may be read");
  }
  if (IsUrl(path)) return ResolveUrl(path, roots);
  std::error_code error;
  fs::path full(path);
  if (full.is_relative()) {
    full = fs::path(settings.relative_to.empty() ? roots.front()
                                                 : settings.relative_to) /
           full;
  }
  full = fs::weakly_canonical(full, error);
  if (error) return ErrnoError("cannot resolve", path, error.value());
  for (const std::string& root : roots) {
    if (IsUrl(root)) continue;
    const fs::path canonical = fs::weakly_canonical(root, error);
    if (!error && Under(full, canonical)) return full.string();
  }
  return Outside(full.string(), roots);
}

absl::StatusOr<std::string> RunOf(const BatchFeatureView& view,
                                  const LoadRequest& request,
                                  const LoadSettings& settings) {
  if (view.snapshot_group.empty()) return "";
  std::string run = request.run;
  if (run.empty()) {
    const auto folder = ResolveSnapshotPath(view.source.path, settings);
    if (folder.ok() && request.path.starts_with(*folder + "/")) {
      run = request.path.substr(folder->size() + 1);
      run = run.substr(0, run.find('/'));
    } else {
      return InvalidArgument(
          "view '{0}' goes live with those of its snapshot group '{1}': say "
          "which run of it this is, the same for each view (freshet load {0} "
          "--run NAME), or load a directory beneath '{2}'",
          view.name, view.snapshot_group, view.source.path);
    }
  }
  if (run.size() > kRunLengthMax || !IsPrintable(run)) {
    return InvalidArgument(
        "the run's name is not 1 to {} printable characters of ASCII",
        kRunLengthMax);
  }
  return run;
}

absl::StatusOr<BatchFeatureView> DefinedView(const CatalogState& state,
                                             const std::string& view) {
  if (state.definitions.text.empty()) {
    return NotFound("no view '{}': no definitions are applied yet", view);
  }
  ASSIGN_OR_RETURN(const Definitions definitions,
                   ReadApplied(state.definitions));
  const BatchFeatureView* found = definitions.FindView(view);
  if (found != nullptr && !found->HasSnapshots()) {
    return FailedPrecondition(
        "view '{}' has no snapshots to load: its rows come from stream source "
        "'{}', and its definition has no 'source'",
        view, found->live->source);
  }
  if (found != nullptr && state.views.contains(view)) return *found;
  std::vector<std::string> names;
  for (const auto& defined : definitions.batch_views) {
    names.push_back(defined.name);
  }
  const std::vector<std::string> nearest = NearestNames(view, names);
  if (nearest.empty()) {
    return NotFound("no view '{}': `freshet views` lists those there are",
                    view);
  }
  return NotFound("no view '{}'; did you mean '{}'?", view,
                  fmt::join(nearest, "', '"));
}

absl::StatusOr<std::string> TilesOf(const CatalogState& state,
                                    const BatchFeatureView& view) {
  if (!view.history) return "";
  ASSIGN_OR_RETURN(const Definitions all, ReadApplied(state.definitions));
  const WindowedView* stream = all.FindStreamView(view.history->stream_view);
  const StreamSource* source =
      stream == nullptr ? nullptr : all.FindStreamSource(stream->source);
  if (source == nullptr) {
    return Internal("view '{}' is applied without its stream", view.name);
  }
  Definitions needed;
  needed.project = all.project;
  for (const std::string& entity : view.entities) {
    needed.entities.push_back(*all.FindEntity(entity));
  }
  needed.stream_views.push_back(*stream);
  needed.batch_views.push_back(view);
  // How else its events come is nothing to the loader.
  StreamSource& fields = needed.stream_sources.emplace_back(*source);
  fields.kafka.reset();
  fields.push_log.reset();
  return CanonicalText(needed);
}

void TakeSettings(const LoadSettings& settings, int64_t layers_bytes,
                  LoadSpec& spec) {
  spec.roots = settings.roots;
  spec.sort_buffer_bytes = settings.sort_buffer_bytes;
  spec.memory_max_bytes = settings.memory_max_bytes;
  if (spec.memory_max_bytes == 0) {
    spec.memory_max_bytes =
        settings.sort_buffer_bytes + kChildAddressSpaceBytes + 2 * layers_bytes;
  }
  if (kSanitized) spec.memory_max_bytes = 0;
  spec.cpu_max_s = settings.cpu_max_s;
  spec.row_bytes_max = settings.row_bytes_max;
  spec.columns_max = settings.columns_max;
  spec.file_bytes_max = settings.file_bytes_max;
  spec.downloads_max = settings.downloads_max;
  spec.download_rate_max = settings.download_rate_max;
  spec.s3 = settings.s3;
}

LoaderProcess::Options ProcessOptions(const LoadSettings& settings) {
  LoaderProcess::Options options;
  options.executable = settings.loader;
  options.idle_timeout = std::chrono::seconds(settings.idle_timeout_s);
  return options;
}

std::string MakeLoadId(const std::string& view) {
  std::random_device random;
  return fmt::format("{}-{:08x}", view, random());
}

}  // namespace freshet
