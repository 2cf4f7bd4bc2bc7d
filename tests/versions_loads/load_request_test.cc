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

class RunOfTest : public LoadRequestTest {
 protected:
  RunOfTest() {
    settings_.roots = {root_};
    view_.name = "user";
    view_.snapshot_group = "daily";
    view_.source.path = root_ + "/day";
  }
  absl::StatusOr<std::string> RunOf(const std::string& path,
                                    const std::string& run = "") {
    LoadRequest request;
    request.path = path;
    request.run = run;
    return freshet::RunOf(view_, request, settings_);
  }

  LoadSettings settings_;
  BatchFeatureView view_;
};

TEST_F(RunOfTest, IsWhereTheSnapshotLiesBeneathTheSource) {
  EXPECT_EQ(*RunOf(root_ + "/day/ds=2013-03-10"), "ds=2013-03-10");
  EXPECT_EQ(*RunOf(root_ + "/day/ds=1/part.csv"), "ds=1");
}

TEST_F(RunOfTest, IsWhatTheRequestSaysFirst) {
  EXPECT_EQ(*RunOf(root_ + "/day/ds=1", "nightly 7"), "nightly 7");
  EXPECT_EQ(*RunOf(root_ + "/elsewhere", "nightly 7"), "nightly 7");
}

TEST_F(RunOfTest, WithoutEitherItIsRefused) {
  for (const std::string& path : {root_ + "/day", root_ + "/days/ds=1"}) {
    const auto run = RunOf(path);
    EXPECT_EQ(run.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(run.status().message()),
                HasSubstr("freshet load user --run NAME"));
  }
}

TEST_F(RunOfTest, IsTextThatCanBeShown) {
  EXPECT_FALSE(RunOf("", "a\nb").ok());
  EXPECT_FALSE(RunOf("", std::string(257, 'a')).ok());
  EXPECT_TRUE(RunOf("", std::string(256, 'a')).ok());
}

TEST_F(RunOfTest, IsNothingOfAViewInNoGroup) {
  view_.snapshot_group.clear();
  EXPECT_EQ(*RunOf(root_ + "/day", "nightly 7"), "");
}

}  // namespace
}  // namespace freshet
