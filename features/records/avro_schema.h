// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace freshet {

// What a schema may cost.
inline constexpr size_t kAvroSchemaBytesMax = 1 << 20;
inline constexpr size_t kAvroTypesMax = 20'000;
inline constexpr int kAvroDepthMax = 64;
inline constexpr size_t kAvroSymbolBytesMax =
    1'024;  // A value of a byte or two.

// One type of a schema.
struct AvroType {
  enum class Kind : uint8_t {
    kNull,
    kBool,
    kInt,
    kLong,
    kFloat,
    kDouble,
    kBytes,
    kString,
    kFixed,
    kEnum,
    kArray,
    kMap,
    kUnion,
    kRecord,
  };

  Kind kind = Kind::kNull;
  std::string name = {};     // Whole, of a fixed, enum or record.
  std::string logical = {};  // Its logical type; "": none, or none that fits.
  std::string meaning = {};  // Kafka Connect's name of it.
  int64_t scale = 0;         // Of the logical type decimal.
  size_t bytes = 0;          // Of a fixed.
  // Types within it, as places in AvroSchema::types: an element, a union's
  // branches, a record's fields.
  std::vector<size_t> parts = {};
  std::vector<std::string> names = {};  // A record's fields, an enum's symbols.
  // Whether no value of it takes a byte: a block says how many there are, and
  // nothing bounds that.
  bool empty = false;
  std::vector<size_t> sized = {};  // Those of a record's parts that do.
};

// A schema of Avro 1.12, its names resolved; types may be in themselves. Plain
// values.
struct AvroSchema {
  std::vector<AvroType> types = {};
  size_t root = 0;

  const AvroType& at(size_t type) const { return types[type]; }
};

// Reads a schema's JSON. Aliases, defaults and docs are about readers and
// people, and passed over; what a logical type needs and lacks makes it none,
// as Avro has it. INVALID_ARGUMENT says what is wrong and where: the line, or
// the record and its field.
absl::StatusOr<AvroSchema> ParseAvroSchema(std::string_view json);

// "long", "union of null and string", "record 'shop.Payment'": for errors.
std::string Describe(const AvroSchema& schema, size_t type);

}  // namespace freshet
