// SPDX-License-Identifier: Apache-2.0
#include "ingest/live/view_generations.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/status.h"
#include "ingest/live/live_applier.h"

namespace freshet {
namespace {

// For so long after something was passed over nothing is replayed: ticks are
// written faster.
constexpr int64_t kSetForwardMicros = 20'000'000;

bool HaveOneKey(const LivePlan& a, const LivePlan& b) {
  const auto& one = a.windows->event.key;
  const auto& other = b.windows->event.key;
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const KeyPart& part, const KeyPart& same) {
                      return part.name == same.name && part.type == same.type;
                    });
}

// Whether its generation may answer until another is made for `plan`.
bool MayAnswer(const ViewGenerations::Used& used, const LivePlan& plan) {
  return used.plan.windows != nullptr && plan.windows != nullptr &&
         HaveOneKey(used.plan, plan);
}

// Whoever asks knows what the generation lacks.
void NoteLosses(const ViewGenerations::Used& used) {
  used.coverage->LoseBefore(used.about.whole_from_micros);
  for (const auto& [level, kept] : used.about.levels) {
    used.coverage->LoseBefore(level, kept.whole_from_micros);
  }
}

}  // namespace

uint64_t ViewGenerations::NextNumber() const {
  const auto generations = parts_.store->generations();
  const uint64_t last = generations.empty() ? 0 : generations.rbegin()->first;
  return std::max(last, LiveApplier::kPositionsGeneration) + 1;
}

ViewGenerations::Used ViewGenerations::UsedOf(const LivePlan& plan,
                                              KnownGeneration known) const {
  Used used{.plan = plan,
            .about = std::move(known.about),
            .generation = parts_.store->generations().at(known.number),
            .coverage = std::make_shared<Coverage>()};
  NoteLosses(used);
  return used;
}

absl::Status ViewGenerations::Describe(LiveStore& store, const Used& used,
                                       const GenerationAbout& about) {
  ASSIGN_OR_RETURN(const std::string stored, used.generation->about());
  const std::string bytes = EncodeAbout(about);
  if (bytes == stored) return absl::OkStatus();
  return store.Describe(used.generation->number(), bytes);
}

absl::StatusOr<ViewGenerations::Used> ViewGenerations::Update(
    Used used, const LivePlan& plan) {
  GenerationAbout least = used.about;
  TakeOver(plan, parts_.clock->NowMicros(), used.about);
  used.plan = plan;
  // Until it is committed it may let go of tiles as either has it.
  for (auto& [level, kept] : least.levels) {
    kept.reach = kept.reach.Least(used.about.levels[level].reach);
  }
  RETURN_IF_ERROR(Describe(*parts_.store, used, least));
  NoteLosses(used);
  return used;
}

absl::StatusOr<ViewGenerations::Used> ViewGenerations::MakeEmpty(
    const LivePlan& plan) {
  const int64_t now_micros = parts_.clock->NowMicros();
  KnownGeneration made{
      .number = NextNumber(),
      .about = {.view = plan.view,
                .hash = plan.hash,
                .first_record = parts_.log->next(),
                .whole_from_micros =
                    now_micros + plan.source.max_future_skew_micros}};
  TakeOver(plan, now_micros, made.about);
  // Nothing is said of it until it is committed, and so it is of no use.
  RETURN_IF_ERROR(parts_.store->Add(made.number).status());
  return UsedOf(plan, std::move(made));
}

absl::Status ViewGenerations::BeginBuild(View& view, uint64_t from) {
  ASSIGN_OR_RETURN(view.build,
                   LiveBuild::Make({parts_.log, parts_.store}, view.plan,
                                   {.number = NextNumber(),
                                    .from = from,
                                    .now_micros = parts_.clock->NowMicros()}));
  // Whoever looks at it goes on doing so.
  if (view.left == nullptr) {
    view.left = std::make_shared<std::atomic<uint64_t>>();
  }
  *view.left = parts_.log->next() - from;
  return absl::OkStatus();
}

absl::StatusOr<ViewGenerations::View> ViewGenerations::PrepareView(
    LivePlan plan, const Known& known, LiveApplier* applier) {
  View view{.plan = std::move(plan)};
  std::shared_ptr<LiveBuild> build;
  const auto before = std::find_if(
      views_.begin(), views_.end(),
      [&](const View& one) { return one.plan.view == view.plan.view; });
  if (before != views_.end()) {
    view.used = before->used;
    if (before->build != nullptr &&
        before->build->plan().hash == view.plan.hash &&
        ReadAlike(before->build->plan().source, view.plan.source)) {
      build = before->build;
    }
  } else if (const auto found = known.find(view.plan.view);
             found != known.end() && IsOf(found->second.about, view.plan)) {
    view.used = UsedOf(view.plan, found->second);
  }
  const bool is_made = view.used && IsOf(view.used->about, view.plan);
  if (is_made) {
    ASSIGN_OR_RETURN(view.used, Update(*std::move(view.used), view.plan));
    // It may be made of more than it is.
    if (build == nullptr) return view;
  } else if (view.plan.windows == nullptr) {
    ASSIGN_OR_RETURN(view.used, MakeEmpty(view.plan));
    return view;
  }
  if (view.used && !MayAnswer(*view.used, view.plan)) view.used.reset();
  if (build == nullptr) {
    RETURN_IF_ERROR(BeginBuild(view, parts_.log->first()));
    return view;
  }
  if (applier != nullptr && build->AtEnd()) {
    ASSIGN_OR_RETURN(GenerationAbout about, build->Finish(*applier));
    TakeOver(view.plan, parts_.clock->NowMicros(), about);
    view.used = UsedOf(
        view.plan, {build->generations().tiles->number(), std::move(about)});
    return view;
  }
  view.build = std::move(build);
  view.left = before->left;
  return view;
}

