// SPDX-License-Identifier: Apache-2.0
// Schemas of Avro for tests, and values that fastavro wrote by them.
#pragma once

#include <string>
#include <string_view>

namespace freshet {

// Every type, logical types, and a record within itself.
inline constexpr std::string_view kPaymentSchema = R"json({
"type": "record", "name": "Payment", "namespace": "shop", "fields": [
  {"name": "more", "type": {"type": "array", "items":
    {"type": "map", "values": ["null", "string",
                               {"type": "array", "items": "null"}]}}},
  {"name": "paid", "type": "boolean"},
  {"name": "count", "type": "int"},
  {"name": "cents", "type": "long"},
  {"name": "ratio", "type": "float"},
  {"name": "amount", "type": "double"},
  {"name": "user", "type": ["null", "string"]},
  {"name": "raw", "type": "bytes"},
  {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 4}},
  {"name": "price", "type": {"type": "bytes", "logicalType": "decimal",
                             "precision": 20, "scale": 3}},
  {"name": "tax", "type": {"type": "fixed", "name": "Tax", "size": 9,
                           "logicalType": "decimal", "precision": 20,
                           "scale": 2}},
  {"name": "status", "type": {"type": "enum", "name": "Status",
                              "symbols": ["OPEN", "PAID"]}},
  {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
  {"name": "millis", "type": {"type": "long",
                              "logicalType": "timestamp-millis"}},
  {"name": "micros", "type": ["null", {"type": "long",
                              "logicalType": "timestamp-micros"}]},
  {"name": "day", "type": {"type": "int", "logicalType": "date"}},
  {"name": "seen", "type": "long"},
  {"name": "next", "type": ["null", "Payment"]}]})json";

// As Debezium with Confluent's converter has it.
inline constexpr std::string_view kChangeSchema = R"json({
"type": "record", "name": "Envelope", "namespace": "s.shop.users", "fields": [
  {"name": "before", "default": null, "type": ["null",
    {"type": "record", "name": "Value", "fields": [
      {"name": "id", "type": {"type": "long", "connect.default": 0},
       "default": 0},
      {"name": "tier", "type": ["null", "string"], "default": null},
      {"name": "at", "type": {"type": "long", "connect.version": 1,
        "connect.name": "io.debezium.time.MicroTimestamp"}},
      {"name": "balance", "type": ["null", {"type": "bytes", "scale": 2,
        "precision": 10, "connect.version": 1,
        "connect.name": "org.apache.kafka.connect.data.Decimal",
        "logicalType": "decimal"}]}],
     "connect.name": "s.shop.users.Value"}]},
  {"name": "after", "type": ["null", "Value"], "default": null},
  {"name": "source", "type": {"type": "record", "name": "Source",
    "namespace": "io.debezium.connector.postgresql", "fields": [
      {"name": "version", "type": "string"},
      {"name": "ts_ms", "type": "long"},
      {"name": "snapshot", "type": [{"type": "string", "connect.version": 1,
        "connect.default": "false", "connect.name": "io.debezium.data.Enum"},
        "null"], "default": "false"},
      {"name": "table", "type": "string"},
      {"name": "lsn", "type": ["null", "long"], "default": null}]}},
  {"name": "op", "type": "string"},
  {"name": "ts_ms", "type": ["null", "long"], "default": null},
  {"name": "transaction", "type": ["null", {"type": "record",
    "name": "block", "namespace": "event", "fields": [
      {"name": "id", "type": "string"},
      {"name": "total_order", "type": "long"}]}], "default": null}],
"connect.name": "s.shop.users.Envelope"})json";

// The bytes of `0a1f`.
inline std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(
        std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

inline constexpr std::string_view kPaymentHex =
    "04060261000262020278026304060000000001ffffffff0ffeffffffffffffff"
    "ff01cdcccc3d9c7500883ce4377e020668c3a90400ff0102030404cfcc000de0"
    "b6b3a763ffff024830303131323233332d343435352d363637372d383839392d"
    "616162626363646465656666e8dfdfc2aa4f0201aca10280c0f0f50b00";
inline constexpr std::string_view kPaymentOfNullsHex =
    "0000ffffffff0ffeffffffffffffffff01cdcccc3d9c7500883ce4377e000400"
    "ff010203040200ffffffffffffffffff004830303131323233332d343435352d"
    "363637372d383839392d616162626363646465656666e8dfdfc2aa4f00aca102"
    "80c0f0f50b0204060261000262020278026304060000000001ffffffff0ffeff"
    "ffffffffffffff01cdcccc3d9c7500883ce4377e020668c3a90400ff01020304"
    "04cfcc000de0b6b3a763ffff024830303131323233332d343435352d36363737"
    "2d383839392d616162626363646465656666e8dfdfc2aa4f0201aca10280c0f0"
    "f50b020000ffffffff0ffeffffffffffffffff01cdcccc3d9c7500883ce4377e"
    "000400ff010203040200ffffffffffffffffff004830303131323233332d3434"
    "35352d363637372d383839392d616162626363646465656666e8dfdfc2aa4f00"
    "aca10280c0f0f50b00";
inline constexpr std::string_view kUpdateHex =
    "02d80f00000002d80f0208676f6c648089affaa0ccd705020404e206322e37be"
    "fbcbdadf5a000a66616c73650a757365727302b0c1f416027502e6feebb9a755"
    "020635353602";
inline constexpr std::string_view kDeleteHex =
    "02d80f0000000006322e37befbcbdadf5a000a66616c73650a75736572730002"
    "640000";
inline constexpr std::string_view kNoImageHex =
    "0002d80f0208676f6c648089affaa0ccd705020404e206322e37befbcbdadf5a"
    "000a66616c73650a757365727302b0c1f41602640000";
inline constexpr std::string_view kTruncateHex =
    "000006322e37befbcbdadf5a000a66616c73650a757365727302b0c1f4160274"
    "0000";
inline constexpr std::string_view kUntoldHex =
    "0002d80f02385f5f646562657a69756d5f756e617661696c61626c655f76616c"
    "75658089affaa0ccd705020404e206322e37befbcbdadf5a000a66616c73650a"
    "757365727302b0c1f4160263020a00";

}  // namespace freshet
