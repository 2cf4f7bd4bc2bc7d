// SPDX-License-Identifier: Apache-2.0
// Random definitions come back from their canonical text.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>
#include <random>

#include "config/parse.h"

namespace freshet {
namespace {

class RandomDefinitions {
 public:
  explicit RandomDefinitions(uint64_t seed) : random_(seed) {}

  Definitions Make() {
    Definitions out;
    out.project = Name();
    for (size_t i = 0; i < 1 + Below(3); ++i)
      out.entities.push_back(AnEntity());
    for (size_t i = 0; i < Below(4); ++i) {
      out.batch_views.push_back(AView(out.entities));
    }
    for (size_t i = 0; i < Below(3); ++i) {
      out.services.push_back(AService(out.batch_views));
    }
    return out;
  }

 private:
  size_t Below(size_t n) { return n == 0 ? 0 : random_() % n; }
  bool Coin() { return Below(2) == 0; }

  // Unique, so that no name is there twice.
  std::string Name() {
    return std::string(1, static_cast<char>('a' + Below(26))) + "_" +
           std::to_string(++names_);
  }

  // Any characters, those that mean something to YAML above all.
  std::string Text() {
    static const std::vector<std::string> kPieces = {
        "a", " ",      "\n",     "\t",     "\"", "'",    "\\",   ":",    "#",
        ",", "[",      "]",      "{",      "}",  "- ",   "? ",   "&",    "*",
        "!", "|",      ">",      "%",      "@",  "~",    "\r",   "0",    "null",
        "é", "\u0085", "\u2028", "\ufeff", "😀",  "\x01", "\x7f", "\x04", "<<"};
    std::string text;
    for (size_t i = 0; i < 1 + Below(8); ++i) {
      text += kPieces[Below(kPieces.size())];
    }
    if (Below(10) == 0) text += '\0';
    return text;
  }

  std::string MaybeText() { return Coin() ? Text() : ""; }

  std::map<std::string, std::string> Tags() {
    std::map<std::string, std::string> tags;
    for (size_t i = 0; i < Below(3); ++i) tags[Text()] = Text();
    return tags;
  }

  template <typename T>
  void About(T& out) {
    out.name = Name();
    out.owner = MaybeText();
    out.description = MaybeText();
    out.tags = Tags();
  }

  Entity AnEntity() {
    Entity entity;
    About(entity);
    for (size_t i = 0; i < 1 + Below(3); ++i) {
      const Kind kinds[] = {Kind::kString, Kind::kInt64, Kind::kBytes};
      entity.join_keys.push_back({Name(), {.kind = kinds[Below(3)]}, {}});
    }
    return entity;
  }

  Type AType() {
    if (Below(8) == 0) {
      return {.kind = Kind::kFloat,
              .fixed_length = static_cast<uint32_t>(1 + Below(5))};
    }
    Type type{.kind = static_cast<Kind>(1 + Below(9)), .list = Coin()};
    if (type.kind == Kind::kDecimal) {
      type.precision = static_cast<uint8_t>(1 + Below(18));
      type.scale = static_cast<uint8_t>(Below(type.precision + 1u));
    }
    return type;
  }

  Value AnElement(const Type& type) {
    switch (type.kind) {
      case Kind::kBool:
        return Value(Coin());
      case Kind::kInt32:
        return Value(int64_t{static_cast<int32_t>(random_())});
      case Kind::kFloat:
        return Value(static_cast<double>(
            std::bit_cast<float>(static_cast<uint32_t>(random_()))));
      case Kind::kDouble:
        return Value(std::bit_cast<double>(random_()));
      case Kind::kString:
        return Value(Coin() ? Text() : std::string());
      case Kind::kBytes:
        return Value(MaybeText() + "\xff");
      case Kind::kDecimal: {
        int64_t most = 1;
        for (int i = 0; i < type.precision; ++i) most *= 10;
        return Value(static_cast<int64_t>(random_()) % most);
      }
      default:
        return Value(static_cast<int64_t>(random_()));
    }
  }

  Value AValue(const Type& type) {
    if (!type.list && type.fixed_length == 0) return AnElement(type);
    Value::List list;
    const size_t size = type.list ? Below(4) : type.fixed_length;
    for (size_t i = 0; i < size; ++i) {
      list.push_back(type.list && Below(3) == 0 ? Value() : AnElement(type));
    }
    return Value(std::move(list));
  }

  Feature AFeature() {
    Feature feature;
    feature.name = Name();
    if (Coin()) feature.was = Name();
    feature.type = AType();
    if (Coin()) feature.default_value = AValue(feature.type);
    feature.description = MaybeText();
    feature.tags = Tags();
    feature.pii = Coin();
    if (Coin()) feature.guard.min = -Fraction();
    if (Coin()) feature.guard.max = Fraction();
    if (Coin()) feature.guard.nulls_max = Fraction();
    return feature;
  }