absl::Status ViewGenerations::DropAllBut(const std::vector<View>& views) {
  std::set<uint64_t> kept;
  for (const View& view : views) {
    if (view.used) kept.insert(view.used->generation->number());
    if (view.build == nullptr) continue;
    kept.insert({view.build->generations().tiles->number(),
                 view.build->generations().waiting->number()});
  }
  for (const auto& [number, generation] : parts_.store->generations()) {
    if (number <= LiveApplier::kPositionsGeneration) continue;
    if (!kept.contains(number)) RETURN_IF_ERROR(parts_.store->Drop(number));
  }
  return absl::OkStatus();
}

absl::Status ViewGenerations::Prepare(std::vector<LivePlan> plans,
                                      LiveApplier* applier) {
  Known known;
  if (applier == nullptr) {
    ASSIGN_OR_RETURN(known, KnownGenerations(*parts_.store));
  }
  next_.clear();
  for (LivePlan& plan : plans) {
    ASSIGN_OR_RETURN(View view, PrepareView(std::move(plan), known, applier));
    next_.push_back(std::move(view));
  }
  return absl::OkStatus();
}

absl::Status ViewGenerations::Commit() {
  views_ = std::move(next_);
  next_.clear();
  for (const View& view : views_) {
    if (!view.used) continue;
    RETURN_IF_ERROR(Describe(*parts_.store, *view.used, view.used->about));
  }
  return DropAllBut(views_);
}

absl::Status ViewGenerations::BeginAgain(View& view, uint64_t from) {
  // Whoever reads its past begins again.
  if (view.build->past() != nullptr) return replays().End(*view.build);
  const std::shared_ptr<LiveBuild> ended = view.build;
  RETURN_IF_ERROR(BeginBuild(view, from));
  return Drop(*ended);
}

absl::Status ViewGenerations::Drop(const LiveBuild& build) {
  RETURN_IF_ERROR(parts_.store->Drop(build.generations().tiles->number()));
  return parts_.store->Drop(build.generations().waiting->number());
}

ViewGenerations::View* ViewGenerations::Find(const std::string& view) {
  const auto found =
      std::find_if(views_.begin(), views_.end(),
                   [&](const View& one) { return one.plan.view == view; });
  return found == views_.end() ? nullptr : &*found;
}

absl::StatusOr<std::shared_ptr<LiveBuild>> ViewGenerations::Replays::Begin(
    const std::string& name, LiveApplier& applier) {
  View* view = all_.Find(name);
  if (view == nullptr || view->plan.windows == nullptr) {
    return NotFound("there is no stream_feature_view '{}'", name);
  }
  if (view->plan.source.topics() == nullptr) {
    return FailedPrecondition(
        "the source '{}' of view '{}' is not read from topics: there is "
        "nothing "
        "to replay",
        view->plan.source.name, name);
  }
  if (view->build != nullptr || !view->used) {
    return AlreadyExists("view '{}' is being made anew already", name);
  }
  const ChangeLog& log = *all_.parts_.log;
  int64_t now_micros = all_.parts_.clock->NowMicros();
  if (log.first() < log.next()) {
    ASSIGN_OR_RETURN(const int64_t last_micros,
                     TimeOfRecord(log, log.next() - 1));
    now_micros = std::max(now_micros, last_micros);
  }
  // How far its topics were read then is perhaps not written yet.
  const StreamSource& source = view->plan.source;
  const auto passed = all_.passed_over_.find(source.name);
  if (passed != all_.passed_over_.end() &&
      passed->second > now_micros - kSetForwardMicros) {
    return FailedPrecondition(
        "the source '{}' of view '{}' was set forward just now; try again in "
        "half a minute",
        source.name, name);
  }
  // From then on what waits is of now or later, and nothing else is.
  RETURN_IF_ERROR(applier.Release(now_micros));
  ASSIGN_OR_RETURN(
      view->build,
      LiveBuild::Make({all_.parts_.log, all_.parts_.store}, view->plan,
                      {.number = all_.NextNumber(),
                       .from = log.next(),
                       .now_micros = now_micros,
                       .waiting = &applier.parked()}));
  view->left = std::make_shared<std::atomic<uint64_t>>(1);
  // There is a record of after it for who is forgotten from now on.
  RETURN_IF_ERROR(applier.Append(EraseRecord{.at_micros = now_micros}));
  return view->build;
}

