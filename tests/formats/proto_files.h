// SPDX-License-Identifier: Apache-2.0
// A .proto file for tests, and a message that Python's protobuf wrote by it.
#pragma once

#include <string_view>

#include "tests/formats/avro_schemas.h"

namespace freshet {

inline constexpr std::string_view kPaymentFile = R"pb(
  syntax = "proto3"
  ;
package shop;
import "google/protobuf/timestamp.proto";
import "google/protobuf/wrappers.proto";

message Payment {
  message Inner { int64 x = 1; }
  enum Status { OPEN = 0; PAID = 1; }
  int32 i32 = 1;
  int64 i64 = 2;
  uint32 u32 = 3;
  uint64 u64 = 4;
  sint32 s32 = 5;
  sint64 s64 = 6;
  fixed32 f32 = 7;
  fixed64 f64 = 8;
  sfixed32 sf32 = 9;
  sfixed64 sf64 = 10;
  float ratio = 11;
  double amount = 12;
  bool paid = 13;
  string user = 14;
  bytes raw = 15;
  Status status = 16;
  google.protobuf.Timestamp at = 17;
  int64 millis = 18;
  optional int64 maybe = 19;
  google.protobuf.Int64Value wrapped = 20;
  google.protobuf.StringValue name = 21;
  oneof which { string one = 22; int64 two = 23; }
  repeated int64 many = 24;
  map<string, string> tags = 25;
  Inner inner = 26;
}
message Other { int64 x = 1; }
)pb";

inline constexpr std::string_view kProtoPaymentHex =
    "0880808080f8ffffffff01108080808080808080800118ffffffff0f20ffffff"
    "ffffffffff7f280930ffffffffffffffffff013dffffffff4107000000000000"
    "004df9ffffff51f8ffffffffffffff5dcdcccc3d619c7500883ce4377e680172"
    "0368c3a97a0200ff8001018a011108ffffffffffffffffff0110ff93ebdc0390"
    "01fb80babbc82e980100a20100aa01050a03616e6eb2010178c20103010203ca"
    "01060a0161120162d201020805";

}  // namespace freshet
