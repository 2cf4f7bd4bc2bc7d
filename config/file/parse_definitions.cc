// SPDX-License-Identifier: Apache-2.0
#include "config/file/parse_definitions.h"

#include <fmt/ranges.h>

#include "config/file/field_values.h"
#include "config/file/parse_references.h"
#include "config/file/parse_streams.h"
#include "config/names.h"
#include "config/timestamp.h"

namespace freshet {
namespace {

// Reads one definition after the other, keeping what can only be checked once
// all are there.
class Reader {
 public:
  explicit Reader(std::vector<Problem>& problems) : problems_(problems) {}

  Definitions Read(ObjectReader& file, bool misread);

 private:
  // A section of the file; one that is no list leaves `out` misread.
  const std::vector<YamlNode::Ptr>& Section(ObjectReader& file,
                                            std::string_view name,
                                            Definitions& out);
  Entity ReadEntity(const YamlNode& node);
  JoinKey ReadJoinKey(const YamlNode& node);
  BatchFeatureView ReadView(const YamlNode& node);
  WatchSettings ReadWatch(const ObjectSpec& spec, const YamlNode& node,
                          const BatchSource& source);
  BatchSource ReadSource(const ObjectSpec& spec, const YamlNode& node);
  Feature ReadFeature(const YamlNode& node);
  FeatureService ReadService(const YamlNode& node);
  Type ReadType(ObjectReader& in);
  void ReadDefault(ObjectReader& in, Feature& feature);
  void ReadEntityNames(ObjectReader& in, BatchFeatureView& view);
  template <typename View>
  void AddEntityReferences(ObjectReader& in, const FieldSpec& spec,
                           const View& view);
  WindowedView ReadStreamView(const YamlNode& node);
  void ReadHistory(const WindowedView& view, const YamlNode& node);
  void AddHistories(Definitions& out);

