// SPDX-License-Identifier: Apache-2.0
#include "versions/loads/load_request.h"

#include <filesystem>

#include "base/file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr int64_t kNow = 1'700'000'000'000'000;

class LoadRequestTest : public testing::Test {
 protected:
  LoadRequestTest() {
    root_ = std::filesystem::canonical(dir_.path()).string() + "/root";
    CHECK(MakeDir(root_ + "/day").ok());
    CHECK(MakeDir(dir_.File("rootless")).ok());
  }

  static absl::StatusOr<std::string> Resolve(const std::string& path,
                                             std::vector<std::string> roots,
                                             const std::string& start = "") {
    LoadSettings settings;
    settings.roots = std::move(roots);
    settings.relative_to = start;
    return ResolveSnapshotPath(path, settings);
  }

  absl::StatusCode CodeOf(const std::string& path) const {
    return Resolve(path, {root_}).status().code();
  }

  TempDir dir_;
  std::string root_;
};

TEST_F(LoadRequestTest, RelativePathStartsWhereTheSettingsSay) {
  EXPECT_EQ(*Resolve("../root/day", {"/other", root_}, root_ + "/../rootless"),
            root_ + "/day");
  EXPECT_EQ(Resolve("day", {root_}, dir_.path()).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(LoadRequestTest, WithoutThatItStartsAtTheFirstRoot) {
  EXPECT_EQ(*Resolve("day/../day/a", {root_, "/other"}), root_ + "/day/a");
}

TEST_F(LoadRequestTest, PathUnderAnyRootIsAccepted) {
  EXPECT_EQ(*Resolve(root_ + "/day", {"/other", root_}), root_ + "/day");
  EXPECT_EQ(*Resolve(root_, {root_}), root_);
}

TEST_F(LoadRequestTest, EveryWayOutIsRefused) {
  std::filesystem::create_symlink("/etc", root_ + "/link");
  for (const std::string& path :
       {std::string("/etc/passwd"), std::string("../rootless"),
        root_ + "/../rootless", root_ + "/link/passwd",
        // A root is a folder, not a prefix of names.
        root_ + "less"}) {
    EXPECT_EQ(CodeOf(path), absl::StatusCode::kPermissionDenied) << path;
  }
  EXPECT_THAT(std::string(Resolve("/etc/passwd", {root_}).status().message()),
              testing::AllOf(HasSubstr("/etc/passwd"), HasSubstr(root_)));
}

TEST_F(LoadRequestTest, NoPathAndNoRootsAreSaidApart) {
  EXPECT_EQ(CodeOf(""), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(Resolve("a", {}).status().message()),
              HasSubstr("roots is empty"));
}

TEST_F(LoadRequestTest, LongKeyAndReservedLabelAreRefused) {
  LoadRequest request;
  request.idempotency_key = std::string(128, 'k');
  request.label = "canary";
  EXPECT_TRUE(CheckLoadRequest(request, kNow).ok());
  request.idempotency_key += 'k';
  EXPECT_EQ(CheckLoadRequest(request, kNow).code(),
            absl::StatusCode::kInvalidArgument);
  for (const char* label : {"current", "previous"}) {
    LoadRequest labelled;
    labelled.label = label;
    EXPECT_EQ(CheckLoadRequest(labelled, kNow).code(),
              absl::StatusCode::kInvalidArgument);
  }
}

TEST_F(LoadRequestTest, AsOfMayBeAheadByWhatClocksDifferOnly) {
  LoadRequest request;
  request.has_as_of = true;
  request.as_of_micros = kNow + 300'000'000;
  EXPECT_TRUE(CheckLoadRequest(request, kNow).ok());
  request.as_of_micros += 1;
  EXPECT_THAT(std::string(CheckLoadRequest(request, kNow).message()),
              HasSubstr("in the future"));
}

TEST_F(LoadRequestTest, IdsStartWithTheViewAndDiffer) {
  EXPECT_THAT(MakeLoadId("user"), testing::MatchesRegex("user-[0-9a-f]+"));
  EXPECT_NE(MakeLoadId("user"), MakeLoadId("user"));
}

}  // namespace
}  // namespace freshet
