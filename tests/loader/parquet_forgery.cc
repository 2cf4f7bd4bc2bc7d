// SPDX-License-Identifier: Apache-2.0
#include "tests/loader/parquet_forgery.h"

#include "features/little_endian.h"
#include "tests/loader/thrift_writer.h"

namespace freshet {
namespace {

constexpr int64_t kRequired = 0;
constexpr int64_t kUtf8 = 0;
constexpr int64_t kMagicBytes = 4;

int64_t Size(const std::string& bytes) {
  return static_cast<int64_t>(bytes.size());
}

std::string DictionaryPage(const ParquetForgery& forgery) {
  ThriftWriter header;
  header.Int32(1, 2);  // DICTIONARY_PAGE
  header.Int32(2, Size(forgery.dictionary));
  header.Int32(3, Size(forgery.dictionary));
  header.Struct(7);
  header.Int32(1, forgery.dictionary_values);
  header.Int32(2, 0);
  header.End();
  header.End();
  return header.bytes() + forgery.dictionary;
}

std::string DataPage(const ParquetForgery& forgery) {
  const auto or_size = [&forgery](int64_t said) {
    return said == -1 ? Size(forgery.page) : said;
  };
  ThriftWriter header;
  header.Int32(1, 0);  // DATA_PAGE
  header.Int32(2, or_size(forgery.page_unpacked_bytes));
  header.Int32(3, or_size(forgery.page_packed_bytes));
  header.Struct(5);
  header.Int32(1, forgery.page_values);
  header.Int32(2, forgery.encoding);
  header.Int32(3, 3);  // RLE
  header.Int32(4, 3);
  header.End();
  header.End();
  return header.bytes() + forgery.page;
}

void AddRoot(ThriftWriter& footer, int64_t children) {
  footer.Element();
  footer.Binary(4, "root");
  footer.Int32(5, children);
  footer.End();
}

void AddLeaf(ThriftWriter& footer, const std::string& name, int64_t type) {
  footer.Element();
  footer.Int32(1, type);
  footer.Int32(3, kRequired);
  footer.Binary(4, name);
  footer.Int32(6, kUtf8);
  footer.End();
}

void AddRowGroup(ThriftWriter& footer, const ParquetForgery& forgery,
                 int64_t dictionary_bytes, int64_t page_bytes) {
  const int64_t offset = forgery.page_offset == -1
                             ? kMagicBytes + dictionary_bytes
                             : forgery.page_offset;
  footer.Element();
  footer.StructList(1, 1);
  footer.Element();
  footer.Int64(2, kMagicBytes);
  footer.Struct(3);
  footer.Int32(1, forgery.physical_type);
  footer.Int32List(2, {forgery.encoding});
  footer.BinaryList(3, {forgery.column});
  footer.Int32(4, forgery.codec);
  footer.Int64(5, forgery.chunk_values);
  footer.Int64(6, dictionary_bytes + page_bytes);
  footer.Int64(7, dictionary_bytes + page_bytes);
  footer.Int64(9, offset);
  if (dictionary_bytes > 0) footer.Int64(11, kMagicBytes);
  footer.End();
  footer.End();
  footer.Int64(2, page_bytes);
  footer.Int64(3, forgery.group_rows);
  footer.End();
}

}  // namespace

std::string ParquetAround(const std::string& pages, const std::string& footer) {
  std::string bytes = "PAR1" + pages + footer;
  AppendLittle(static_cast<uint32_t>(footer.size()), &bytes);
  return bytes + "PAR1";
}

std::string ParquetForgery::Bytes() const {
  const std::string first = dictionary.empty() ? "" : DictionaryPage(*this);
  const std::string second = DataPage(*this);
  ThriftWriter footer;
  footer.Int32(1, 1);
  footer.StructList(2, 2);
  AddRoot(footer, 1);
  AddLeaf(footer, column, physical_type);
  footer.Int64(3, file_rows);
  footer.StructList(4, 1);
  AddRowGroup(footer, *this, Size(first), Size(second));
  footer.End();
  return ParquetAround(first + second, footer.bytes());
}

std::string FooterOfColumns(int64_t count) {
  ThriftWriter footer;
  footer.Int32(1, 1);
  footer.StructList(2, static_cast<size_t>(count + 1));
  AddRoot(footer, count);
  for (int64_t i = 0; i < count; ++i) AddLeaf(footer, "c", 6);
  footer.Int64(3, 0);
  footer.StructList(4, 0);
  footer.End();
  return footer.bytes();
}

std::string FooterOfDepth(int64_t levels) {
  ThriftWriter footer;
  footer.Int32(1, 1);
  footer.StructList(2, static_cast<size_t>(levels + 2));
  AddRoot(footer, 1);
  for (int64_t i = 0; i < levels; ++i) {
    footer.Element();
    footer.Int32(3, kRequired);
    footer.Binary(4, "g");
    footer.Int32(5, 1);
    footer.End();
  }
  AddLeaf(footer, "id", 6);
  footer.Int64(3, 0);
  footer.StructList(4, 0);
  footer.End();
  return footer.bytes();
}

}  // namespace freshet