  WatchSettings AWatch() {
    constexpr int64_t kSecond = 1'000'000;
    WatchSettings watch;
    if (Coin()) watch.every_micros += kSecond * Below(1000);
    watch.complete = static_cast<Complete>(Below(3));
    if (Coin()) watch.quiet_micros += kSecond * Below(1000);
    watch.each = static_cast<SnapshotPlace>(Below(2));
    return watch;
  }

  BatchSource ASource(const BatchFeatureView& view) {
    BatchSource source;
    source.path = Text();
    source.format = static_cast<FileFormat>(Below(5));
    source.require_success = Coin();
    source.manifest = MaybeText();
    source.mode = static_cast<LoadMode>(Below(2));
    source.timestamp_field = MaybeText();
    source.deleted_field = MaybeText();
    if (Coin()) source.zone = "America/New_York";
    source.at_day = static_cast<DayPoint>(Below(3));
    source.duplicates = static_cast<Duplicates>(Below(2));
    source.column_case = static_cast<ColumnCase>(Below(3));
    source.partitions = static_cast<Partitions>(Below(2));
    if (Coin()) source.watch = AWatch();
    for (const Feature& feature : view.features) {
      if (Coin()) source.columns[feature.name] = Text();
    }
    return source;
  }

  double Fraction() { return static_cast<double>(random_() >> 11) * 0x1p-53; }

  int64_t ADuration() {
    return Coin() ? 0 : static_cast<int64_t>(random_() >> (1 + Below(60)));
  }

  BatchFeatureView AView(const std::vector<Entity>& entities) {
    BatchFeatureView view;
    About(view);
    view.entities.push_back(entities[Below(entities.size())].name);
    for (size_t i = 0; i < 1 + Below(4); ++i) {
      view.features.push_back(AFeature());
    }
    view.source = ASource(view);
    view.ttl_micros = ADuration();
    view.freshness_micros = ADuration();
    view.pii = Coin();
    view.critical = Coin();
    view.guards = {.rows_ratio_min = Fraction(),
                   .rows_ratio_max = Coin() ? 0 : 1 + Fraction(),
                   .bytes_ratio_min = Fraction(),
                   .values_ratio_min = Fraction(),
                   .age_max_micros = ADuration(),
                   .allow_empty = Coin()};
    view.retention = {static_cast<int64_t>(1 + Below(1000)), ADuration()};
    if (Coin()) view.snapshot_group = Name();
    return view;
  }

  FeatureService AService(const std::vector<BatchFeatureView>& views) {
    FeatureService service;
    About(service);
    service.features.push_back({Name(), Coin() ? "*" : Name(), {}});
    for (const BatchFeatureView& view : views) {
      service.features.push_back({view.name, view.features[0].name, {}});
    }
    return service;
  }

  std::mt19937_64 random_;
  int names_ = 0;
};

TEST(CanonicalTextTest, RandomDefinitionsComeBack) {
  const uint64_t first = std::random_device{}();
  for (uint64_t seed = first; seed < first + 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Definitions made = RandomDefinitions(seed).Make();
    const std::string text = CanonicalText(made);

    const ParsedFile file = ParseFile(text);

    ASSERT_EQ(FormatProblems("f", file.problems), "") << text;
    ASSERT_EQ(CanonicalText(file.definitions), text);
  }
}

// Text alone cannot tell NaN's bits or -0.0 lost on both ways.
TEST(CanonicalTextTest, DefaultsComeBackAsTheSameValues) {
  const uint64_t first = std::random_device{}();
  for (uint64_t seed = first; seed < first + 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Definitions made = RandomDefinitions(seed).Make();
    const Definitions read = ParseFile(CanonicalText(made)).definitions;
    ASSERT_EQ(read.batch_views.size(), made.batch_views.size());
    for (size_t i = 0; i < made.batch_views.size(); ++i) {
      const auto& features = made.batch_views[i].features;
      for (size_t j = 0; j < features.size(); ++j) {
        ASSERT_EQ(read.batch_views[i].features.at(j).default_value,
                  features[j].default_value);
      }
    }
  }
}

TEST(CanonicalTextTest, DefaultsAreLeftOut) {
  const ParsedFile file = ParseFile(
      "project: p\n"
      "entities: [{name: e, join_keys: [{name: k, type: string}]}]\n"
      "batch_feature_views:\n"
      "  - name: v\n"
      "    entities: [e]\n"
      "    source: {path: s, format: auto, duplicates: refuse}\n"
      "    ttl: 0\n"
      "    guards: {rows_ratio_min: 0.5}\n"
      "    features: [{name: f, type: bool, pii: false}]\n");
  EXPECT_EQ(FormatProblems("f", file.problems), "");
  const std::string text = CanonicalText(file.definitions);
  for (const char* name : {"format", "duplicates", "ttl", "guards", "pii"}) {
    EXPECT_EQ(text.find(name), text.npos) << text;
  }
}

TEST(CanonicalTextTest, WhereAThingStandsDoesNotMatter) {
  const std::string a = CanonicalText(ParseFile("project: p\n").definitions);
  const std::string b = CanonicalText(ParseFile("\n\nproject: p").definitions);
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace freshet
