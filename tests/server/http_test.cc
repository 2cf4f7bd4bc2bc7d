// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>

#include "base/file.h"
#include "tests/server/daemon_kit.h"

namespace freshet {
namespace {

using ::testing::HasSubstr;

std::vector<KitRow> OneUser() {
  return {{{Value(std::string("ann"))},
           kNow,
           {Value(int64_t{5}), Value(std::string("Ann")), Value(0.5)}}};
}

// The names in the tables of docs/metrics.md.
std::set<std::string> DocumentedMetrics() {
  std::ifstream file(FRESHET_SOURCE_DIR "/docs/metrics.md");
  std::set<std::string> names;
  const std::regex row("^\\| `([a-z_]+)` \\|.*");
  for (std::string line; std::getline(file, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) names.insert(match[1]);
  }
  return names;
}

std::set<std::string> ScrapedMetrics(const std::string& page) {
  std::set<std::string> names;
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    names.insert(line.substr(7, line.find(' ', 7) - 7));
  }
  return names;
}

TEST(HttpTest, TheMetricsPageAndItsDocumentNameTheSame) {
  DaemonKit kit;
  kit.Load("user", OneUser());
  v1::GetFeaturesResponse response;
  ASSERT_TRUE(kit.Get(Ask("items", {}, {1}), &response).ok());

  const auto [code, page] = kit.Http("/metrics");

  EXPECT_EQ(code, 200);
  EXPECT_EQ(ScrapedMetrics(page), DocumentedMetrics());
}

TEST(HttpTest, MetricsSayWhatRequestsDid) {
  DaemonKit kit("  limits: {keys_max: 3}\n");
  kit.Load("user", OneUser());
  v1::GetFeaturesRequest request;
  request.add_features("user.amount");
  AddStrings(request, "user_id", {"ann", "zoe", "eve"});
  v1::GetFeaturesResponse response;
  ASSERT_TRUE(kit.Get(request, &response).ok());
  request.mutable_keys(0)->add_strings("one too many");
  ASSERT_FALSE(kit.Get(request, &response).ok());

  const std::string page = kit.Http("/metrics").second;

  for (const char* line :
       {"freshet_grpc_requests_total{method=\"GetFeatures\",code=\"OK\"} 1\n",
        "method=\"GetFeatures\",code=\"RESOURCE_EXHAUSTED\"} 1\n",
        "freshet_lookup_keys_total{view=\"user\",result=\"found\"} 1\n",
        "freshet_lookup_keys_total{view=\"user\",result=\"missing\"} 2\n",
        "freshet_requests_shed_total{reason=\"keys\"} 1\n",
        "freshet_view_active_version{view=\"user\"} 1\n",
        "freshet_view_active_version{view=\"item\"} 0\n",
        "freshet_view_rows{view=\"user\"} 1\n",
        "freshet_view_layers{view=\"user\"} 1\n",
        "freshet_view_max_staleness_seconds{view=\"user\"} 7200\n",
        "freshet_view_data_timestamp_seconds{view=\"user\"} 1700000000\n",
        "view=\"user\",owner=\"growth\",critical=\"true\"} 1\n",
        "freshet_clock_simulated 1\n", "freshet_ready 1\n",
        "freshet_connections{port=\"data\"} 1\n"}) {
    EXPECT_THAT(page, HasSubstr(line));
  }
  EXPECT_THAT(page, HasSubstr("freshet_grpc_request_duration_seconds_bucket{"
                              "method=\"GetFeatures\",le=\"0.1\"} 2"));
}

TEST(HttpTest, MetricsSayHowOldWasWhatWasServed) {
  DaemonKit kit;
  std::vector<KitRow> rows = OneUser();
  rows[0].event_time_micros = kNow - 30 * kSecond;
  kit.Load("user", rows);
  const auto ask = [&](int64_t now_micros, const std::string& user) {
    v1::SetClockRequest clock;
    clock.set_now_micros(now_micros);
    clock.set_hold(true);
    grpc::ClientContext context;
    v1::SetClockResponse set;
    ASSERT_TRUE(kit.admin->SetClock(&context, clock, &set).ok());
    v1::GetFeaturesRequest request;
    request.add_features("user.amount");
    AddStrings(request, "user_id", {user, "ann", "ann"});
    v1::GetFeaturesResponse response;
    ASSERT_TRUE(kit.Get(request, &response).ok());
  };
  // Lines of the page, without what they have in common.
  const auto ages = [&] {
    std::string found;
    std::istringstream lines(kit.Http("/metrics").second);
    const std::regex line(
        "freshet_served_age_seconds_(count|sum)\\{view=\"user\",of=(.*)");
    for (std::string text; std::getline(lines, text);) {
      std::smatch match;
      if (!std::regex_match(text, match, line)) continue;
      found += match[1].str() + " " + match[2].str() + "\n";
    }
    return found;
  };
  EXPECT_EQ(ages(), "");

  ask(kNow + 90 * kSecond, "ann");
  ask(kNow + 91 * kSecond, "zoe");  // Of whom there is no row.
  EXPECT_EQ(ages(),
            "count \"snapshot\"} 2\nsum \"snapshot\"} 181\n"
            "count \"row\"} 1\nsum \"row\"} 120\n");
  const std::string page = kit.Http("/metrics").second;
  for (const char* bucket : {"le=\"60\"} 0\n", "le=\"300\"} 2\n"}) {
    EXPECT_THAT(page, HasSubstr(std::string("freshet_served_age_seconds_bucket{"
                                            "view=\"user\",of=\"snapshot\",") +
                                bucket));
  }

  // Older than the view's ttl: that row is not given.
  ask(kNow + 3'600 * kSecond, "ann");
  EXPECT_EQ(ages(),
            "count \"snapshot\"} 3\nsum \"snapshot\"} 3781\n"
            "count \"row\"} 1\nsum \"row\"} 120\n");
}

TEST(HttpTest, ReadyWaitsForTheCriticalViewAndSaysSo) {
  DaemonKit kit;

  const auto [before, why] = kit.Http("/readyz");
  kit.Load("user", OneUser());
  const auto [after, body] = kit.Http("/readyz");

  EXPECT_EQ(before, 503);
  EXPECT_THAT(why, HasSubstr("critical view 'user' has no version"));
  EXPECT_EQ(after, 200);
  EXPECT_EQ(body, "ready\n");
  EXPECT_EQ(kit.Http("/healthz").first, 200);
  EXPECT_EQ(kit.Http("/healthz/below").first, 404);
}

TEST(HttpTest, TheIndexListsTheViews) {
  DaemonKit kit;
  kit.Load("user", OneUser());

  const auto [code, page] = kit.Http("/");

  EXPECT_EQ(code, 200);
  EXPECT_THAT(page, HasSubstr("<td>user</td><td class=n>1</td>"));
  EXPECT_THAT(page, HasSubstr("load one with: freshet load item"));
  EXPECT_THAT(page, HasSubstr("(simulated)"));
}

TEST(HttpTest, HeadAnswersAsGetDoesWithoutTheBody) {
  DaemonKit kit;
  for (const char* path : {"/healthz", "/readyz", "/metrics", "/"}) {
    const auto [code, body] = kit.Http(path, "HEAD");

    EXPECT_EQ(code, kit.Http(path).first) << path;
    EXPECT_EQ(body, "") << path;
  }
  EXPECT_EQ(kit.Http("/healthz", "HEAD").first, 200);
}

TEST(HttpTest, PagesAreOnlyRead) {
  DaemonKit kit;
  for (const char* method : {"POST", "PUT", "DELETE"}) {
    EXPECT_EQ(kit.Http("/metrics", method).first, 405) << method;
  }
}

TEST(HttpTest, AnAddressWithoutIpv4IsRefusedBeforeTheStoreIsMade) {
  DaemonKit kit;
  for (const char* address : {"[::1]:0", "ip6-loopback:0"}) {
    const absl::Status status = kit.StartAnother(
        {"storage.directory=other", std::string("listen.http=") + address});

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << address;
    EXPECT_THAT(std::string(status.message()), HasSubstr("IPv6"));
    EXPECT_FALSE(PathExists(kit.dir.File("other")));
  }
}

}  // namespace
}  // namespace freshet
