// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freshet {

// Writes Thrift's compact protocol, in which a Parquet file describes itself:
// for files that no honest writer makes. Fields of a struct in rising order.
class ThriftWriter {
 public:
  void Int32(int id, int64_t value) { Number(id, 5, value); }
  void Int64(int id, int64_t value) { Number(id, 6, value); }
  void Binary(int id, std::string_view bytes);
  void Struct(int id);
  // Lists: write exactly `size` elements next.
  void StructList(int id, size_t size) { List(id, 12, size); }
  void Int32List(int id, const std::vector<int64_t>& values);
  void BinaryList(int id, const std::vector<std::string>& values);
  // A struct that is an element of a list begins without a field.
  void Element() { last_.push_back(0); }
  void End();  // Of a struct.

  const std::string& bytes() const { return bytes_; }

 private:
  void Varint(uint64_t value);
  void ZigZag(int64_t value);
  void Field(int id, int type);
  void Number(int id, int type, int64_t value);
  void List(int id, int element_type, size_t size);

  std::string bytes_;
  std::vector<int> last_ = {0};  // Field id written last, by depth.
};

}  // namespace freshet
