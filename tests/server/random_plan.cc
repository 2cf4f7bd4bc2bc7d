// SPDX-License-Identifier: Apache-2.0
#include "tests/server/random_plan.h"

#include <fmt/format.h>

#include <limits>

#include "base/check.h"
#include "base/file.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "storage/version_writer.h"

namespace freshet {
namespace {

constexpr Kind kKinds[] = {Kind::kBool,  Kind::kInt32,     Kind::kInt64,
                           Kind::kFloat, Kind::kDouble,    Kind::kString,
                           Kind::kBytes, Kind::kTimestamp, Kind::kDecimal};

// The type that a definition widened since the version was built.
Type Widened(Type type) {
  if (type.kind == Kind::kInt32) type.kind = Kind::kInt64;
  if (type.kind == Kind::kFloat && type.fixed_length == 0) {
    type.kind = Kind::kDouble;
  }
  return type;
}

}  // namespace

RandomPlan::RandomPlan(uint32_t seed, const std::string& dir) : random_(seed) {
  const size_t counts[] = {0, 1, 2, 63, 64, 65, 200};
  rows = OneIn(4) ? counts[Below(7)] : 1 + Below(20);
  const size_t view_count = 1 + Below(3);
  for (size_t v = 0; v < view_count; ++v) AddView(v, dir);
}

Type RandomPlan::RandomType() {
  Type type;
  type.kind = kKinds[Below(std::size(kKinds))];
  if (type.kind == Kind::kDecimal) {
    type.precision = 12;
    type.scale = 2;
  }
  if (type.kind == Kind::kFloat && OneIn(3)) {
    type.fixed_length = static_cast<uint32_t>(1 + Below(9));
  } else {
    type.list = OneIn(3);
  }
  return type;
}

Value RandomPlan::RandomElement(const Type& type) {
  switch (type.kind) {
    case Kind::kBool:
      return Value(OneIn(2));
    case Kind::kInt32:
      return Value(static_cast<int64_t>(static_cast<int32_t>(random_())));
    case Kind::kFloat:
      return Value(
          static_cast<double>(static_cast<float>(random_()) / 3.0F - 7e8F));
    case Kind::kDouble: {
      const double special[] = {-0.0, std::numeric_limits<double>::quiet_NaN(),
                                std::numeric_limits<double>::infinity(), 1e308};
      return Value(OneIn(5) ? special[Below(4)]
                            : static_cast<double>(random_()) / 7.0);
    }
    case Kind::kString: {
      const char* texts[] = {"", "a", "grüezi", "a\"b\\c"};
      return Value(std::string(texts[Below(4)]) +
                   std::string(Below(3) * 9, 'x'));
    }
    case Kind::kBytes:
      return Value(std::string(Below(4), '\0') + "\xff\x80");
    case Kind::kDecimal:
      return Value(static_cast<int64_t>(random_()) - 2'000'000'000);
    default:
      return Value(
          static_cast<int64_t>((uint64_t{random_()} << 32) | random_()));
  }
}

Value RandomPlan::RandomValue(const Type& type) {
  if (OneIn(5)) return Value();
  if (type.fixed_length > 0) {
    Value::List list;
    for (uint32_t i = 0; i < type.fixed_length; ++i) {
      list.push_back(RandomElement(type));
    }
    return Value(std::move(list));
  }
  if (!type.list) return RandomElement(type);
  Value::List list;
  const bool nulls = OneIn(2);
  for (size_t n = Below(5); n > 0; --n) {
    list.push_back(nulls && OneIn(3) ? Value() : RandomElement(type));
  }
  return Value(std::move(list));
}

std::string RandomPlan::Key(size_t number) const {
  std::string key;
  AppendKeyInt64(static_cast<int64_t>(number), &key);
  return key;
}

void RandomPlan::AddView(size_t index, const std::string& dir) {
  std::vector<Column> columns;
  for (size_t c = 0, n = 1 + Below(8); c < n; ++c) {
    columns.push_back(
        {static_cast<uint32_t>(c + 1), fmt::format("f{}", c), RandomType()});
  }
  Manifest identity;
  identity.view = fmt::format("view{}", index);
  identity.version = static_cast<int64_t>(Below(200));
  identity.schema = RowSchema(7, {{"id", Type{}}}, columns);

  ModelView model;
  model.shared = OneIn(4);
  const std::string path = fmt::format("{}/v{}", dir, index);
  CHECK(MakeDir(path).ok());
  auto writer = VersionWriter::Create(path, identity, {});
  CHECK(writer.ok());
  RowWriter row_writer(identity.schema);
  for (size_t k = 0; k < 30; ++k) {
    ModelRow row;
    row.event_time_micros =
        kNowMicros - static_cast<int64_t>(Below(3) * 1'000'000);
    row_writer.Begin(row.event_time_micros);
    for (size_t c = 0; c < columns.size(); ++c) {
      row.values.push_back(RandomValue(columns[c].type));
      if (row.values[c].IsNull()) continue;
      CHECK(row_writer.SetValue(c, row.values[c]).ok());
    }
    CHECK((*writer)->Add(Key(k), row_writer.Finish()).ok());
    model.rows[Key(k)] = std::move(row);
  }
  const auto manifest = (*writer)->Finish();
  CHECK(manifest.ok());
  for (size_t i = 0; i < (model.shared ? 1 : rows); ++i) {
    model.asked.push_back(Key(Below(40)));
  }

  PlannedView view;
  view.name = identity.view;
  view.key = identity.schema.key();
  view.ttl_micros = OneIn(2) ? 1'000'000 : 0;
  if (!OneIn(8)) {
    auto version = Version::Open(path, *manifest, resources_);
    CHECK(version.ok());
    view.version = *std::move(version);
  }
  plan.views.push_back(std::move(view));
  views.push_back(std::move(model));
  AddFeatures(index, identity.schema);
}

void RandomPlan::AddFeatures(size_t view, const RowSchema& schema) {
  for (size_t c = 0; c < schema.columns().size(); ++c) {
    const Column& column = schema.columns()[c];
    PlannedFeature feature;
    feature.name = plan.views[view].name + "." + column.name;
    feature.view = view;
    feature.stored_type = column.type;
    feature.type = OneIn(3) ? Widened(column.type) : column.type;
    if (plan.views[view].version != nullptr && !OneIn(8)) feature.column = c;
    if (OneIn(3)) {
      Value value = RandomValue(feature.type);
      if (!value.IsNull()) feature.default_value = std::move(value);
    }
    plan.features.push_back(std::move(feature));
  }
}

}  // namespace freshet
