// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "base/error.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "freshet/v1/online.pb.h"
#include "server/online/request_keys.h"

namespace freshet {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

CodedInputStream StreamOf(std::string_view bytes) {
  return CodedInputStream(reinterpret_cast<const uint8_t*>(bytes.data()),
                          static_cast<int>(bytes.size()));
}

// Reads a length-delimited field; false if the bytes end before it does.
bool ReadBytes(CodedInputStream& in, std::string* out) {
  uint32_t length = 0;
  return in.ReadVarint32(&length) &&
         in.ReadString(out, static_cast<int>(length));
}

absl::Status FindInColumn(std::string_view bytes) {
  CodedInputStream in = StreamOf(bytes);
  std::string name;
  std::string text;
  for (int64_t row = 0; const uint32_t tag = in.ReadTag();) {
    const int field = WireFormatLite::GetTagFieldNumber(tag);
    if (field == v1::KeyColumn::kNameFieldNumber) {
      if (!ReadBytes(in, &name)) break;
      if (!IsValidUtf8(name)) {
        return InvalidArgument("a key column's name is not UTF-8");
      }
    } else if (field == v1::KeyColumn::kStringsFieldNumber) {
      if (!ReadBytes(in, &text)) break;
      if (!IsValidUtf8(text)) {
        return InvalidArgument(
            "key column '{}', row {}: the string is not UTF-8; a key that may "
            "hold any bytes is declared as type bytes",
            name, row);
      }
      ++row;
    } else if (!WireFormatLite::SkipField(&in, tag)) {
      break;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status FindBadUtf8(std::string_view request_bytes) {
  CodedInputStream in = StreamOf(request_bytes);
  std::string column;
  while (const uint32_t tag = in.ReadTag()) {
    if (WireFormatLite::GetTagFieldNumber(tag) ==
        v1::GetFeaturesRequest::kKeysFieldNumber) {
      if (!ReadBytes(in, &column)) break;
      RETURN_IF_ERROR(FindInColumn(column));
    } else if (!WireFormatLite::SkipField(&in, tag)) {
      break;
    }
  }
  return absl::OkStatus();
}

}  // namespace freshet
