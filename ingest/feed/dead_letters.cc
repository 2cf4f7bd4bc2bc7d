// SPDX-License-Identifier: Apache-2.0
#include "ingest/feed/dead_letters.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "base/failpoint.h"
#include "base/status.h"
#include "storage/json_fields.h"

namespace freshet {
namespace {

// Of a line that is no letter.
constexpr std::string_view kBeginsAnew = "begins_anew";

std::string LineOf(const nlohmann::ordered_json& line) {
  return line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
         "\n";
}

}  // namespace

void DeadLetters::ForgetKnown(const Partition& partition) {
  using Offsets = std::numeric_limits<int64_t>;
  known_.erase(known_.lower_bound({partition, Offsets::min()}),
               known_.upper_bound({partition, Offsets::max()}));
}

std::string DeadLetters::OlderPath() const {
  return path_.substr(0, path_.rfind('.')) + ".1.jsonl";
}

absl::StatusOr<std::unique_ptr<DeadLetters>> DeadLetters::Open(
    const std::string& dir, const std::string& source, const Settings& settings,
    const std::vector<PartitionPosition>& positions) {
  if (!PathExists(dir)) RETURN_IF_ERROR(MakeDir(dir));
  std::unique_ptr<DeadLetters> letters(
      new DeadLetters(dir + "/" + source + ".jsonl", settings));
  std::map<Partition, int64_t> next;
  for (const PartitionPosition& position : positions) {
    next[{position.topic, position.partition}] = position.next;
  }
  for (const std::string& path : {letters->OlderPath(), letters->path_}) {
    if (PathExists(path)) RETURN_IF_ERROR(letters->ReadKnown(path, next));
  }
  RETURN_IF_ERROR(letters->OpenFile());
  return letters;
}

// A line that is none is left as it is: only people read it.
absl::Status DeadLetters::ReadKnown(const std::string& path,
                                    const std::map<Partition, int64_t>& next) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  std::string_view rest = text;
  for (size_t end; (end = rest.find('\n')) != rest.npos;
       rest.remove_prefix(end + 1)) {
    const auto json = ParseJsonObject(rest.substr(0, end));
    if (!json.ok()) continue;
    JsonFields fields(*json);
    const Partition partition(fields.String("topic"),
                              static_cast<int32_t>(fields.Int64("partition")));
    const int64_t offset = fields.Int64("offset");
    const std::string reason = fields.String("reason");
    if (!fields.status().ok()) continue;
    if (reason == kBeginsAnew) {
      ForgetKnown(partition);
      continue;
    }
    const auto read = next.find(partition);
    if (read == next.end() || offset >= read->second) {
      known_.insert({partition, offset});
    }
  }
  if (rest.empty()) return absl::OkStatus();
  const auto whole = static_cast<off_t>(text.size() - rest.size());
  if (::truncate(path.c_str(), whole) != 0) {
    return ErrnoError("cannot truncate", path, errno);
  }
  return absl::OkStatus();
}

absl::Status DeadLetters::OpenFile() {
  const bool is_new = !PathExists(path_);
  file_ = UniqueFd(
      ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!file_.ok()) return ErrnoError("cannot open", path_, errno);
  ASSIGN_OR_RETURN(bytes_, FileSize(path_));
  if (!is_new) return absl::OkStatus();
  return SyncDir(std::filesystem::path(path_).parent_path().string());
}

void DeadLetters::Add(const DeadLetter& letter) {
  const Partition partition(letter.topic, letter.partition);
  if (known_.contains({partition, letter.offset})) return;
  added_ += LineOf({{"topic", letter.topic},
                    {"partition", letter.partition},
                    {"offset", letter.offset},
                    {"reason", DeadLetterReasonName(letter.reason)},
                    {"error", letter.error},
                    {"at_micros", letter.at_micros}});
}

void DeadLetters::BeginAnew(const std::string& topic, int32_t partition,
                            int64_t at_micros) {
  ForgetKnown({topic, partition});
  added_ += LineOf({{"topic", topic},
                    {"partition", partition},
                    {"offset", 0},
                    {"reason", kBeginsAnew},
                    {"error",
                     "the topic was made anew: lines before are of records of "
                     "the one before"},
                    {"at_micros", at_micros}});
}

absl::Status DeadLetters::Write() {
  if (added_.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(FAILPOINT("dead_letters.before_write"));
  if (bytes_ >= settings_.file_bytes_max) {
    // An attempt before may have done it, and failed to open the next.
    if (PathExists(path_)) RETURN_IF_ERROR(RenameSynced(path_, OlderPath()));
    file_.Reset();
  }
  if (!file_.ok()) RETURN_IF_ERROR(OpenFile());
  // What an attempt before has left of it.
  if (::ftruncate(file_.get(), bytes_) != 0) {
    return ErrnoError("cannot truncate", path_, errno);
  }
  RETURN_IF_ERROR(WriteAll(file_.get(), added_, path_));
  if (::fdatasync(file_.get()) != 0) {
    return ErrnoError("cannot sync", path_, errno);
  }
  bytes_ += static_cast<int64_t>(added_.size());
  added_.clear();
  return absl::OkStatus();
}

}  // namespace freshet
