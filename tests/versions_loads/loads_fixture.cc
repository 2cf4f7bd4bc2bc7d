// SPDX-License-Identifier: Apache-2.0
#include "tests/versions_loads/loads_fixture.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "base/check.h"
#include "base/failpoint.h"
#include "base/file.h"
#include "features/row_codec.h"
#include "versions/layout.h"

namespace freshet {
namespace {

constexpr std::string_view kDefinitions = R"(
project: test
entities:
  - name: user
    join_keys: [{name: user_id, type: int64}]
  - name: item
    join_keys: [{name: item_id, type: int64}]
batch_feature_views:
  - name: user
    entities: [user]
    source: {path: user.csv, format: csv}
    features: [{name: n, type: int64}]
  - name: item
    entities: [item]
    source: {path: item.csv, format: csv}
    features: [{name: n, type: int64}]
)";

}  // namespace

LoadsFixture::LoadsFixture() {
  options_.directory = dir_.File("store");
  options_.clock = &clock_;
  options_.storage.disk_reserve_bytes = 1 << 20;
  options_.storage.block_cache_bytes = 8 << 20;
  options_.load.loader = FAKE_LOADER;
  options_.load.roots = {dir_.path()};
  options_.on_load_change = [this](const LoadJob& job) {
    {
      MutexLock lock(mu_);
      const std::string text =
          fmt::format("{} {}", job.request.view, JobPhaseName(job.phase));
      if (phases_.empty() || phases_.back() != text) phases_.push_back(text);
    }
    if (on_change_) on_change_(job);
  };
  CHECK(::mkfifo(dir_.File("gate").c_str(), 0600) == 0);
  Open();
  ApplyRequest request;
  request.text = std::string(kDefinitions);
  request.author = "test";
  const auto applied = store_->definitions().Apply(request);
  CHECK(applied.ok() && applied->applied);
}

LoadsFixture::~LoadsFixture() {
  Close();  // Before what its callback uses.
  CHECK(ArmFailpoints("").ok());
}

void LoadsFixture::Open() {
  Close();
  auto opened = Store::Open(options_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  store_ = *std::move(opened);
}

void LoadsFixture::Close() { store_.reset(); }

LoadRequest LoadsFixture::Request(const std::string& view,
                                  const std::string& script) {
  LoadRequest request;
  request.view = view;
  request.path = dir_.File(fmt::format("script{}", ++scripts_));
  CHECK(WriteFileSynced(request.path, script).ok());
  request.who = "test";
  return request;
}

LoadJob LoadsFixture::Load(const LoadRequest& request) {
  const auto job = loads().Start(request);
  EXPECT_TRUE(job.ok()) << job.status();
  return job.ok() ? WaitForEnd(job->id) : LoadJob{};
}

LoadJob LoadsFixture::LoadRows(const std::string& view, int64_t rows,
                               int64_t value) {
  LoadJob job = Load(Request(view, Building(rows, value)));
  EXPECT_EQ(job.phase, JobPhase::kDone) << job.message;
  return job;
}

LoadJob LoadsFixture::WaitForEnd(const std::string& id) {
  return WaitForPhase(id, JobPhase::kDone);
}

LoadJob LoadsFixture::WaitForPhase(const std::string& id, JobPhase phase) {
  auto job = loads().Get(id);
  while (job.ok() && job->phase < phase) {
    job = loads().WaitForChange(id, job->revision, std::chrono::seconds(60));
  }
  CHECK(job.ok());
  return *job;
}

std::string LoadsFixture::Building(int64_t rows, int64_t value,
                                   const std::string& first) {
  return fmt::format(
      "say starting\n{}\nsay reading {} {}\nsay writing\nsay ingesting\n"
      "say verifying\nbuild {} {}\nsay built",
      first, rows, rows, rows, value);
}

std::string LoadsFixture::Gate() { return "await " + dir_.File("gate"); }

void LoadsFixture::Release() {
  // Blocks until the loader has opened its end.
  const UniqueFd gate(::open(dir_.File("gate").c_str(), O_WRONLY));
  CHECK(gate.ok());
}

LoadsFixture::Served LoadsFixture::WhatServes(const std::string& view) {
  const Serving::SetPtr set = store_->serving().Current();
  const ServedView* served = set->FindView(view);
  Served found;
  if (served == nullptr || served->current == nullptr) return found;
  const Version& version = *served->current;
  const auto scanned =
      version.Scan([&](std::string_view, std::string_view bytes) {
        const auto row = RowView::Parse(version.schema(), bytes);
        EXPECT_TRUE(row.ok()) << row.status();
        const int64_t value = std::get<int64_t>(row->Get(0)->v);
        EXPECT_TRUE(found.rows == 0 || found.value == value);
        found.value = value;
        ++found.rows;
        return true;
      });
  EXPECT_TRUE(scanned.ok()) << scanned;
  return found;
}

int64_t LoadsFixture::CurrentVersion(const std::string& view) {
  return store_->catalog().state()->views.at(view).current;
}

std::vector<std::string> LoadsFixture::OnDisk(const std::string& view) {
  const std::string path = ViewDir(options_.directory, view);
  if (!PathExists(path)) return {};
  return *ListDir(path);
}

std::vector<std::string> LoadsFixture::Phases() {
  MutexLock lock(mu_);
  return phases_;
}

}  // namespace freshet
