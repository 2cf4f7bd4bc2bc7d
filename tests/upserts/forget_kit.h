// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "tests/upserts/upserts_kit.h"
#include "versions/erasure/erasure.h"
#include "versions/layout.h"

namespace freshet {

// Whose text, one more, is nothing that else stands anywhere.
inline constexpr int64_t kSecret = 987'654'321'986;
inline constexpr std::string_view kSecretText = "987654321987";

class ForgetTest : public UpsertsTest {
 protected:
  ForgetTest() {
    // Erased when a test says so, by the clock.
    options_.storage.erase_after_s = 60;
    Open();
    Define("{name: n, type: int64}, {name: m, type: string}",
           "rows_ratio_min: 0, bytes_ratio_min: 0, allow_empty: true", 9);
  }
  ~ForgetTest() override {
    Close();
    CHECK(ArmFailpoints("").ok());
  }

  // Keys 0 to 99 with the value 1; key 7 has the secret.
  static std::vector<Change> Rows() {
    std::vector<Change> rows;
    for (int64_t key = 0; key < 100; ++key) rows.push_back({key, 100, 1});
    rows[7].value = kSecret;
    return rows;
  }

  absl::StatusOr<std::vector<Forgotten>> TryForget(int64_t key) {
    return store_->erasure().Forget(
        {.entity = "user", .keys = {{Value(key)}}, .who = "ada"});
  }
  Forgotten Forget(int64_t key) {
    const auto forgotten = TryForget(key);
    EXPECT_TRUE(forgotten.ok()) << forgotten.status();
    return forgotten.ok() ? forgotten->front() : Forgotten{};
  }
  // What is due then is erased.
  void Erase() {
    clock_.Advance(61'000'000);
    WaitForFolds();
  }

  bool IsServed(int64_t key) const {
    const bool served = Served().contains(key);
    EXPECT_EQ(LookedUp(200).contains(key), served);
    return served;
  }

  // Files beneath the storage directory that hold the text.
  std::vector<std::string> FilesWith(std::string_view text) const {
    std::vector<std::string> found;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(options_.directory)) {
      if (!entry.is_regular_file()) continue;
      const auto bytes = ReadFile(entry.path().string());
      if (bytes.ok() && bytes->find(text) != std::string::npos) {
        found.push_back(entry.path().string());
      }
    }
    return found;
  }

  std::vector<nlohmann::json> AuditLines() const {
    std::vector<nlohmann::json> lines;
    const auto text = ReadFile(AuditPath(options_.directory));
    EXPECT_TRUE(text.ok()) << text.status();
    std::istringstream in(text.value_or(""));
    for (std::string line; std::getline(in, line);) {
      lines.push_back(nlohmann::json::parse(line));
    }
    return lines;
  }
};

}  // namespace freshet
