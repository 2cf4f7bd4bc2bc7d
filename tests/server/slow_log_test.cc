// SPDX-License-Identifier: Apache-2.0
#include "server/slow_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>

namespace freshet {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class SlowLogTest : public ::testing::Test {
 protected:
  SlowLogTest() : before_(spdlog::default_logger()) {
    spdlog::set_default_logger(std::make_shared<spdlog::logger>(
        "test", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_)));
  }
  ~SlowLogTest() override { spdlog::set_default_logger(before_); }

  // The lines that `count` slow requests at `at` wrote.
  std::string Log(int count, milliseconds at) {
    text_.str("");
    for (int i = 0; i < count; ++i) {
      log_.Log({.request_id = "r7", .asked = "card", .rows = 3, .times = {}},
               start_ + at);
    }
    return text_.str();
  }
  static int64_t Lines(const std::string& text) {
    return std::count(text.begin(), text.end(), '\n');
  }

  SlowLog log_;
  const std::chrono::steady_clock::time_point start_ =
      std::chrono::steady_clock::now();
  std::ostringstream text_;
  const std::shared_ptr<spdlog::logger> before_;
};

TEST_F(SlowLogTest, LineSaysWhichRequest) {
  const std::string line = Log(1, milliseconds(0));
  EXPECT_THAT(line, HasSubstr("slow request 'r7': service 'card', 3 rows, OK"));
  EXPECT_THAT(line, HasSubstr("; 0 more not logged"));
}

TEST_F(SlowLogTest, AMadeUpServiceIsCutAndEscaped) {
  const std::string asked = "\x1b[31m" + std::string(100'000, 'x');
  log_.Log({.request_id = "r7", .asked = asked, .rows = 3, .times = {}},
           start_);
  EXPECT_LT(text_.str().size(), 1500);
  EXPECT_THAT(text_.str(), HasSubstr("service '\\x1b[31mxxx"));
  EXPECT_THAT(text_.str(), HasSubstr("(100005 bytes in all)'"));
}

TEST_F(SlowLogTest, FloodIsCutAndTheNextSecondSaysByHowMuch) {
  EXPECT_EQ(Lines(Log(25, milliseconds(0))), SlowLog::kPerSecond);
  EXPECT_EQ(Log(7, milliseconds(999)), "");
  EXPECT_THAT(Log(1, milliseconds(1000)), HasSubstr("; 22 more not logged"));
  EXPECT_THAT(Log(1, milliseconds(1001)), HasSubstr("; 0 more not logged"));
}

}  // namespace
}  // namespace freshet
