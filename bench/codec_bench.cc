// SPDX-License-Identifier: Apache-2.0
// What a request pays for keys and rows, beside RocksDB.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "features/key_codec.h"
#include "features/little_endian.h"
#include "features/row_codec.h"

namespace freshet {
namespace {

constexpr size_t kColumns = 50;

// Half doubles, a quarter int64, a quarter strings.
RowSchema WideSchema() {
  std::vector<Column> columns;
  for (uint32_t i = 0; i < kColumns; ++i) {
    const Kind kind = i % 2 == 0   ? Kind::kDouble
                      : i % 4 == 1 ? Kind::kInt64
                                   : Kind::kString;
    columns.push_back({i, "f" + std::to_string(i), {.kind = kind}});
  }
  return RowSchema(1, {}, columns);
}

void FillRow(const RowSchema& schema, int64_t number, RowWriter& writer) {
  writer.Begin(number);
  std::string slot;
  AppendLittle(number, &slot);
  for (size_t i = 0; i < schema.columns().size(); ++i) {
    if (schema.columns()[i].type.IsVariable()) {
      writer.SetBytes(i, "a short string");
    } else {
      writer.SetFixed(i, slot);
    }
  }
}

void BM_KeyInt64(benchmark::State& state) {
  std::string key;
  int64_t number = 0;
  for (auto _ : state) {
    key.clear();
    AppendKeyInt64(++number, &key);
    benchmark::DoNotOptimize(key.data());
  }
}
BENCHMARK(BM_KeyInt64);

void BM_KeyStringAndInt64(benchmark::State& state) {
  std::string key;
  int64_t number = 0;
  for (auto _ : state) {
    key.clear();
    AppendKeyBytes("route JFK-LAX", /*last=*/false, &key);
    AppendKeyInt64(++number, &key);
    benchmark::DoNotOptimize(key.data());
  }
}
BENCHMARK(BM_KeyStringAndInt64);

void BM_ValidUtf8(benchmark::State& state) {
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(IsValidUtf8(text));
}
BENCHMARK(BM_ValidUtf8)->Arg(16)->Arg(256);

void BM_WriteRow(benchmark::State& state) {
  const RowSchema schema = WideSchema();
  RowWriter writer(schema);
  int64_t number = 0;
  for (auto _ : state) {
    FillRow(schema, ++number, writer);
    benchmark::DoNotOptimize(writer.Finish());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_WriteRow);

// Parses a row of 50 columns and copies some of them out, as a reply does.
void BM_ProjectRow(benchmark::State& state) {
  const RowSchema schema = WideSchema();
  RowWriter writer(schema);
  FillRow(schema, 7, writer);
  const std::string bytes(writer.Finish());
  const auto wanted = static_cast<size_t>(state.range(0));
  std::string out;
  for (auto _ : state) {
    out.clear();
    const auto row = RowView::Parse(schema, bytes);
    for (size_t i = 0; i < wanted; ++i) {
      if (row->IsNull(i)) continue;
      out += schema.columns()[i].type.IsVariable() ? *row->Variable(i)
                                                   : row->Fixed(i);
    }
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_ProjectRow)->Arg(1)->Arg(10)->Arg(50);

}  // namespace
}  // namespace freshet
