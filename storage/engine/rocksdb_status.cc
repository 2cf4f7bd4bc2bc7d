// SPDX-License-Identifier: Apache-2.0
#include "storage/engine/rocksdb_status.h"

#include <rocksdb/status.h>

#include "base/error.h"

namespace freshet {
namespace {

absl::StatusCode CodeOf(const rocksdb::Status& status) {
  using Code = rocksdb::Status::Code;
  switch (status.code()) {
    case Code::kOk:
      return absl::StatusCode::kOk;
    case Code::kNotFound:
      return absl::StatusCode::kNotFound;
    case Code::kCorruption:
      return absl::StatusCode::kDataLoss;
    case Code::kNotSupported:
      return absl::StatusCode::kUnimplemented;
    case Code::kInvalidArgument:
      return absl::StatusCode::kInvalidArgument;
    case Code::kIOError:
      return status.IsNoSpace() ? absl::StatusCode::kResourceExhausted
                                : absl::StatusCode::kInternal;
    case Code::kIncomplete:
    case Code::kBusy:
    case Code::kTryAgain:
    case Code::kTimedOut:
      return absl::StatusCode::kUnavailable;
    case Code::kAborted:
      return absl::StatusCode::kAborted;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

absl::Status FromRocksDb(const rocksdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  return MakeError(CodeOf(status), "{}: {}", fmt::make_format_args(what, text));
}

}  // namespace freshet
