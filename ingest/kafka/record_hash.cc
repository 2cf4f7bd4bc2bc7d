// SPDX-License-Identifier: Apache-2.0
#include "ingest/kafka/record_hash.h"

#include <array>

#include "base/hash.h"

namespace freshet {
namespace {

void AddNumber(uint64_t number, Xxh3Stream& hash) {
  std::array<char, 8> bytes;
  for (char& byte : bytes) {
    byte = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  hash.Update({bytes.data(), bytes.size()});
}

void AddPart(const std::optional<std::string_view>& part, Xxh3Stream& hash) {
  hash.Update(part ? std::string_view("\1", 1) : std::string_view("\0", 1));
  if (!part) return;
  AddNumber(part->size(), hash);
  hash.Update(*part);
}

}  // namespace

uint64_t RecordHash(const KafkaRecord& record) {
  Xxh3Stream hash;
  AddPart(record.key, hash);
  AddPart(record.value, hash);
  AddNumber(static_cast<uint64_t>(record.timestamp_micros), hash);
  return hash.Digest();
}

}  // namespace freshet
