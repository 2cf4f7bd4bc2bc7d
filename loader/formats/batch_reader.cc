// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/batch_reader.h"

#include <unistd.h>

#include <string>

#include "base/error.h"
#include "base/status.h"
#include "config/names.h"

namespace freshet {
namespace {

// Of the first bytes, as many as say which format it is.
std::string HeadOf(int fd) {
  std::string head(6, '\0');
  const ssize_t n = ::pread(fd, head.data(), head.size(), 0);
  head.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return head;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BatchReader>> OpenBatchReader(OpenFile file) {
  FileFormat format = file.format;
  if (format == FileFormat::kAuto) {
    format = FileFormatOfFile(file.name, HeadOf(file.fd.get()));
  }
  switch (format) {
    case FileFormat::kParquet:
      return OpenParquet(std::move(file));
    case FileFormat::kCsv:
      return OpenCsv(std::move(file));
    case FileFormat::kJsonLines:
      return OpenJsonLines(std::move(file));
    case FileFormat::kArrow:
      return OpenArrow(std::move(file));
    case FileFormat::kAuto:
      break;
  }
  return InvalidArgument(
      "its name does not say its format; name it .parquet, .csv, .csv.gz, "
      ".csv.zst, .jsonl or .arrow, or set source.format");
}

}  // namespace freshet
