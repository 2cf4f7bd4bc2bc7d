// SPDX-License-Identifier: Apache-2.0
// What a request pays before the first row is looked up: limits, plan, keys.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <memory>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "config/parse.h"
#include "freshet/v1/online.pb.h"
#include "server/net/request_stats.h"
#include "server/online/feature_query.h"
#include "versions/serving.h"
#include "versions/serving_parts/reaper.h"
#include "versions/serving_parts/served_views.h"

namespace freshet {
namespace {

constexpr int kFeatures = 20;

// One view of 20 doubles and a service of all of them, without a version.
std::unique_ptr<const ServingSet> MakeSet() {
  std::string features;
  std::string references;
  for (int i = 0; i < kFeatures; ++i) {
    features += fmt::format("      - {{name: f{}, type: double}}\n", i);
    references += fmt::format("      - wide.f{}\n", i);
  }
  ParsedFile file = ParseFile(
      "project: bench\n"
      "entities:\n"
      "  - name: thing\n"
      "    join_keys: [{name: id, type: int64}]\n"
      "batch_feature_views:\n"
      "  - name: wide\n"
      "    entities: [thing]\n"
      "    source: {path: wide.parquet}\n"
      "    features:\n" +
      features +
      "feature_services:\n"
      "  - name: model\n"
      "    features:\n" +
      references);
  CHECK(file.problems.empty());
  auto definitions =
      std::make_shared<const Definitions>(std::move(file.definitions));
  std::vector<ServedView> views = MakeServedViews(
      {}, *definitions,
      {.open = {}, .before = ServingSet(), .trouble = {}, .live = {}});
  return std::make_unique<const ServingSet>(std::move(definitions), "0",
                                            std::move(views));
}

struct Server {
  Server() { serving.Publish(MakeSet()); }

  Reaper reaper;
  Serving serving{reaper};
  SystemClock clock;
  RequestStats stats;
  QueryParts parts = {.serving = &serving,
                      .publisher = nullptr,
                      .clock = &clock,
                      .stats = &stats};
};

v1::GetFeaturesRequest Request(int64_t keys, bool by_service) {
  v1::GetFeaturesRequest request;
  if (by_service) {
    request.set_feature_service("model");
  } else {
    for (int i = 0; i < kFeatures; ++i) {
      request.add_features(fmt::format("wide.f{}", i));
    }
  }
  v1::KeyColumn* column = request.add_keys();
  column->set_name("id");
  for (int64_t key = 0; key < keys; ++key) column->add_int64s(key);
  return request;
}

void Admit(benchmark::State& state, bool by_service) {
  Server server;
  const v1::GetFeaturesRequest request = Request(state.range(0), by_service);
  FeatureQuery query(server.parts);
  for (auto _ : state) {
    const absl::Status admitted = query.Begin(request, {});
    if (!admitted.ok()) state.SkipWithError(admitted.ToString().c_str());
    query.Release();
  }
}

void BM_AdmitService(benchmark::State& state) { Admit(state, true); }
void BM_AdmitReferences(benchmark::State& state) { Admit(state, false); }

// What an overload by too large requests costs.
void BM_Refuse(benchmark::State& state) {
  Server server;
  const v1::GetFeaturesRequest request = Request(5000, true);
  FeatureQuery query(server.parts);
  for (auto _ : state) {
    CHECK(!query.Begin(request, {}).ok());
    query.Release();
  }
}

BENCHMARK(BM_AdmitService)->Arg(1)->Arg(100);
BENCHMARK(BM_AdmitReferences)->Arg(1)->Arg(100);
BENCHMARK(BM_Refuse);

}  // namespace
}  // namespace freshet
