// SPDX-License-Identifier: Apache-2.0
// `freshet import-dbt` over small manifests of dbt's schema v12, as dbt writes
// them: with a test, an ephemeral macro and fields that nobody asks for.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/cli/cli_fixture.h"

namespace freshet {
namespace {

using Json = nlohmann::ordered_json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// Not one word: the lint of words is right about every other place.
const std::string kOpen =
    "# TO"
    "DO: ";

Json Column(const std::string& name, const std::string& type,
            const Json& meta = nullptr) {
  Json column = {{"name", name},           {"description", ""},
                 {"meta", Json::object()}, {"data_type", type},
                 {"quote", nullptr},       {"tags", Json::array()}};
  if (type.empty()) column["data_type"] = nullptr;
  if (!meta.is_null()) column["meta"]["freshet"] = meta;
  return column;
}

Json Model(const std::string& name, const Json& meta,
           const std::vector<Json>& columns) {
  Json model = {
      {"database", "prod"},
      {"schema", "ml"},
      {"name", name},
      {"resource_type", "model"},
      {"package_name", "shop"},
      {"unique_id", "model.shop." + name},
      {"description", ""},
      {"raw_code", "select '{\"not\": \"ours\"}'"},
      {"config", {{"materialized", "table"}, {"event_time", nullptr}}},
      {"meta", Json::object()},
      {"columns", Json::object()},
      {"primary_key", Json::array()},
      {"version", nullptr},
      {"latest_version", nullptr},
      {"group", nullptr}};
  if (!meta.is_null()) model["meta"]["freshet"] = meta;
  for (const Json& column : columns) {
    model["columns"][column["name"].get<std::string>()] = column;
  }
  return model;
}

Json Manifest(const std::string& adapter, const std::vector<Json>& models) {
  Json manifest = {
      {"metadata",
       {{"dbt_version", "1.12.0"},
        {"project_name", "shop"},
        {"adapter_type", adapter}}},
      {"nodes", Json::object()},
      {"sources", Json::object()},
      {"macros", {{"macro.dbt.run", {{"name", "run"}}}}},
      {"groups",
       {{"group.shop.growth",
         {{"name", "growth"}, {"owner", {{"email", "growth@example.com"}}}}}}}};
  manifest["nodes"]["test.shop.unique_users"] = {{"resource_type", "test"},
                                                 {"name", "unique_users"}};
  for (const Json& model : models) {
    manifest["nodes"][model["unique_id"].get<std::string>()] = model;
  }
  return manifest;
}

const Json kUsersMeta = {{"entity", "user"},
                         {"join_keys", {"user_id"}},
                         {"event_time", "computed_at"},
                         {"zone", "UTC"},
                         {"path", "s3://warehouse/features/users"},
                         {"ttl", "3d"},
                         {"owner", "growth@example.com"}};

constexpr const char* kUsersDraft = R"draft(# Drafted by freshet import-dbt.
project: shop
entities:
  - {name: user, join_keys: [{name: user_id, type: int64}]}
batch_feature_views:
  - name: users
    entities: [user]
    owner: growth@example.com
    description: "Who buys: and how."
    source:
      path: s3://warehouse/features/users
      timestamp_field: COMPUTED_AT
      zone: UTC
      column_case: upper
      columns: {segment: SEG}
    ttl: 3d
    features:
      - {name: clicks_7d, type: int64, default: 0}
      - {name: spend_30d, type: "decimal(12,2)", default: "3.50", pii: true}
      - {name: segment, type: string, was: tier}
)draft";

class ImportDbtTest : public CliTest {
 protected:
  CliResult Import(const Json& manifest, std::vector<std::string> more = {}) {
    more.insert(more.begin(),
                {"import-dbt", Write("manifest.json", manifest.dump())});
    return RunFreshet(more);
  }

  std::string Catalog(const std::string& id, const std::vector<Json>& columns) {
    Json catalog = {{"metadata", Json::object()}, {"nodes", Json::object()}};
    catalog["nodes"][id] = {{"stats", Json::object()},
                            {"columns", Json::object()}};
    for (const Json& column : columns) {
      catalog["nodes"][id]["columns"][column["name"].get<std::string>()] =
          column;
    }
    return Write("catalog.json", catalog.dump());
  }

