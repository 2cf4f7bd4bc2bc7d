// SPDX-License-Identifier: Apache-2.0
#include "server/online/reply_writer.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "freshet/v1/online.pb.h"
#include "tests/server/random_plan.h"

namespace freshet {
namespace {

constexpr char kDefinitionsHash[] = "a-hash";

// The reference: what a reply must be, by message objects and from values,
// never from rows' bytes.
class Reference {
 public:
  Reference(const RandomPlan& random, ReplyOptions options)
      : random_(random), options_(options) {}

  v1::GetFeaturesResponse Build() {
    v1::GetFeaturesResponse reply;
    for (const PlannedFeature& feature : random_.plan.features) {
      FillColumn(feature, *reply.add_columns());
    }
    reply.set_request_id("id");
    reply.set_rows(static_cast<uint32_t>(random_.rows));
    for (const PlannedView& view : random_.plan.views) {
      v1::ServedVersion* version = reply.add_versions();
      version->set_view(view.name);
      if (view.version != nullptr) {
        version->set_version(view.version->manifest().version);
      }
    }
    reply.set_request_time_micros(RandomPlan::kNowMicros);
    reply.set_definitions_hash(kDefinitionsHash);
    return reply;
  }

 private:
  // What one row answers: a status and a value, null for none.
  struct Cell {
    int state = 0;
    int cause = 0;
    Value value;
    int64_t event_time = 0;
  };

  Cell CellOf(const PlannedFeature& feature, const std::string& key) {
    const PlannedView& view = random_.plan.views[feature.view];
    const auto& rows = random_.views[feature.view].rows;
    const auto row = rows.find(key);
    Cell cell;
    if (view.version == nullptr) {
      return {v1::STATE_ERROR, v1::CAUSE_NOT_IN_VERSION, Value(), 0};
    }
    if (row != rows.end()) cell.event_time = row->second.event_time_micros;
    if (!feature.column.has_value()) {
      cell.state = v1::STATE_ERROR;
      cell.cause = v1::CAUSE_NOT_IN_VERSION;
      return cell;
    }
    const bool expired =
        view.ttl_micros > 0 && row != rows.end() &&
        RandomPlan::kNowMicros - cell.event_time > view.ttl_micros;
    const Value* stored =
        row == rows.end() ? nullptr : &row->second.values[*feature.column];
    const bool has_value = stored != nullptr && !stored->IsNull();
    cell.state = stored == nullptr ? v1::STATE_NOT_FOUND
                 : expired         ? v1::STATE_EXPIRED
                 : has_value       ? v1::STATE_PRESENT
                                   : v1::STATE_NULL;
    if (has_value && (!expired || options_.expired_values)) {
      cell.value = *stored;
    } else if (feature.default_value.has_value()) {
      cell.cause = v1::CAUSE_DEFAULTED;
      cell.value = *feature.default_value;
    } else if (expired && options_.expired_values) {
      cell.state = v1::STATE_NULL;
      cell.cause = v1::CAUSE_STALE;
    }
    return cell;
  }

  static void AddScalar(const Type& type, const Value& value,
                        v1::Column& column) {
    const bool null = value.IsNull();
    const auto number = null ? 0
                        : std::get_if<int64_t>(&value.v)
                            ? std::get<int64_t>(value.v)
                            : 0;
    const double real =
        std::get_if<double>(&value.v) ? std::get<double>(value.v) : 0;
    switch (type.kind) {
      case Kind::kBool:
        column.add_bools(!null && std::get<bool>(value.v));
        return;
      case Kind::kInt32:
        column.add_int32s(static_cast<int32_t>(number));
        return;
      case Kind::kFloat:
        column.add_floats(static_cast<float>(real));
        return;
      case Kind::kDouble:
        column.add_doubles(real);
        return;
      case Kind::kString:
      case Kind::kBytes:
        if (!null)
          column.mutable_blob()->append(std::get<std::string>(value.v));
        column.add_ends(static_cast<uint32_t>(column.blob().size()));
        return;
      default:
        column.add_int64s(number);
    }
  }

  // What a column of lists has so far.
  struct Lists {
    std::string nulls;
    size_t elements = 0;
  };

