// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ingest/live/generation_about.h"
#include "ingest/live/live_build.h"
#include "ingest/live/live_plan.h"
#include "ingest/live/live_view.h"
#include "storage/live/coverage.h"

namespace freshet {

class Clock;

// Which generation of the live store each view answers from, and which is made
// for it meanwhile (docs/semantics.md, rule 15). A view is known by its name,
// and a generation by the hash of what its tiles or rows are made by: where
// that changes, tiles of a window are made anew from the change log and those
// that there were answer until then; rows begin empty. Used where nothing is
// written meanwhile.
class ViewGenerations {
 public:
  struct Parts {
    ChangeLog* log;
    LiveStore* store;
    const Clock* clock;
  };
  // A generation that takes what comes.
  struct Used {
    LivePlan plan;  // What it is made by; perhaps no more what is defined.
    GenerationAbout about = {};
    LiveGeneration::Ptr generation = nullptr;
    std::shared_ptr<Coverage> coverage = nullptr;
  };
  struct View {
    LivePlan plan;
    std::optional<Used> used = {};
    std::shared_ptr<LiveBuild> build = nullptr;
    // How many records of the log the build has left; null: there is none.
    std::shared_ptr<std::atomic<uint64_t>> left = nullptr;
  };

  explicit ViewGenerations(Parts parts) : parts_(parts) {}

  // Makes what the plans need, in three steps: Prepare, `next` is given to the
  // applier, and Commit says on disk that it is used. After an error of Prepare
  // what was is used on; after one of Commit nothing may be written any more.
  // `applier`: null until there is one.
  absl::Status Prepare(std::vector<LivePlan> plans, LiveApplier* applier);
  struct Next {
    std::vector<LiveView> views = {};
    std::vector<std::string> names = {};  // In the same order.
  };
  Next next() const;
  absl::Status Commit();

  // Goes on with what is being made. `erased`: the last record of the log that
  // may have what is to be forgotten; what is made is made without it.
  // Whether there may be more: not while replays are given their past.
  absl::StatusOr<bool> Build(int64_t bytes, uint64_t erased);
  // Windows that are made anew of more than the log has.
  class Replays {
   public:
    // Begins: what came before this moment the build is given
    // (LiveBuild::Past), what comes from now on the log has; then the next
    // Prepare uses it, and until then what there is answers. NOT_FOUND: there
    // is no such view of windows. FAILED_PRECONDITION: its source has no
    // topics; ALREADY_EXISTS: it is being made.
    absl::StatusOr<std::shared_ptr<LiveBuild>> Begin(const std::string& view,
                                                     LiveApplier& applier);
    enum class State {
      kMade,    // Still.
      kServes,  // What was made of it.
      kGone,    // The view was defined anew, or somebody was forgotten.
    };
    State Of(const LiveBuild& build) const;
    // From when on the view that it is made for has all that its windows ask
    // for now. Requires: kMade.
    int64_t KnownBefore(const LiveBuild& build) const;
    // How many records the topics have for it yet, besides the log. Requires:
    // kMade.
    void NotePast(const LiveBuild& build, uint64_t records);
    // Makes it no further.
    absl::Status End(const LiveBuild& build);

   private:
    friend class ViewGenerations;
    explicit Replays(ViewGenerations& all) : all_(all) {}

    ViewGenerations& all_;
  };
  Replays replays() { return Replays(*this); }

  // Whether something is made and not used: the next Prepare uses it.
  bool IsBuilt() const;
  bool IsBuilding() const;
  // The first record of the log that is needed, here or by the applier.
  absl::StatusOr<uint64_t> FirstNeeded(const LiveApplier& applier) const;

  // Events of the source of before that time are lost: whoever asks knows.
  struct Loss {
    std::string source;
    int64_t before_micros = 0;
    bool is_passed_over = false;  // By who reads its topics, now.
  };
  absl::Status MarkLost(const Loss& loss, LiveApplier& applier);

  // In the order of the definitions.
  const std::vector<View>& views() const { return views_; }

 private:
  using Known = std::map<std::string, KnownGeneration>;

  absl::StatusOr<View> PrepareView(LivePlan plan, const Known& known,
                                   LiveApplier* applier);
  absl::StatusOr<Used> Update(Used used, const LivePlan& plan);
  absl::StatusOr<Used> MakeEmpty(const LivePlan& plan);
  static absl::Status Describe(LiveStore& store, const Used& used,
                               const GenerationAbout& about);
  absl::Status BeginBuild(View& view, uint64_t from);
  absl::Status BeginAgain(View& view, uint64_t from);
  absl::Status Drop(const LiveBuild& build);
  View* Find(const std::string& view);
  absl::Status DropAllBut(const std::vector<View>& views);
  uint64_t NextNumber() const;
  Used UsedOf(const LivePlan& plan, KnownGeneration known) const;

  const Parts parts_;
  std::vector<View> views_;
  std::vector<View> next_;                      // What is prepared.
  std::map<std::string, int64_t> lost_;         // What was marked, by source.
  std::map<std::string, int64_t> passed_over_;  // When something was, last.
};

}  // namespace freshet
