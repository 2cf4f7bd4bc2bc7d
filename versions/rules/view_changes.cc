// SPDX-License-Identifier: Apache-2.0
#include "versions/rules/view_changes.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

using Kind = SchemaChange::Kind;

const Column* FindColumn(const RowSchema& schema, std::string_view name) {
  for (const Column& column : schema.columns()) {
    if (column.name == name) return &column;
  }
  return nullptr;
}

std::string KeyText(const std::vector<KeyPart>& key) {
  std::vector<std::string> parts;
  for (const KeyPart& part : key) {
    parts.push_back(fmt::format("{} {}", part.name, part.type.ToString()));
  }
  return fmt::format("({})", fmt::join(parts, ", "));
}

// Takes the features one by one and gives each its column.
class SchemaBuilder {
 public:
  explicit SchemaBuilder(ViewChanges& out)
      : out_(out), before_(out.record.schema) {}

  void Add(const Feature& feature) {
    const Column* same = FindColumn(before_, feature.name);
    if (same == nullptr && !feature.was.empty()) {
      same = FindColumn(before_, feature.was);
      if (same != nullptr) {
        Change(Kind::kRenamed, feature.name, same->name, feature.name);
      }
    }
    if (same == nullptr) {
      Change(Kind::kAdded, feature.name, "", feature.type.ToString());
      columns_.push_back({NextId(), feature.name, feature.type});
      return;
    }
    taken_.insert(same->id);
    uint32_t id = same->id;
    if (!WidensTo(same->type, feature.type)) {
      Change(Kind::kRetyped, feature.name, same->type.ToString(),
             feature.type.ToString());
      id = NextId();
      new_generation_ = true;
    } else if (same->type != feature.type) {
      Change(Kind::kWidened, feature.name, same->type.ToString(),
             feature.type.ToString());
    }
    columns_.push_back({id, feature.name, feature.type});
  }

  absl::Status Finish(std::vector<KeyPart> key) {
    for (const Column& column : before_.columns()) {
      if (!taken_.contains(column.id)) {
        Change(Kind::kRemoved, column.name, column.type.ToString(), "");
      }
    }
    const bool is_new = before_.key().empty();
    if (!is_new && key != before_.key()) {
      Change(Kind::kKey, "", KeyText(before_.key()), KeyText(key));
      new_generation_ = true;
    }
    if (key == before_.key() && columns_ == before_.columns()) {
      return absl::OkStatus();
    }
    auto schema = RowSchema::Create(before_.id() + 1, std::move(key),
                                    std::move(columns_));
    if (!schema.ok()) {
      return Annotate(schema.status(),
                      fmt::format("view '{}'", out_.record.view));
    }
    out_.record.schema = *std::move(schema);
    if (new_generation_) ++out_.record.generation;
    return absl::OkStatus();
  }

 private:
  void Change(Kind kind, std::string name, std::string before,
              std::string after) {
    out_.changes.push_back(
        {kind, std::move(name), std::move(before), std::move(after)});
  }
  uint32_t NextId() { return out_.record.next_feature_id++; }

  ViewChanges& out_;
  const RowSchema before_;
  std::vector<Column> columns_;
  std::set<uint32_t> taken_;
  bool new_generation_ = false;
};

}  // namespace

absl::StatusOr<ViewChanges> CompareView(const ViewRecord& record,
                                        const BatchFeatureView& view,
                                        const std::vector<JoinKey>& keys) {
  ViewChanges out;
  out.record = record;
  out.record.view = view.name;
  // What is watched is loaded again.
  if (record.removed) ++out.record.generation;
  out.record.removed = false;
  SchemaBuilder builder(out);
  for (const Feature& feature : view.features) builder.Add(feature);
  std::vector<KeyPart> key;
  for (const JoinKey& part : keys) key.push_back({part.name, part.type});
  RETURN_IF_ERROR(builder.Finish(std::move(key)));
  return out;
}

}  // namespace freshet
