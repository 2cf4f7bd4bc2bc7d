// SPDX-License-Identifier: Apache-2.0
#include "tests/loader/thrift_writer.h"

namespace freshet {

void ThriftWriter::Varint(uint64_t value) {
  while (value >= 0x80) {
    bytes_.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  bytes_.push_back(static_cast<char>(value));
}

void ThriftWriter::ZigZag(int64_t value) {
  Varint((static_cast<uint64_t>(value) << 1) ^
         static_cast<uint64_t>(value >> 63));
}

void ThriftWriter::Field(int id, int type) {
  bytes_.push_back(static_cast<char>(((id - last_.back()) << 4) | type));
  last_.back() = id;
}

void ThriftWriter::Number(int id, int type, int64_t value) {
  Field(id, type);
  ZigZag(value);
}

void ThriftWriter::Binary(int id, std::string_view bytes) {
  Field(id, 8);
  Varint(bytes.size());
  bytes_.append(bytes);
}

void ThriftWriter::Struct(int id) {
  Field(id, 12);
  last_.push_back(0);
}

void ThriftWriter::List(int id, int element_type, size_t size) {
  Field(id, 9);
  if (size < 15) {
    bytes_.push_back(
        static_cast<char>((size << 4) | static_cast<size_t>(element_type)));
  } else {
    bytes_.push_back(static_cast<char>(0xf0 | element_type));
    Varint(size);
  }
}

void ThriftWriter::Int32List(int id, const std::vector<int64_t>& values) {
  List(id, 5, values.size());
  for (const int64_t value : values) ZigZag(value);
}

void ThriftWriter::BinaryList(int id, const std::vector<std::string>& values) {
  List(id, 8, values.size());
  for (const std::string& value : values) {
    Varint(value.size());
    bytes_.append(value);
  }
}

void ThriftWriter::End() {
  bytes_.push_back('\0');
  last_.pop_back();
}

}  // namespace freshet