  static void AddValue(const Type& type, const Value& value, Lists& lists,
                       v1::Column& column) {
    if (!type.list && type.fixed_length == 0) {
      AddScalar(type, value, column);
      return;
    }
    const auto* list = std::get_if<Value::List>(&value.v);
    if (type.fixed_length > 0) {
      for (uint32_t i = 0; i < type.fixed_length; ++i) {
        AddScalar(type, list == nullptr ? Value() : (*list)[i], column);
      }
      return;
    }
    if (list != nullptr) {
      for (const Value& element : *list) {
        AddScalar(type, element, column);
        lists.nulls.push_back(element.IsNull() ? 1 : 0);
        ++lists.elements;
      }
    }
    column.add_list_ends(static_cast<uint32_t>(lists.elements));
  }

  void FillColumn(const PlannedFeature& feature, v1::Column& column) {
    const ModelView& view = random_.views[feature.view];
    Lists lists;
    for (const std::string& key : view.asked) {
      const Cell cell = CellOf(feature, key);
      column.mutable_statuses()->push_back(
          static_cast<char>(cell.state | cell.cause << 4));
      AddValue(feature.type, cell.value, lists, column);
      if (options_.event_times) column.add_event_times_micros(cell.event_time);
    }
    if (lists.nulls.find('\1') != std::string::npos) {
      column.set_null_elements(lists.nulls);
    }
    column.set_shared(view.shared);
    if (!options_.names) return;
    column.set_name(feature.name);
    column.mutable_type()->set_kind(static_cast<v1::Kind>(feature.type.kind));
    column.mutable_type()->set_list(feature.type.list);
    column.mutable_type()->set_fixed_length(feature.type.fixed_length);
    column.mutable_type()->set_precision(feature.type.precision);
    column.mutable_type()->set_scale(feature.type.scale);
  }

  const RandomPlan& random_;
  const ReplyOptions options_;
};

std::string Written(RandomPlan& random, ReplyOptions options) {
  std::vector<ViewRows> rows(random.plan.views.size());
  std::vector<uint8_t> shared;
  const auto go_on = [] { return true; };
  for (size_t v = 0; v < rows.size(); ++v) {
    ModelView& view = random.views[v];
    view.asked_keys.assign(view.asked.begin(), view.asked.end());
    EXPECT_TRUE(rows[v].LookupCached(random.plan.views[v], view.asked_keys,
                                     RandomPlan::kNowMicros, go_on));
    EXPECT_TRUE(rows[v].LookupDisk(go_on));
    rows[v].Judge();
    shared.push_back(view.shared ? 1 : 0);
  }
  ReplySource source;
  source.plan = &random.plan;
  source.views = rows;
  source.shared = shared;
  source.rows = random.rows;
  source.options = options;
  source.request_id = "id";
  source.definitions_hash = kDefinitionsHash;
  source.request_time_micros = RandomPlan::kNowMicros;
  ReplyWriter writer;
  constexpr char kGuard = 0x5a;
  const size_t size = writer.Measure(source);
  std::string bytes(size + 1, kGuard);
  writer.Write(bytes.data());
  EXPECT_EQ(bytes.back(), kGuard) << "wrote beyond what was measured";
  bytes.pop_back();
  return bytes;
}

void CheckSeed(uint32_t seed) {
  SCOPED_TRACE(fmt::format("seed {}", seed));
  const TempDir dir;
  RandomPlan random(seed, dir.path());
  const ReplyOptions options{(seed & 1) != 0, (seed & 2) != 0, (seed & 4) != 0};

  const std::string bytes = Written(random, options);

  v1::GetFeaturesResponse parsed;
  ASSERT_TRUE(parsed.ParseFromString(bytes));
  const v1::GetFeaturesResponse wanted = Reference(random, options).Build();
  EXPECT_EQ(bytes.size(), wanted.ByteSizeLong());
  // Bytes, so that NaN equals itself and 0.0 is not -0.0.
  EXPECT_EQ(parsed.SerializeAsString(), wanted.SerializeAsString())
      << "wanted " << wanted.ShortDebugString() << "\ngot "
      << parsed.ShortDebugString();
}

TEST(ReplyWriterTest, WritesWhatMessageObjectsWould) {
  const char* given = std::getenv("FRESHET_SEED");
  const auto first = static_cast<uint32_t>(
      given == nullptr ? std::random_device()() : std::atoi(given));
  fmt::print("first seed {} (FRESHET_SEED repeats it)\n", first);
  for (uint32_t i = 0; i < 20; ++i) {
    CheckSeed(first + i);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace freshet
