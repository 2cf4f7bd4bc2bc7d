// SPDX-License-Identifier: Apache-2.0
#include "storage/framed_file.h"

#include <charconv>

#include "base/check.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/status.h"

namespace freshet {
namespace {

// The sum over the line up to the sum, and the body.
std::string SumText(std::string_view line, std::string_view body) {
  Xxh3Stream sum;
  sum.Update(line);
  sum.Update(body);
  return fmt::format("{:016x}", sum.Digest());
}

// Takes what stands before the next `end` off `rest`.
bool TakeUntil(char end, std::string_view* rest, std::string_view* word) {
  const size_t at = rest->find(end);
  if (at == std::string_view::npos) return false;
  *word = rest->substr(0, at);
  rest->remove_prefix(at + 1);
  return true;
}

template <typename T>
bool ParseDecimal(std::string_view word, T* value) {
  const char* end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data(), end, *value);
  return error == std::errc() && at == end;
}

}  // namespace

std::string Frame(std::string_view magic, int format, std::string_view body) {
  CHECK(format > 0 && magic.find_first_of(" \n") == std::string_view::npos);
  std::string out = fmt::format("{} {} {} ", magic, format, body.size());
  out += SumText(out, body);
  out += '\n';
  out += body;
  return out;
}

absl::StatusOr<std::string_view> Unframe(std::string_view magic, int format_max,
                                         std::string_view bytes) {
  std::string_view rest = bytes, found, format_word, size_word, sum_word;
  if (!TakeUntil(' ', &rest, &found) || found != magic) {
    return DataLoss("does not begin with '{} '", magic);
  }
  int format = 0;
  uint64_t size = 0;
  if (!TakeUntil(' ', &rest, &format_word) ||
      !TakeUntil(' ', &rest, &size_word) ||
      !TakeUntil('\n', &rest, &sum_word) ||
      !ParseDecimal(format_word, &format) || !ParseDecimal(size_word, &size)) {
    return DataLoss("damaged first line");
  }
  if (rest.size() != size) {
    return DataLoss("{} bytes follow the first line, it says {}", rest.size(),
                    size);
  }
  const auto line_size = static_cast<size_t>(sum_word.data() - bytes.data());
  // As text, so that only one spelling of a sum is right.
  if (SumText(bytes.substr(0, line_size), rest) != sum_word) {
    return DataLoss("checksum mismatch");
  }
  if (format < 1 || format > format_max) {
    return FailedPrecondition(
        "'{}' has format {}, this release reads up to {}; use the release that "
        "wrote it, or a later one",
        magic, format, format_max);
  }
  return rest;
}

}  // namespace freshet
