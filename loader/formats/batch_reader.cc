// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/batch_reader.h"

#include <unistd.h>

#include <array>
#include <string_view>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

struct Suffix {
  std::string_view text;
  FileFormat format;
};

constexpr std::array kSuffixes = {
    Suffix{".parquet", FileFormat::kParquet},
    Suffix{".pq", FileFormat::kParquet},
    Suffix{".csv", FileFormat::kCsv},
    Suffix{".jsonl", FileFormat::kJsonLines},
    Suffix{".ndjson", FileFormat::kJsonLines},
    Suffix{".json", FileFormat::kJsonLines},
    Suffix{".arrow", FileFormat::kArrow},
    Suffix{".arrows", FileFormat::kArrow},
    Suffix{".ipc", FileFormat::kArrow},
    Suffix{".feather", FileFormat::kArrow},
};

FileFormat ByName(std::string_view name) {
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.remove_suffix(packed.size());
  }
  for (const Suffix& suffix : kSuffixes) {
    if (name.ends_with(suffix.text)) return suffix.format;
  }
  return FileFormat::kAuto;
}

FileFormat ByFirstBytes(int fd) {
  char bytes[6] = {};
  const ssize_t n = ::pread(fd, bytes, sizeof(bytes), 0);
  const std::string_view head(bytes, n > 0 ? static_cast<size_t>(n) : 0);
  if (head.starts_with("PAR1")) return FileFormat::kParquet;
  if (head == "ARROW1") return FileFormat::kArrow;
  return FileFormat::kAuto;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BatchReader>> OpenBatchReader(OpenFile file) {
  FileFormat format = file.format;
  if (format == FileFormat::kAuto) format = ByName(file.name);
  if (format == FileFormat::kAuto) format = ByFirstBytes(file.fd.get());
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