  // What is drafted is what `freshet check` takes.
  void ExpectChecked(const std::string& draft) {
    const CliResult check = RunFreshet({"check", Write("draft.yaml", draft)});
    EXPECT_EQ(check.code, kOk) << check.err;
  }
};

TEST_F(ImportDbtTest, AModelWithFullMetaIsADefinitionAsItIs) {
  Json users =
      Model("users", kUsersMeta,
            {Column("user_id", "NUMBER(38,0)"),
             Column("computed_at", "TIMESTAMP_NTZ(9)"),
             Column("clicks_7d", "NUMBER(38,0)", {{"default", 0}}),
             Column("spend_30d", "NUMBER(12,2)",
                    {{"default", "3.50"}, {"pii", true}}),
             Column("email", "VARCHAR(16777216)", {{"exclude", true}}),
             Column("seg", "TEXT", {{"name", "segment"}, {"was", "tier"}})});
  users["description"] = "Who buys: and how.\n";
  const CliResult result = Import(Manifest("snowflake", {users}));
  EXPECT_EQ(result.code, kOk);
  EXPECT_EQ(result.err, "");
  EXPECT_EQ(result.out, kUsersDraft);

  ExpectChecked(result.out);
}

TEST_F(ImportDbtTest, EveryFieldOfADefinitionMayStandInMeta) {
  Json meta = kUsersMeta;
  meta.update(Json{{"view", "user_daily"},
                   {"format", "parquet"},
                   {"require_success", true},
                   {"manifest", "_manifest.json"},
                   {"duplicates", "latest"},
                   {"partitions", "hive"},
                   {"watch", {{"every", "1m"}, {"each", "directory"}}},
                   {"freshness", "36h"},
                   {"tags", {{"tier", "gold"}}},
                   {"pii", true},
                   {"critical", true},
                   {"guards", {{"rows_ratio_min", 0.9}}},
                   {"retention", {{"versions", 3}}},
                   {"description", "Theirs."},
                   {"event_time", "day"},
                   {"at", "end_of_day"}});
  const Json guard = {{"guard", {{"min", 0}, {"nulls_max", 0.2}}},
                      {"tags", {{"unit", "EUR"}}},
                      {"description", std::string(70, 'x')}};
  const CliResult result = Import(Manifest(
      "duckdb", {Model("users", meta,
                       {Column("user_id", "VARCHAR"), Column("day", "DATE"),
                        Column("spend", "DOUBLE", guard)})}));
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("  - name: user_daily\n"),
                    HasSubstr("      at: end_of_day\n"),
                    HasSubstr("      watch: {every: 1m, each: directory}\n"),
                    HasSubstr("    guards: {rows_ratio_min: 0.9}\n"),
                    HasSubstr("      - name: spend\n        type: double\n"),
                    HasSubstr("        guard: {min: 0, nulls_max: 0.2}\n")));
  ExpectChecked(result.out);
}

TEST_F(ImportDbtTest, AModelOfChangesSaysWhatIsDeleted) {
  Json meta = kUsersMeta;
  meta.update(Json{{"mode", "upsert"}, {"deleted_field", "is_deleted"}});
  Json users = Model(
      "users", meta,
      {Column("user_id", "NUMBER(38,0)"),
       Column("computed_at", "TIMESTAMP_NTZ(9)"),
       Column("is_deleted", "BOOLEAN"), Column("clicks", "NUMBER(38,0)")});
  const CliResult result = Import(Manifest("snowflake", {users}));
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out, AllOf(HasSubstr("      mode: upsert\n"),
                                HasSubstr("      deleted_field: IS_DELETED\n"),
                                Not(HasSubstr("name: is_deleted"))));
  ExpectChecked(result.out);

  meta["deleted_field"] = "gone";
  const CliResult none = Import(Manifest(
      "snowflake", {Model("users", meta, {Column("user_id", "INT")})}));
  EXPECT_THAT(none.out, HasSubstr("deleted_field 'gone' is no column"));
}

TEST_F(ImportDbtTest, WhatIsNotKnownIsAMarkInTheDraftAndALineOfError) {
  const CliResult result =
      Import(Manifest("duckdb",
                      {Model("Daily Orders", nullptr,
                             {Column("id", "BIGINT"), Column("at", "TIMESTAMP"),
                              Column("total", ""), Column("doc", "JSON"),
                              Column("sum", "HUGEINT")})}),
             {"--select", "Daily Orders"});
  EXPECT_EQ(result.code, kBadFile);
  for (const std::string message :
       {"the join keys are not known: say join_keys: [COLUMN], or test "
        "the "
        "column for unique and not_null",
        "what its rows describe is not known: say entity: NAME "
        "('daily_orders' stands here)",
        "where its snapshots lie is not known: say path, such as "
        "s3://bucket/prefix",
        "the event time is not known: say event_time: COLUMN, or "
        "event_time: "
        "false, by which all rows have the time of the load",
        "'at' carries no zone, and zone needs an event_time",
        "'at' carries no zone: say zone: NAME, such as UTC",
        "'total': its type is not known: declare its data_type, or give "
        "a "
        "--catalog",
        "'doc': no feature is read from 'json': cast it in the model, to "
        "a "
        "text for example",
        "'sum': no feature is read from 'hugeint': Parquet has no such "
        "integer, and DuckDB writes a double: cast it to BIGINT in the "
        "model"}) {
    EXPECT_THAT(result.out, HasSubstr(kOpen + message + "\n"));
    EXPECT_THAT(result.err,
                HasSubstr("freshet: model 'Daily Orders': " + message + "\n"));
  }
  EXPECT_THAT(result.err, HasSubstr("freshet: 9 points of the draft wait for "
                                    "you; then `freshet check` it.\n"));
}

