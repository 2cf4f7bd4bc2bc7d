// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/arrow_status.h"

#include <arrow/status.h>

#include <string>
#include <string_view>

namespace freshet {
namespace {

absl::StatusCode CodeOf(const arrow::Status& status) {
  switch (status.code()) {
    case arrow::StatusCode::OutOfMemory:
    case arrow::StatusCode::CapacityError:
      return absl::StatusCode::kResourceExhausted;
    case arrow::StatusCode::Invalid:
    case arrow::StatusCode::TypeError:
    case arrow::StatusCode::KeyError:
    case arrow::StatusCode::IndexError:
      return absl::StatusCode::kInvalidArgument;
    case arrow::StatusCode::NotImplemented:
      return absl::StatusCode::kUnimplemented;
    default:
      return absl::StatusCode::kDataLoss;
  }
}

// The cap of the pool that all decoding goes through.
constexpr std::string_view kCapped = "MemoryPool bytes_allocated cap exceeded";

}  // namespace

absl::Status FromArrow(const arrow::Status& status) {
  if (status.ok()) return absl::OkStatus();
  std::string text = status.message();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  if (text.starts_with(kCapped)) {
    text =
        "decoding needs more memory at once than a load may use: write "
        "smaller pages, row groups or batches (" +
        text.substr(kCapped.size() + 2) + ")";
  }
  // A hostile file can make Arrow repeat its bytes.
  if (text.size() > 500) text = text.substr(0, 500) + "...";
  return absl::Status(CodeOf(status), text);
}

}  // namespace freshet
