// SPDX-License-Identifier: Apache-2.0
#include "server/process/log.h"

#include <fcntl.h>
#include <spdlog/formatter.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "server/net/printable.h"

namespace freshet {
namespace {

constexpr char kTime[] = "%Y-%m-%dT%H:%M:%S.%eZ";

// spdlog's patterns do not escape, so that a quote or a line's end in a
// message would break the object.
class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message,
              spdlog::memory_buf_t& out) override {
    spdlog::memory_buf_t time;
    time_.format(message, time);
    const auto level = spdlog::level::to_string_view(message.level);
    nlohmann::ordered_json line;
    line["time"] = std::string(time.data(), time.size());
    line["level"] = std::string(level.data(), level.size());
    line["message"] =
        std::string(message.payload.data(), message.payload.size());
    // Bytes that are not UTF-8 are replaced, never a reason to lose the line.
    const std::string text =
        line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
        "\n";
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }

 private:
  spdlog::pattern_formatter time_{kTime, spdlog::pattern_time_type::utc, ""};
};

// Messages repeat what others named: what a terminal would obey is escaped, and
// further lines of a message are set in, so that none passes for a line of the
// log.
class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message,
              spdlog::memory_buf_t& out) override {
    const std::string text = Printable(
        {message.payload.data(), message.payload.size()}, std::string::npos);
    std::string set_in;
    for (const char c : text) {
      set_in += c;
      if (c == '\n') set_in += "    ";
    }
    spdlog::details::log_msg shown = message;
    shown.payload = set_in;
    line_.format(shown, out);
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<TextFormatter>();
  }

 private:
  spdlog::pattern_formatter line_{std::string(kTime) + " %-5l %v",
                                  spdlog::pattern_time_type::utc};
};

}  // namespace

void OpenStandardStreams() {
  int fd = 0;
  do {
    fd = ::open("/dev/null", O_RDWR);
  } while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0) ::close(fd);
}

void StartLog(const LogSettings& settings) {
  auto logger = std::make_shared<spdlog::logger>(
      "freshetd", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  if (settings.format == "json") {
    logger->set_formatter(std::make_unique<JsonFormatter>());
  } else {
    logger->set_formatter(std::make_unique<TextFormatter>());
  }
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  SetLogLevel(settings);
}

void SetLogLevel(const LogSettings& settings) {
  spdlog::set_level(spdlog::level::from_str(settings.level));
}

}  // namespace freshet
