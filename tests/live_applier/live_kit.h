// SPDX-License-Identifier: Apache-2.0
// A change log, a live store and who applies the one to the other, for tests;
// and payments as their events.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/value.h"
#include "ingest/live/live_applier.h"
#include "ingest/live/live_views.h"
#include "storage/version.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {

inline constexpr int64_t kSecond = 1'000'000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kDay = 24 * kHour;

struct Payment {
  std::optional<std::string> user = "ann";
  std::optional<int64_t> cents = 100;
  std::optional<int64_t> at = 0;
  std::optional<int64_t> id = std::nullopt;
};

// Fields user, cents, at and id, which is not its `id_field`.
const StreamSource& Payments();

// That source in a file, where pushes come into it, and who it is about: views
// follow.
inline constexpr std::string_view kPaymentsFile = R"yaml(project: p
entities:
  - {name: user, join_keys: [{name: user, type: string}]}
  - {name: item, join_keys: [{name: id, type: int64}]}
stream_sources:
  - name: payments
    fields:
      - {name: user, type: string}
      - {name: cents, type: int64}
      - {name: at, type: timestamp}
      - {name: id, type: int64}
    timestamp_field: at
    single_node: true
)yaml";

// One batch of them. `first`: the offset of the first, for ties. The payments
// must outlive it.
LoggedEvents PaymentEvents(const std::vector<Payment>& payments,
                           int64_t arrival_micros, int64_t first);

// All features of a view, in the order of its plan, as a request at `now` gets
// them from a generation.
std::vector<Value> FeaturesIn(
    const std::shared_ptr<const WindowedViewPlan>& plan,
    const LiveGeneration& generation, const std::string& user,
    int64_t now_micros, const Version* history = nullptr);

// A version of tiles of a span, in a directory that it makes.
struct HistoryKit {
  std::string dir;
  const WindowedViewPlan* plan = nullptr;
  HistorySpan span = {};
  std::vector<Payment> payments = {};
  std::vector<int64_t> offsets = {};  // The place of each payment, for ties.

  std::unique_ptr<const Version> Make(StoreResources& resources) const;
};

// Pushes them, and waits for what is said.
absl::Status SubmitPushed(LiveViews& views,
                          const std::vector<Payment>& payments);

// Lets go of `views`, which are in `dir`, and leaves there what a crash would.
void EndAsByACrash(const std::string& dir, std::unique_ptr<LiveViews>& views);

class LiveKit {
 public:
  LiveKit();

  // Adds a view with a generation of its own, which begins with the next
  // record.
  void AddView(const WindowedView& view,
               const StreamSource& source = Payments());

  // Opens what is on disk again, as after a crash: what the store had not
  // written to files is gone.
  void Crash();
  // The same with a log or a store that does not open.
  absl::Status Open();
  // Closes all, and deletes `log` or `live`.
  void Remove(const std::string& which);

  // All features of a view, in the order of its plan, as a request at `now`
  // gets them.
  std::vector<Value> Features(size_t view, const std::string& user,
                              int64_t now_micros,
                              const Version* history = nullptr) const;
  // One by its name.
  Value Feature(const std::string& name, const std::string& user,
                int64_t now_micros) const;

  LiveApplier& applier() { return *applier_; }
  LiveStore& store() { return *store_; }
  ChangeLog& log() { return *log_; }
  const WindowedViewPlan& plan(size_t view) const { return *views_[view].plan; }

 private:
  struct View {
    StreamSource source;
    std::shared_ptr<const WindowedViewPlan> plan;
    uint64_t generation = 0;
    uint64_t first_record = 1;
  };
  std::vector<LiveView> ViewsToApply() const;
  void Close();

  TempDir dir_;
  StoreResources resources_{8 << 20};
  std::vector<View> views_;
  std::unique_ptr<ChangeLog> log_;
  std::unique_ptr<LiveStore> store_;
  std::unique_ptr<LiveApplier> applier_;
};

}  // namespace freshet