TEST_F(ImportDbtTest, TheCatalogKnowsColumnsAndTypes) {
  // Snowflake's catalog has no scale of a number: its author's word has.
  const std::string catalog = Catalog(
      "model.shop.users",
      {{{"name", "SPEND"}, {"type", "NUMBER"}, {"index", 4}},
       {{"name", "USER_ID"}, {"type", "TEXT"}, {"index", 1}},
       {{"name", "VISITS"}, {"type", "NUMBER"}, {"index", 3}},
       {{"name", "COMPUTED_AT"}, {"type", "TIMESTAMP_TZ"}, {"index", 2}}});
  Json meta = kUsersMeta;
  meta.erase("zone");
  const Json manifest = Manifest(
      "snowflake",
      {Model("users", meta,
             {Column("spend", "number(10, 2)"), Column("user_id", "int")})});
  const CliResult result = Import(manifest, {"--catalog", catalog});
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_THAT(
      result.out,
      AllOf(HasSubstr("join_keys: [{name: user_id, type: string}]"),
            // A time with a zone is unloaded as UTC.
            HasSubstr("COMPUTED_AT\n      zone: UTC\n"),
            HasSubstr(kOpen + "'VISITS': 'number' does not say its scale: "
                              "declare the column's data_type as "
                              "number(p,s)\n      - {name: spend, type: "
                              "\"decimal(10,2)\"}\n")));
}

TEST_F(ImportDbtTest, DbtsOwnKeyEventTimeAndGroupAreTaken) {
  Json meta = kUsersMeta;
  for (const char* name : {"join_keys", "event_time", "owner", "zone"}) {
    meta.erase(name);
  }
  Json users = Model("users", nullptr,
                     {Column("user_id", "bigint"), Column("at", "timestamp"),
                      Column("age", "int")});
  // Where dbt 1.10 and later keep it.
  users["config"]["meta"]["freshet"] = meta;
  users["config"]["event_time"] = "at";
  users["primary_key"] = {"user_id"};
  users["group"] = "growth";
  const CliResult result = Import(Manifest("databricks", {users}));
  EXPECT_EQ(result.code, kOk) << result.err;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("join_keys: [{name: user_id, type: int64}]"),
                    HasSubstr("owner: growth@example.com\n"),
                    HasSubstr("timestamp_field: at\n      zone: UTC\n"),
                    HasSubstr("- {name: age, type: int32}\n")));
  ExpectChecked(result.out);
}

TEST_F(ImportDbtTest, ATimeThatIsUtcIsNotReadAsOneOfAnotherZone) {
  Json meta = kUsersMeta;
  meta["zone"] = "America/New_York";
  const CliResult result =
      Import(Manifest("spark", {Model("users", meta,
                                      {Column("user_id", "bigint"),
                                       Column("computed_at", "timestamp_ntz"),
                                       Column("seen", "timestamp")})}));
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_THAT(result.err,
              HasSubstr("'seen' is UTC in the files and would be read as a "
                        "time of America/New_York"));
}

TEST_F(ImportDbtTest, ViewsShareEntitiesThatAgree) {
  Json both = {{"entities",
                {{{"name", "user"}, {"join_keys", {"user_id"}}},
                 {{"name", "item"}, {"join_keys", "item"}}}},
               {"event_time", false},
               {"path", "pairs"}};
  std::vector<Json> models = {
      Model("users", kUsersMeta,
            {Column("user_id", "BIGINT"), Column("computed_at", "TIMESTAMP"),
             Column("age", "SMALLINT")}),
      Model("pairs", both,
            {Column("user_id", "INTEGER"), Column("item", "VARCHAR"),
             Column("score", "FLOAT")})};
  const CliResult same = Import(Manifest("duckdb", models));
  EXPECT_EQ(same.code, kOk) << same.err;
  EXPECT_THAT(same.out,
              AllOf(HasSubstr("entities:\n"
                              "  - {name: user, join_keys: [{name: user_id, "
                              "type: int64}]}\n"
                              "  - {name: item, join_keys: [{name: item, type: "
                              "string}]}\n"
                              "batch_feature_views:\n"),
                    HasSubstr("    entities: [user, item]\n")));
  ExpectChecked(same.out);

  models[1]["columns"]["user_id"]["data_type"] = "VARCHAR";
  const CliResult other = Import(Manifest("duckdb", models));
  EXPECT_EQ(other.code, kBadFile);
  EXPECT_THAT(other.err,
              HasSubstr("model 'pairs': entity 'user' has the key [{name: "
                        "user_id, type: string}] here and [{name: user_id, "
                        "type: int64}] in a model before"));
}

