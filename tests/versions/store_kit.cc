// SPDX-License-Identifier: Apache-2.0
#include "tests/versions/store_kit.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/check.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "storage/version_writer.h"
#include "versions/layout.h"
#include "versions/upkeep/reconcile.h"

namespace freshet {
namespace {

Value ValueOf(const Type& type, int64_t number) {
  switch (type.kind) {
    case Kind::kBool:
      return Value(number != 0);
    case Kind::kFloat:
    case Kind::kDouble:
      return Value(static_cast<double>(number));
    case Kind::kString:
    case Kind::kBytes:
      return Value(std::to_string(number));
    default:
      return Value(number);
  }
}

std::string KeyOf(const std::vector<KeyPart>& parts, int64_t number) {
  std::vector<Value> values;
  for (const KeyPart& part : parts) {
    values.push_back(part.type.kind == Kind::kInt64
                         ? Value(number)
                         : Value(fmt::format("k{}", number)));
  }
  const auto key = EncodeKey(parts, values);
  CHECK(key.ok());
  return *key;
}

absl::Status WriteRows(const RowSchema& schema, const BuildOptions& options,
                       int64_t value, VersionWriter& writer) {
  std::map<std::string, std::string> rows;
  RowWriter row(schema);
  for (int64_t i = 0; i < options.rows; ++i) {
    row.Begin(kStart);
    for (size_t c = 0; c < schema.columns().size(); ++c) {
      RETURN_IF_ERROR(
          row.SetValue(c, ValueOf(schema.columns()[c].type, value)));
    }
    rows[KeyOf(schema.key(), i)] = row.Finish();
  }
  for (const auto& [key, bytes] : rows) {
    RETURN_IF_ERROR(writer.Add(key, bytes));
  }
  return absl::OkStatus();
}

std::string ReadFeature(const Plan& plan) {
  const PlannedFeature& feature = plan.features.at(0);
  const PlannedView& view = plan.views.at(feature.view);
  if (view.version == nullptr) return "no version";
  if (!feature.column.has_value()) return "not in version";
  const std::string key = KeyOf(view.key, 0);
  const std::string_view keys[] = {key};
  RowBatch rows;
  view.version->LookupCached(keys, rows);
  view.version->LookupDisk(keys, rows);
  if (rows.state(0) != RowBatch::State::kFound) return "no row";
  const auto row = RowView::Parse(view.version->schema(), rows.row(0));
  CHECK(row.ok());
  const auto value = row->Get(*feature.column);
  CHECK(value.ok());
  return FormatValue(feature.stored_type, *value);
}

}  // namespace

std::string UserYaml(const std::vector<std::string>& features,
                     std::string_view extra) {
  std::string out = fmt::format(
      "project: test\n"
      "entities:\n"
      "  - name: user\n"
      "    join_keys: [{{name: id, type: string}}]\n"
      "batch_feature_views:\n"
      "  - name: user\n"
      "    entities: [user]\n"
      "    source: {{path: snapshots/user}}\n"
      "{}"
      "    features:\n",
      extra);
  for (const std::string& feature : features) {
    out += fmt::format(
        "      - {{name: {}}}\n",
        std::string(feature).replace(feature.find(": "), 2, ", type: "));
  }
  out += "feature_services:\n  - name: model\n    features: [user]\n";
  return out;
}

StoreKit::Parts::Parts(const std::string& dir, const Clock& clock,
                       std::unique_ptr<Catalog> opened)
    : catalog(std::move(opened)),
      publisher(dir, *catalog, resources, serving),
      actions(dir, *catalog, publisher, clock),
      groups(*catalog, publisher, clock),
      definitions(*catalog, publisher, actions, clock) {}

StoreKit::StoreKit() { Restart(); }

StoreKit::~StoreKit() = default;

void StoreKit::Restart() {
  state_.reset();
  parts.reset();
  auto catalog = Catalog::Open(dir());
  ASSERT_TRUE(catalog.ok()) << catalog.status();
  auto reconciled =
      Reconcile(**catalog, {.dir = dir(),
                            .now_micros = clock.NowMicros(),
                            .orphan_grace_micros = orphan_grace_micros,
                            .loader_wait_ms = 50});
  ASSERT_TRUE(reconciled.ok()) << reconciled.status();
  notes.clear();
  for (const StartNote& note : *reconciled) notes.push_back(note.text);
  parts = std::make_unique<Parts>(dir(), clock, *std::move(catalog));
  const absl::Status refreshed = parts->publisher.Refresh(clock.NowMicros());
  ASSERT_TRUE(refreshed.ok()) << refreshed;
}

void StoreKit::Apply(const std::string& yaml) {
  const auto result = parts->definitions.Apply(
      {.text = yaml, .source_name = "test.yaml", .author = "test"});
  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_TRUE(result->applied) << FormatProblems("test.yaml", result->problems);
}

absl::StatusOr<CommitRequest> StoreKit::Build(const BuildOptions& options) {
  ASSIGN_OR_RETURN(const int64_t version,
                   AllocateVersion(*parts->catalog, options.view));
  const ViewRecord& record = view(options.view);
  Manifest identity;
  identity.view = options.view;
  identity.version = version;
  identity.generation = record.generation;
  identity.schema = record.schema;
  identity.as_of_micros =
      options.as_of_micros != 0 ? options.as_of_micros : clock.NowMicros();
  identity.built_at_micros = clock.NowMicros();
  identity.build = "test";
  const std::string building = BuildingDir(dir(), options.view, version);
  RETURN_IF_ERROR(MakeDir(building));
  ASSIGN_OR_RETURN(const auto writer,
                   VersionWriter::Create(building, identity, {}));
  RETURN_IF_ERROR(WriteRows(record.schema, options,
                            options.value != 0 ? options.value : version,
                            *writer));
  CommitRequest request;
  ASSIGN_OR_RETURN(request.manifest, writer->Finish());
  request.activate = true;
  request.who = "test";
  request.now_micros = clock.NowMicros();
  return request;
}

int64_t StoreKit::Load(const BuildOptions& options) {
  clock.Advance(kSecondMicros);
  const auto request = Build(options);
  EXPECT_TRUE(request.ok()) << request.status();
  if (!request.ok()) return 0;
  const auto active = CommitVersion(dir(), *parts->catalog, *request);
  EXPECT_TRUE(active.ok()) << active.status();
  const absl::Status refreshed =
      parts->publisher.Refresh(clock.NowMicros(), options.view);
  EXPECT_TRUE(refreshed.ok()) << refreshed;
  return request->manifest.version;
}

std::string StoreKit::Read(std::string_view reference,
                           const VersionChoice& choice) {
  const std::string references[] = {std::string(reference)};
  const Serving::SetPtr set = parts->serving.Current();
  const auto plan = set->MakePlan(references, choice);
  return plan.ok() ? ReadFeature(**plan) : plan.status().ToString();
}

void StoreKit::AskForAll() {
  const Serving::SetPtr set = parts->serving.Current();
  const std::shared_ptr<const Version> version = set->FindView("user")->current;
  std::vector<std::string> keys;
  EXPECT_TRUE(version
                  ->Scan([&](std::string_view key, std::string_view) {
                    keys.emplace_back(key);
                    return true;
                  })
                  .ok());
  const std::vector<std::string_view> views(keys.begin(), keys.end());
  RowBatch rows;
  version->LookupCached(views, rows);
  version->LookupDisk(views, rows);
  // Not the one that Read asks for: what is sampled is warmed in any case.
  RecentKeys* recent = parts->publisher.recent_keys("user");
  for (uint64_t i = 0; i < RecentKeys::kEvery; ++i) recent->Offer(keys.back());
}

const ViewRecord& StoreKit::view(const std::string& name) {
  state_ = parts->catalog->state();
  return state_->views.at(name);
}

void TruncateFile(const std::string& path, int64_t bytes) {
  std::filesystem::resize_file(path, static_cast<uintmax_t>(bytes));
}

std::string FirstTable(const std::string& version_dir) {
  const auto names = ListDir(version_dir);
  CHECK(names.ok());
  for (const std::string& name : *names) {
    if (name.ends_with(".sst")) return version_dir + "/" + name;
  }
  CHECK(false);
}

}  // namespace freshet
