// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace freshet {

// How records write a field's value, where its type does not say it.
enum class ValueEncoding {
  kUsual,   // As the format does.
  kText,    // A timestamp or a decimal as people write it; an int64 so, where
            // there are bytes only.
  kBinary,  // An int64 in eight bytes, the highest first.
  kBase64,  // Bytes; a decimal: those of its unscaled number, big-endian.
  // A timestamp as a number since 1970-01-01T00:00:00Z of these.
  kSeconds,
  kMillis,
  kMicros,
  kNanos,  // Rounded down to microseconds.
  kDays,
};

}  // namespace freshet
