// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/text_input.h"

#include <arrow/buffer.h>
#include <arrow/io/compressed.h>
#include <arrow/io/file.h>
#include <arrow/util/compression.h>
#include <unistd.h>

#include "base/error.h"
#include "base/status.h"
#include "loader/formats/arrow_status.h"

namespace freshet {
namespace {

constexpr int64_t kPieceBytes = 1 << 20;
// Text that is never called a bomb, whatever the file's size.
constexpr int64_t kAlwaysAllowed = 16 << 20;

arrow::Compression::type CompressionOf(int fd) {
  unsigned char head[4] = {};
  if (::pread(fd, head, sizeof(head), 0) != sizeof(head)) {
    return arrow::Compression::UNCOMPRESSED;
  }
  if (head[0] == 0x1f && head[1] == 0x8b) return arrow::Compression::GZIP;
  if (head[0] == 0x28 && head[1] == 0xb5 && head[2] == 0x2f &&
      head[3] == 0xfd) {
    return arrow::Compression::ZSTD;
  }
  return arrow::Compression::UNCOMPRESSED;
}

}  // namespace

struct TextInput::Parts {
  std::shared_ptr<arrow::io::ReadableFile> file;
  std::unique_ptr<arrow::util::Codec> codec;
  std::shared_ptr<arrow::io::InputStream> text;  // May use the codec.
  std::shared_ptr<arrow::Buffer> piece;
  int64_t expansion_max = 0;
  std::function<void()> on_work;
  int64_t text_bytes = 0;
};

TextInput::TextInput(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

TextInput::~TextInput() = default;

absl::StatusOr<std::unique_ptr<TextInput>> TextInput::Open(OpenFile file) {
  auto parts = std::make_unique<Parts>();
  parts->expansion_max = file.limits.expansion_max;
  parts->on_work = std::move(file.on_work);
  const arrow::Compression::type compression = CompressionOf(file.fd.get());
  ASSIGN_OR_RETURN(parts->file, FromArrowResult(arrow::io::ReadableFile::Open(
                                    file.fd.get(), file.pool)));
  file.fd.Release();  // Arrow closes it.
  parts->text = parts->file;
  if (compression != arrow::Compression::UNCOMPRESSED) {
    ASSIGN_OR_RETURN(parts->codec,
                     FromArrowResult(arrow::util::Codec::Create(compression)));
    ASSIGN_OR_RETURN(parts->text,
                     FromArrowResult(arrow::io::CompressedInputStream::Make(
                         parts->codec.get(), parts->file, file.pool)));
  }
  return std::unique_ptr<TextInput>(new TextInput(std::move(parts)));
}

absl::StatusOr<std::string_view> TextInput::Next() {
  Parts& parts = *parts_;
  ASSIGN_OR_RETURN(parts.piece, FromArrowResult(parts.text->Read(kPieceBytes)));
  parts.on_work();
  parts.text_bytes += parts.piece->size();
  const int64_t packed = bytes_read();
  if (parts.text_bytes > kAlwaysAllowed &&
      parts.text_bytes / parts.expansion_max > packed) {
    return ResourceExhausted(
        "{} compressed bytes gave {} bytes of text so far, more than {} times "
        "as many: it looks like a decompression bomb",
        packed, parts.text_bytes, parts.expansion_max);
  }
  return std::string_view(reinterpret_cast<const char*>(parts.piece->data()),
                          static_cast<size_t>(parts.piece->size()));
}

int64_t TextInput::bytes_read() const {
  const auto position = parts_->file->Tell();
  return position.ok() ? *position : 0;
}

}  // namespace freshet
