// SPDX-License-Identifier: Apache-2.0
// `type:text` as a person would type a value. What is read must come back from
// what is written.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "config/units.h"
#include "config/value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace freshet;
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const size_t colon = std::min(input.find(':'), size);
  const std::string_view text = input.substr(std::min(colon + 1, size));
  if (const auto micros = ParseDuration(text); micros.ok()) {
    CHECK(*ParseDuration(FormatDuration(*micros)) == *micros);
  }
  if (const auto length = ParseSize(text); length.ok()) {
    CHECK(*ParseSize(FormatSize(*length)) == *length);
  }
  const auto type = Type::Parse(input.substr(0, colon));
  if (!type.ok()) return 0;
  CHECK(*Type::Parse(type->ToString()) == *type);
  const auto value = ParseValue(*type, text);
  if (!value.ok()) return 0;
  const auto again = ParseValue(*type, FormatValue(*type, *value));
  CHECK(again.ok() && *again == *value);
  return 0;
}
