// SPDX-License-Identifier: Apache-2.0
// Two forms of a reply, columns and rows of values, from the same rows of one
// version: what the daemon pays to write it and a C++ client to read it.
// docs/decisions/0002-reply-wire-form.md has the figures.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <google/protobuf/arena.h>
#include <google/protobuf/struct.pb.h>

#include <string>
#include <vector>

#include "base/check.h"
#include "features/key_codec.h"
#include "features/little_endian.h"
#include "features/row_codec.h"
#include "freshet/v1/online.pb.h"
#include "server/online/reply_writer.h"
#include "storage/version_writer.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using google::protobuf::Arena;
using google::protobuf::ListValue;

constexpr size_t kFeatures = 20;
constexpr int64_t kNow = 1'700'000'000'000'000;

// A table of 20 doubles, and the rows of `entities` keys of it, looked up.
class Lookup {
 public:
  explicit Lookup(size_t entities) {
    std::vector<Column> columns;
    for (size_t f = 0; f < kFeatures; ++f) {
      Type type;
      type.kind = Kind::kDouble;
      columns.push_back(
          {static_cast<uint32_t>(f + 1), fmt::format("f{}", f), type});
    }
    Manifest identity;
    identity.view = "view";
    identity.version = 1;
    identity.schema = RowSchema(1, {{"id", Type{}}}, columns);
    auto writer = VersionWriter::Create(dir_.path(), identity, {});
    CHECK(writer.ok());
    RowWriter row(identity.schema);
    for (size_t e = 0; e < entities; ++e) {
      std::string key;
      AppendKeyInt64(static_cast<int64_t>(e), &key);
      row.Begin(kNow);
      for (size_t f = 0; f < kFeatures; ++f) {
        std::string slot;
        AppendLittle(static_cast<double>(e * f) * 0.25, &slot);
        row.SetFixed(f, slot);
      }
      CHECK((*writer)->Add(key, row.Finish()).ok());
      keys_.push_back(key);
    }
    const auto manifest = (*writer)->Finish();
    CHECK(manifest.ok());
    auto version = Version::Open(dir_.path(), *manifest, resources_);
    CHECK(version.ok());
    MakePlan(columns, *std::move(version));
    views_.resize(1);
    key_views_.assign(keys_.begin(), keys_.end());
    const auto go_on = [] { return true; };
    CHECK(views_[0].LookupCached(plan_.views[0], key_views_, kNow, go_on));
    CHECK(views_[0].LookupDisk(go_on));
    views_[0].Judge();
  }

  const ViewRows& rows() const { return views_[0]; }
  ReplySource source() const {
    ReplySource source;
    source.plan = &plan_;
    source.views = views_;
    source.shared = shared_;
    source.rows = keys_.size();
    source.request_id = "0123456789abcdef";
    source.request_time_micros = kNow;
    return source;
  }

 private:
  void MakePlan(const std::vector<Column>& columns,
                std::unique_ptr<Version> version) {
    PlannedView view;
    view.name = "view";
    view.version = std::move(version);
    plan_.views.push_back(std::move(view));
    for (size_t f = 0; f < columns.size(); ++f) {
      PlannedFeature feature;
      feature.name = "view." + columns[f].name;
      feature.type = feature.stored_type = columns[f].type;
      feature.column = f;
      plan_.features.push_back(std::move(feature));
    }
  }

  TempDir dir_;
  StoreResources resources_{8 << 20};
  std::vector<std::string> keys_;
  std::vector<std::string_view> key_views_;
  Plan plan_;
  const std::vector<uint8_t> shared_{0};
  std::vector<ViewRows> views_;
};

double SlotOf(const Lookup& lookup, size_t row, size_t feature) {
  return LoadLittle<double>(lookup.rows().row(row)->Fixed(feature), 0);
}

std::string WriteColumns(const Lookup& lookup, ReplyWriter& writer) {
  std::string bytes(writer.Measure(lookup.source()), '\0');
  writer.Write(bytes.data());
  return bytes;
}

std::string WriteColumnMessages(const Lookup& lookup, Arena& arena) {
  auto* reply = Arena::CreateMessage<v1::GetFeaturesResponse>(&arena);
  for (size_t f = 0; f < kFeatures; ++f) {
    v1::Column* column = reply->add_columns();
    column->mutable_statuses()->assign(lookup.rows().statuses().size(),
                                       v1::STATE_PRESENT);
    for (size_t r = 0; r < lookup.rows().statuses().size(); ++r) {
      column->add_doubles(SlotOf(lookup, r, f));
    }
  }
  return reply->SerializeAsString();
}

// A row is a list of values, a value is a message with a oneof: the form that
// row-wise feature servers use.
std::string WriteRowMessages(const Lookup& lookup, Arena& arena) {
  auto* reply = Arena::CreateMessage<ListValue>(&arena);
  for (size_t r = 0; r < lookup.rows().statuses().size(); ++r) {
    ListValue* row = reply->add_values()->mutable_list_value();
    for (size_t f = 0; f < kFeatures; ++f) {
      row->add_values()->set_number_value(SlotOf(lookup, r, f));
    }
  }
  return reply->SerializeAsString();
}

void Report(benchmark::State& state, size_t bytes) {
  state.counters["bytes"] = static_cast<double>(bytes);
}

void BM_WriteColumns(benchmark::State& state) {
  const Lookup lookup(static_cast<size_t>(state.range(0)));
  ReplyWriter writer;
  size_t bytes = 0;
  for (auto _ : state) bytes = WriteColumns(lookup, writer).size();
  Report(state, bytes);
}

void BM_WriteColumnMessages(benchmark::State& state) {
  const Lookup lookup(static_cast<size_t>(state.range(0)));
  Arena arena;
  size_t bytes = 0;
  for (auto _ : state) {
    bytes = WriteColumnMessages(lookup, arena).size();
    arena.Reset();
  }
  Report(state, bytes);
}

void BM_WriteRowMessages(benchmark::State& state) {
  const Lookup lookup(static_cast<size_t>(state.range(0)));
  Arena arena;
  size_t bytes = 0;
  for (auto _ : state) {
    bytes = WriteRowMessages(lookup, arena).size();
    arena.Reset();
  }
  Report(state, bytes);
}

void BM_ReadColumns(benchmark::State& state) {
  const Lookup lookup(static_cast<size_t>(state.range(0)));
  ReplyWriter writer;
  const std::string bytes = WriteColumns(lookup, writer);
  for (auto _ : state) {
    v1::GetFeaturesResponse reply;
    CHECK(reply.ParseFromString(bytes));
    double sum = 0;
    for (const v1::Column& column : reply.columns()) {
      for (const double value : column.doubles()) sum += value;
    }
    benchmark::DoNotOptimize(sum);
  }
  Report(state, bytes.size());
}

void BM_ReadRows(benchmark::State& state) {
  const Lookup lookup(static_cast<size_t>(state.range(0)));
  Arena arena;
  const std::string bytes = WriteRowMessages(lookup, arena);
  for (auto _ : state) {
    ListValue reply;
    CHECK(reply.ParseFromString(bytes));
    double sum = 0;
    for (const auto& row : reply.values()) {
      for (const auto& value : row.list_value().values()) {
        sum += value.number_value();
      }
    }
    benchmark::DoNotOptimize(sum);
  }
  Report(state, bytes.size());
}

BENCHMARK(BM_WriteColumns)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(BM_WriteColumnMessages)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(BM_WriteRowMessages)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(BM_ReadColumns)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);
BENCHMARK(BM_ReadRows)->Arg(1)->Arg(10)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace freshet
