// SPDX-License-Identifier: Apache-2.0
#include "loader/formats/csv_splitter.h"

#include <cstring>

#include "base/error.h"
#include "base/status.h"

namespace freshet {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// Takes a quoted field from after its first quote; its text is moved together
// in place where quotes are doubled. Returns what follows the last quote, or
// null if there is none.
char* TakeQuoted(char* at, char* end, CsvField* field) {
  char* const start = at;
  char* out = at;
  while (at < end) {
    if (*at != '"') {
      *out++ = *at++;
    } else if (at + 1 < end && at[1] == '"') {
      *out++ = '"';
      at += 2;
    } else {
      field->text = {start, static_cast<size_t>(out - start)};
      field->quoted = true;
      return at + 1;
    }
  }
  return nullptr;
}

}  // namespace

CsvSplitter::CsvSplitter(std::unique_ptr<TextInput> input,
                         int64_t record_bytes_max, int64_t fields_max)
    : input_(std::move(input)),
      record_bytes_max_(record_bytes_max),
      fields_max_(fields_max) {}

absl::StatusOr<bool> CsvSplitter::Next(std::vector<CsvField>* fields) {
  for (;;) {
    size_t size = 0;
    ASSIGN_OR_RETURN(const bool more, FindRecord(&size));
    if (!more) return false;
    char* begin = buffer_.data() + begin_;
    if (first_ && std::string_view(begin, size).starts_with(kByteOrderMark)) {
      begin += kByteOrderMark.size();
      size -= kByteOrderMark.size();
    }
    first_ = false;
    if (size == 0) continue;
    RETURN_IF_ERROR(Split(begin, begin + size, fields));
    return true;
  }
}

absl::StatusOr<bool> CsvSplitter::FindRecord(size_t* size) {
  begin_ = next_;
  size_t scan = begin_;
  bool quoted = false;
  for (;;) {
    for (; scan < buffer_.size(); ++scan) {
      const char c = buffer_[scan];
      if (c == '"') {
        quoted = !quoted;
      } else if (c == '\n' && !quoted) {
        break;
      }
    }
    if (static_cast<int64_t>(scan - begin_) > record_bytes_max_) {
      return ResourceExhausted("a row is longer than {} bytes{}",
                               record_bytes_max_,
                               quoted ? "; is a quote missing?" : "");
    }
    if (scan < buffer_.size()) break;
    const size_t done = scan - begin_;
    ASSIGN_OR_RETURN(const bool more, Fill());
    scan = begin_ + done;
    if (more) continue;
    if (quoted) {
      return DataLoss(
          "the file ends within a quoted field; is a quote missing, or is "
          "there one within a field without quotes?");
    }
    if (done == 0) return false;
    break;
  }
  next_ = std::min(scan + 1, buffer_.size());
  *size = scan - begin_;
  if (*size > 0 && buffer_[begin_ + *size - 1] == '\r') --*size;
  return true;
}

absl::StatusOr<bool> CsvSplitter::Fill() {
  if (at_end_) return false;
  buffer_.erase(0, begin_);
  begin_ = 0;
  ASSIGN_OR_RETURN(const std::string_view piece, input_->Next());
  at_end_ = piece.empty();
  buffer_.append(piece);
  return !at_end_;
}

absl::Status CsvSplitter::Split(char* begin, char* end,
                                std::vector<CsvField>* fields) {
  fields->clear();
  char* at = begin;
  for (;;) {
    if (static_cast<int64_t>(fields->size()) >= fields_max_) {
      return ResourceExhausted(
          "it has more than {} columns (settings.load.columns_max)",
          fields_max_);
    }
    CsvField field;
    if (at < end && *at == '"') {
      at = TakeQuoted(at + 1, end, &field);
      if (at == nullptr || (at < end && *at != ',')) {
        return InvalidArgument(
            "field {} has text beside its quotes; double quotes within a "
            "quoted field",
            fields->size() + 1);
      }
    } else {
      const auto* comma = static_cast<char*>(
          std::memchr(at, ',', static_cast<size_t>(end - at)));
      const char* stop = comma == nullptr ? end : comma;
      field.text = {at, static_cast<size_t>(stop - at)};
      if (field.text.find('"') != std::string_view::npos) {
        return InvalidArgument(
            "field {} has a quote within it; put the field in quotes and "
            "double that quote",
            fields->size() + 1);
      }
      at += field.text.size();
    }
    fields->push_back(field);
    if (at == end) return absl::OkStatus();
    ++at;  // The comma.
  }
}

}  // namespace freshet