  std::vector<Problem>& problems_;
  std::vector<BatchFeatureView> histories_;
  std::vector<EntityReference> entity_references_;
};

Type Reader::ReadType(ObjectReader& in) {
  std::string text;
  in.Read("type", text);
  // A wrong one is a problem already.
  return Type::Parse(text).value_or(Type{});
}

JoinKey Reader::ReadJoinKey(const YamlNode& node) {
  const size_t before = problems_.size();
  const ObjectSpec& spec = *EntitySpec().Find("join_keys")->object;
  ObjectReader in(spec, node, problems_);
  JoinKey key;
  key.at = node.at;
  in.Read("name", key.name);
  key.type = ReadType(in);
  key.misread = problems_.size() > before;
  return key;
}

Entity Reader::ReadEntity(const YamlNode& node) {
  ObjectReader in(EntitySpec(), node, problems_);
  Entity entity;
  entity.at = node.at;
  in.Read("name", entity.name);
  ReadAbout(in, entity);
  for (const YamlNode::Ptr& item : in.Items("join_keys")) {
    entity.join_keys.push_back(ReadJoinKey(*item));
  }
  AddDuplicates("join key", entity.join_keys, problems_);
  return entity;
}

WatchSettings Reader::ReadWatch(const ObjectSpec& spec, const YamlNode& node,
                                const BatchSource& source) {
  ObjectReader in(spec, node, problems_);
  WatchSettings watch;
  in.Read("every", watch.every_micros);
  in.Read("quiet_for", watch.quiet_micros);
  std::string choice;
  in.Read("complete", choice);
  if (!choice.empty()) {
    watch.complete = CompleteOf(choice);
  } else if (!source.manifest.empty()) {
    watch.complete = Complete::kManifest;
  }
  choice.clear();
  in.Read("each", choice);
  if (!choice.empty()) watch.each = SnapshotPlaceOf(choice);
  return watch;
}

// By a specification that has these fields, or most of them.
BatchSource Reader::ReadSource(const ObjectSpec& spec, const YamlNode& node) {
  const size_t before = problems_.size();
  ObjectReader in(spec, node, problems_);
  BatchSource source;
  source.at = node.at;
  const auto read = [&](std::string_view name, std::string& target) {
    if (spec.Find(name) != nullptr) in.Read(name, target);
  };
  const auto choice = [&](std::string_view name) {
    std::string text;
    read(name, text);
    return text;
  };
  in.Read("path", source.path);
  in.Read("require_success", source.require_success);
  in.Read("manifest", source.manifest);
  read("timestamp_field", source.timestamp_field);
  read("deleted_field", source.deleted_field);
  in.Read("zone", source.zone);
  in.Read("columns", source.columns);
  if (const std::string mode = choice("mode"); !mode.empty()) {
    source.mode = LoadModeOf(mode);
  }
  if (const std::string format = choice("format"); !format.empty()) {
    source.format = FileFormatOf(format);
  }
  if (const std::string at = choice("at"); !at.empty()) {
    source.at_day = DayPointOf(at);
  }
  if (const std::string twice = choice("duplicates"); !twice.empty()) {
    source.duplicates = DuplicatesOf(twice);
  }
  if (const std::string letters = choice("column_case"); !letters.empty()) {
    source.column_case = ColumnCaseOf(letters);
  }
  if (const std::string names = choice("partitions"); !names.empty()) {
    source.partitions = PartitionsOf(names);
  }
  if (const YamlNode* watch = in.Find("watch")) {
    source.watch = ReadWatch(*spec.Find("watch")->object, *watch, source);
  }
  source.misread = problems_.size() > before;
  return source;
}

void Reader::ReadDefault(ObjectReader& in, Feature& feature) {
  const YamlNode* node = in.Find("default");
  const YamlNode* type = in.Find("type");
  // Without a good type nothing can be said about its default.
  if (node == nullptr || type == nullptr) return;
  if (!Type::Parse(type->text).ok()) return;
  auto value = ValueOf(feature.type, *node);
  if (value.ok()) {
    feature.default_value = *std::move(value);
  } else {
    in.AddProblem(*node, "default", std::string(value.status().message()));
  }
}

Feature Reader::ReadFeature(const YamlNode& node) {
  ObjectReader in(*BatchViewSpec().Find("features")->object, node, problems_);
  Feature feature;
  feature.at = node.at;
  in.Read("name", feature.name);
  in.Read("was", feature.was);
  feature.type = ReadType(in);
  ReadDefault(in, feature);
  in.Read("description", feature.description);
  in.Read("tags", feature.tags);
  in.Read("pii", feature.pii);
  if (const YamlNode* guard = in.Find("guard")) {
    ObjectReader fields(
        *BatchViewSpec().Find("features")->object->Find("guard")->object,
        *guard, problems_);
    fields.Read("min", feature.guard.min);
    fields.Read("max", feature.guard.max);
    fields.Read("nulls_max", feature.guard.nulls_max);
  }
  return feature;
}

void Reader::ReadEntityNames(ObjectReader& in, BatchFeatureView& view) {
  const size_t before = problems_.size();
  in.Read("entities", view.entities);
  // Some of them would be a wrong key.
  if (problems_.size() > before) view.entities.clear();
  AddEntityReferences(in, *BatchViewSpec().Find("entities"), view);
}

template <typename View>
void Reader::AddEntityReferences(ObjectReader& in, const FieldSpec& spec,
                                 const View& view) {
  for (const YamlNode::Ptr& item : in.Items("entities")) {
    if (!TextOf(spec, *item).ok()) continue;  // A problem already.
    entity_references_.push_back({item->text, item->at, view.name, view.at});
  }
}

BatchFeatureView Reader::ReadView(const YamlNode& node) {
  ObjectReader in(BatchViewSpec(), node, problems_);
  BatchFeatureView view;
  view.at = node.at;
  in.Read("name", view.name);
  ReadAbout(in, view);
  ReadEntityNames(in, view);
  if (const YamlNode* source = in.Find("source")) {
    view.source = ReadSource(*BatchViewSpec().Find("source")->object, *source);
  }
  if (const YamlNode* live = in.Find("live")) {
    view.live = ParseLiveRows(*live, problems_);
  }
  in.Read("ttl", view.ttl_micros);
  in.Read("freshness", view.freshness_micros);
  in.Read("pii", view.pii);
  in.Read("critical", view.critical);
  if (const YamlNode* guards = in.Find("guards")) {
    ObjectReader fields(*BatchViewSpec().Find("guards")->object, *guards,
                        problems_);
    fields.Read("rows_ratio_min", view.guards.rows_ratio_min);
    fields.Read("rows_ratio_max", view.guards.rows_ratio_max);
    fields.Read("bytes_ratio_min", view.guards.bytes_ratio_min);
    fields.Read("values_ratio_min", view.guards.values_ratio_min);
    fields.Read("age_max", view.guards.age_max_micros);
    fields.Read("allow_empty", view.guards.allow_empty);
  }
  if (const YamlNode* retention = in.Find("retention")) {
    ObjectReader fields(*BatchViewSpec().Find("retention")->object, *retention,
                        problems_);
    fields.Read("versions", view.retention.versions);
    fields.Read("max_age", view.retention.max_age_micros);
  }
  in.Read("snapshot_group", view.snapshot_group);
  for (const YamlNode::Ptr& item : in.Items("features")) {
    view.features.push_back(ReadFeature(*item));
  }
  AddDuplicates("feature", view.features, problems_);
  return view;
}

WindowedView Reader::ReadStreamView(const YamlNode& node) {
  WindowedView view = ParseStreamView(node, problems_);
  std::vector<Problem> known;  // It has found them.
  ObjectReader in(StreamViewSpec(), node, known);
  AddEntityReferences(in, *StreamViewSpec().Find("entities"), view);
  known.clear();
  if (const YamlNode* history = in.Find("batch_source")) {
    ReadHistory(view, *history);
  }
  problems_.insert(problems_.end(), known.begin(), known.end());
  return view;
}

void Reader::ReadHistory(const WindowedView& view, const YamlNode& node) {
  const ObjectSpec& spec = *StreamViewSpec().Find("batch_source")->object;
  BatchFeatureView history;
  history.name = HistoryName(view.name);
  history.entities = view.entities;
  history.source = ReadSource(spec, node);
  std::vector<Problem> found;
  ObjectReader in(spec, node, found);
  found.clear();  // ReadSource has found them.
  ViewHistory of{.stream_view = view.name};
  in.Read("settle", of.settle_micros);
  in.Read("covers", of.covers_micros);
  std::string since;
  in.Read("since", since);
  // A wrong one is a problem already.
  of.since_micros = ParseTimestamp(since).value_or(0);
  if (!found.empty()) history.source.misread = true;
  problems_.insert(problems_.end(), found.begin(), found.end());
  history.history = std::move(of);
  Feature tiles;
  tiles.name = "tiles";
  tiles.type.kind = Kind::kBytes;
  tiles.at = node.at;
  history.features.push_back(std::move(tiles));
  history.owner = view.owner;
  history.description = "the past of stream view " + view.name;
  history.pii = view.pii;
  history.at = node.at;
  histories_.push_back(std::move(history));
}

// Their event times are those of the stream's source.
void Reader::AddHistories(Definitions& out) {
  for (BatchFeatureView& history : histories_) {
    const WindowedView* view = out.FindStreamView(history.history->stream_view);
    if (view == nullptr || view->name.empty()) continue;
    const StreamSource* source = out.FindStreamSource(view->source);
    if (source != nullptr) {
      history.source.timestamp_field = source->timestamp_field;
    }
    out.batch_views.push_back(std::move(history));
  }
}

FeatureService Reader::ReadService(const YamlNode& node) {
  ObjectReader in(ServiceSpec(), node, problems_);
  FeatureService service;
  service.at = node.at;
  in.Read("name", service.name);
  ReadAbout(in, service);
  const FieldSpec& spec = *ServiceSpec().Find("features");
  for (const YamlNode::Ptr& item : in.Items("features")) {
    const auto text = TextOf(spec, *item);
    if (!text.ok()) {
      in.AddProblem(*item, "features", std::string(text.status().message()));
      continue;
    }
    for (FeatureRef& ref : SplitReference(*text, item->at)) {
      service.features.push_back(std::move(ref));
    }
  }
  return service;
}

const std::vector<YamlNode::Ptr>& Reader::Section(ObjectReader& file,
                                                  std::string_view name,
                                                  Definitions& out) {
  const size_t before = problems_.size();
  const auto& items = file.Items(name);
  if (problems_.size() > before) out.misread = true;
  return items;
}

Definitions Reader::Read(ObjectReader& file, bool misread) {
  Definitions out;
  out.misread = misread;
  file.Read("project", out.project);
  for (const YamlNode::Ptr& item : Section(file, "entities", out)) {
    out.entities.push_back(ReadEntity(*item));
  }
  for (const YamlNode::Ptr& item : Section(file, "batch_feature_views", out)) {
    out.batch_views.push_back(ReadView(*item));
  }
  for (const YamlNode::Ptr& item : Section(file, "stream_sources", out)) {
    out.stream_sources.push_back(ParseStreamSource(*item, problems_));
  }
  for (const YamlNode::Ptr& item : Section(file, "stream_feature_views", out)) {
    out.stream_views.push_back(ReadStreamView(*item));
  }
  for (const YamlNode::Ptr& item : Section(file, "feature_services", out)) {
    out.services.push_back(ReadService(*item));
  }
  AddDuplicates("entity", out.entities, problems_);
  AddDuplicates("feature view", out.batch_views, problems_);
  AddDuplicates("stream source", out.stream_sources, problems_);
  AddDuplicates("stream feature view", out.stream_views, problems_);
  AddDuplicates("feature service", out.services, problems_);
  AddHistories(out);
  CheckEntityReferences(out, entity_references_, problems_);
  return out;
}

}  // namespace

Definitions ParseDefinitions(ObjectReader& file, bool misread,
                             std::vector<Problem>& problems) {
  return Reader(problems).Read(file, misread);
}

}  // namespace freshet