ViewGenerations::Replays::State ViewGenerations::Replays::Of(
    const LiveBuild& build) const {
  for (const View& view : all_.views_) {
    if (view.build.get() == &build) return State::kMade;
    if (view.used && view.used->generation == build.generations().tiles) {
      return State::kServes;
    }
  }
  return State::kGone;
}

int64_t ViewGenerations::Replays::KnownBefore(const LiveBuild& build) const {
  const auto view =
      std::find_if(all_.views_.begin(), all_.views_.end(),
                   [&](const View& one) { return one.build.get() == &build; });
  CHECK(view != all_.views_.end() && view->used);
  const int64_t now_micros = all_.parts_.clock->NowMicros();
  const WindowPlan& windows = view->plan.windows->windows;
  int64_t known_micros = now_micros;
  for (const TileLevel level : windows.levels()) {
    known_micros =
        std::min(known_micros,
                 std::max(view->used->coverage->WholeFrom(std::span(&level, 1)),
                          windows.KeptFrom(level, now_micros)));
  }
  return known_micros;
}

void ViewGenerations::Replays::NotePast(const LiveBuild& build,
                                        uint64_t records) {
  *all_.Find(build.plan().view)->left =
      records + all_.parts_.log->next() - build.next();
}

absl::Status ViewGenerations::Replays::End(const LiveBuild& build) {
  if (Of(build) != State::kMade) return absl::OkStatus();
  View* view = all_.Find(build.plan().view);
  const std::shared_ptr<LiveBuild> ended = std::move(view->build);
  view->left = nullptr;
  return all_.Drop(*ended);
}

absl::StatusOr<bool> ViewGenerations::Build(int64_t bytes, uint64_t erased) {
  bool more = false;
  for (View& view : views_) {
    if (view.build == nullptr) continue;
    const uint64_t first = std::max(parts_.log->first(), erased + 1);
    if (view.build->from() <= erased || view.build->next() < first) {
      RETURN_IF_ERROR(BeginAgain(view, first));
    }
    if (view.build == nullptr) continue;
    RETURN_IF_ERROR(view.build->Step(bytes));
    while (const auto begins_at = view.build->BeginsAt()) {
      RETURN_IF_ERROR(BeginAgain(view, *begins_at));
      if (view.build == nullptr) break;
      RETURN_IF_ERROR(view.build->Step(bytes));
    }
    if (view.build == nullptr) continue;
    if (const auto* past = view.build->past(); past && past->is_open())
      continue;
    *view.left = parts_.log->next() - view.build->next();
    more = true;
  }
  return more;
}

bool ViewGenerations::IsBuilding() const {
  return std::any_of(views_.begin(), views_.end(),
                     [](const View& view) { return view.build != nullptr; });
}

bool ViewGenerations::IsBuilt() const {
  return std::any_of(views_.begin(), views_.end(), [](const View& view) {
    return view.build != nullptr && view.build->AtEnd();
  });
}

absl::StatusOr<uint64_t> ViewGenerations::FirstNeeded(
    const LiveApplier& applier) const {
  ASSIGN_OR_RETURN(uint64_t first, applier.FirstNeeded());
  for (const View& view : views_) {
    if (view.build != nullptr) first = std::min(first, view.build->next());
  }
  return first;
}

absl::Status ViewGenerations::MarkLost(const Loss& loss, LiveApplier& applier) {
  const auto& [source, before_micros, is_passed_over] = loss;
  if (is_passed_over) passed_over_[source] = parts_.clock->NowMicros();
  int64_t& lost = lost_.try_emplace(source, before_micros - 1).first->second;
  if (lost >= before_micros) return absl::OkStatus();
  // For what is made of the log later.
  RETURN_IF_ERROR(
      applier.Append(LossRecord{.at_micros = parts_.clock->NowMicros(),
                                .source = source,
                                .before_micros = before_micros}));
  for (View& view : views_) {
    if (!view.used || view.plan.windows == nullptr ||
        view.plan.source.name != source ||
        view.used->about.whole_from_micros >= before_micros) {
      continue;
    }
    view.used->about.whole_from_micros = before_micros;
    view.used->coverage->LoseBefore(before_micros);
    RETURN_IF_ERROR(parts_.store->Describe(view.used->generation->number(),
                                           EncodeAbout(view.used->about)));
  }
  lost = before_micros;
  return absl::OkStatus();
}

ViewGenerations::Next ViewGenerations::next() const {
  Next next;
  for (const View& view : next_) {
    if (!view.used) continue;
    const Used& used = *view.used;
    next.names.push_back(view.plan.view);
    next.views.push_back({.source = used.plan.source,
                          .plan = used.plan.windows,
                          .rows = used.plan.rows,
                          .generation = used.generation,
                          .first_record = used.about.first_record,
                          .coverage = used.coverage});
  }
  return next;
}

}  // namespace freshet
