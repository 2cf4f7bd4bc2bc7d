// SPDX-License-Identifier: Apache-2.0
#include "features/streams/check_definitions.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <string_view>

#include "features/streams/check_streams.h"

namespace freshet {
namespace {

// Checks stream sources, and what comes from them.
class StreamChecker {
 public:
  StreamChecker(const Definitions& definitions, const DefinitionIndex& index,
                std::vector<Problem>& problems)
      : definitions_(definitions), index_(index), problems_(problems) {}

  void Check() {
    CheckSources();
    for (const WindowedView& view : definitions_.stream_views) Check(view);
    for (const BatchFeatureView& view : definitions_.batch_views) Check(view);
  }

 private:
  void CheckSources();
  void CheckPushLog(const StreamSource& source);
  void Check(const WindowedView& view);
  void Check(const BatchFeatureView& view);
  const StreamSource* SoundSource(const std::string& view,
                                  const std::string& source, Position at);

  const Definitions& definitions_;
  const DefinitionIndex& index_;
  std::vector<Problem>& problems_;
  std::set<std::string_view> sound_;
  bool all_named_ = true;
};

void StreamChecker::CheckSources() {
  all_named_ = !definitions_.misread;
  for (const StreamSource& source : definitions_.stream_sources) {
    const size_t before = problems_.size();
    CheckStreamSource(source, problems_);
    if (source.push_log) CheckPushLog(source);
    if (source.name.empty()) all_named_ = false;
    if (problems_.size() > before || source.misread) continue;
    sound_.insert(source.name);
  }
}

// Two in one topic would each read what is pushed to the other.
void StreamChecker::CheckPushLog(const StreamSource& source) {
  for (const StreamSource& other : definitions_.stream_sources) {
    if (&other == &source) return;
    if (!other.push_log ||
        other.push_log->topic() != source.push_log->topic() ||
        other.push_log->read.cluster.brokers !=
            source.push_log->read.cluster.brokers) {
      continue;
    }
    problems_.push_back(
        {source.push_log->read.at,
         fmt::format("topic '{}' is the push log of source '{}', and of source "
                     "'{}' in line {}; each has one of its own",
                     source.push_log->topic(), source.name, other.name,
                     other.push_log->read.at.line)});
  }
}

// The source that a view names. Null if it is not there or not whole: that is
// a problem already, or made one.
const StreamSource* StreamChecker::SoundSource(const std::string& view,
                                               const std::string& source,
                                               Position at) {
  const StreamSource* found = definitions_.FindStreamSource(source);
  if (found != nullptr) return sound_.contains(source) ? found : nullptr;
  if (!all_named_ || source.empty()) return nullptr;
  std::vector<std::string> names;
  for (const StreamSource& other : definitions_.stream_sources) {
    names.push_back(other.name);
  }
  problems_.push_back(
      {at, fmt::format("view '{}' names a source '{}' that is not defined "
                       "under 'stream_sources'{}",
                       view, source, DidYouMean(source, names))});
  return nullptr;
}

void StreamChecker::Check(const WindowedView& view) {
  const StreamSource* source = SoundSource(view.name, view.source, view.at);
  if (source == nullptr || !index_.KnowsKeys(view.entities)) return;
  CheckStreamView(view, *source, definitions_.JoinKeysOf(view.entities),
                  problems_);
}

void StreamChecker::Check(const BatchFeatureView& view) {
  if (view.history) {
    const WindowedView* stream =
        definitions_.FindStreamView(view.history->stream_view);
    // What is wrong with that is a problem already.
    if (stream == nullptr || !sound_.contains(stream->source)) return;
    CheckHistory(view, *definitions_.FindStreamSource(stream->source),
                 problems_);
    return;
  }
  if (!view.live) {
    if (!view.HasSnapshots() && !view.source.misread) {
      problems_.push_back(
          {view.at, fmt::format("view '{}' has neither 'source', where its "
                                "snapshots come from, nor 'live'",
                                view.name)});
    }
    return;
  }
  const StreamSource* source =
      SoundSource(view.name, view.live->source, view.live->at);
  if (source == nullptr || !index_.KnowsKeys(view.entities) ||
      !index_.KnowsFeatures(view.name)) {
    return;
  }
  CheckLiveRows(view, *source, definitions_.JoinKeysOf(view.entities),
                problems_);
}

}  // namespace

void CheckStreams(const Definitions& definitions, const DefinitionIndex& index,
                  std::vector<Problem>& problems) {
  StreamChecker(definitions, index, problems).Check();
}

}  // namespace freshet