TEST_F(ImportDbtTest, WrongMetaIsSaidWithWhatWasMeant) {
  Json meta = kUsersMeta;
  meta["joinkeys"] = "user_id";
  const CliResult unknown = Import(Manifest(
      "duckdb",
      {Model("users", meta,
             {Column("user_id", "BIGINT"), Column("computed_at", "TIMESTAMP"),
              Column("age", "INTEGER", {{"defalt", 0}})})}));
  EXPECT_EQ(unknown.code, kBadFile);
  EXPECT_THAT(unknown.err,
              AllOf(HasSubstr("meta.freshet has no field 'joinkeys'; did you "
                              "mean 'join_keys'?"),
                    HasSubstr("meta.freshet of column 'age' has no field "
                              "'defalt'; did you mean 'default'?")));

  // What only a check sees has its place in the draft.
  const CliResult bad = Import(Manifest(
      "duckdb",
      {Model("users", kUsersMeta,
             {Column("user_id", "BIGINT"), Column("computed_at", "TIMESTAMP"),
              Column("age", "INTEGER", {{"default", 1.5}})})}));
  EXPECT_EQ(bad.code, kBadFile);
  EXPECT_THAT(bad.err, HasSubstr("draft:15:43: 'default': '1.5' does not fit"));
}

TEST_F(ImportDbtTest, ModelsAreChosenByMetaOrByName) {
  Json second = Model("users", kUsersMeta, {Column("user_id", "BIGINT")});
  second["unique_id"] = "model.shop.users.v1";
  second["version"] = 1;
  second["latest_version"] = 2;
  const Json manifest = Manifest(
      "duckdb",
      {Model("users", kUsersMeta,
             {Column("user_id", "BIGINT"), Column("computed_at", "TIMESTAMP"),
              Column("age", "INTEGER")}),
       second, Model("plain", nullptr, {}), Model("hidden", false, {})});
  EXPECT_THAT(Import(manifest).out,
              AllOf(HasSubstr("name: users\n"), HasSubstr("name: age,"),
                    Not(HasSubstr("plain")), Not(HasSubstr("hidden"))));
  EXPECT_THAT(Import(manifest, {"--select", "plain", "shop.hidden"}).out,
              AllOf(HasSubstr("name: plain\n"), HasSubstr("name: hidden\n"),
                    Not(HasSubstr("name: users"))));
  EXPECT_THAT(Import(manifest, {"--select", "users.v1"}).out,
              Not(HasSubstr("name: age,")));

  const CliResult typo = Import(manifest, {"--select", "user"});
  EXPECT_EQ(typo.code, kFailed);
  EXPECT_EQ(typo.err,
            "freshet: there is no model 'user' in the manifest; did you mean "
            "'users'?\n");
  const CliResult none = Import(Manifest("duckdb", {Model("a", nullptr, {})}));
  EXPECT_EQ(none.code, kFailed);
  EXPECT_THAT(none.err, HasSubstr("none of the manifest's 1 models has "
                                  "meta.freshet; name those that are meant"));
}

TEST_F(ImportDbtTest, AFileThatIsNoManifestIsRefused) {
  EXPECT_EQ(RunFreshet({"import-dbt", "/no/such/file"}).code, kNoFile);
  const std::string deep(100'000, '[');
  for (const std::string& text : {std::string("{"), std::string("[]"),
                                  std::string("{\"nodes\": 1}"), deep}) {
    const std::string file = Write("none.json", text);
    const CliResult result = RunFreshet({"import-dbt", file});
    EXPECT_EQ(result.code, kBadFile) << text.substr(0, 20);
    EXPECT_THAT(result.err, HasSubstr("'" + file + "': it is "));
  }
  const CliResult catalog =
      Import(Manifest("duckdb", {}), {"--catalog", Write("no.json", "[]")});
  EXPECT_EQ(catalog.code, kBadFile);
  EXPECT_THAT(catalog.err, HasSubstr("it is no catalog of dbt's"));
}

TEST_F(ImportDbtTest, JsonHasTheDraftAndWhatIsOpen) {
  const CliResult result = Import(
      Manifest("bigquery", {Model("users", kUsersMeta, {})}), {"--json"});
  EXPECT_EQ(result.code, kBadFile);
  EXPECT_EQ(result.err, "");
  const Json json = Json::parse(result.out);
  EXPECT_THAT(json["draft"].get<std::string>(), HasSubstr("project: shop\n"));
  EXPECT_FALSE(json["right"].get<bool>());
  EXPECT_EQ(json["open"][0]["model"], "users");
  EXPECT_EQ(json["open"][0]["message"], "join key 'user_id' is no column");
}

}  // namespace
}  // namespace freshet
