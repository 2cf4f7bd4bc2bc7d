// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace freshet {

// A Parquet file of one column `id` (string) with the rows "a" and "b", written
// by hand so that each number in it can be a lie. As it stands it is honest.
struct ParquetForgery {
  std::string page = std::string("\1\0\0\0a\1\0\0\0b", 10);
  std::string dictionary;     // Not empty: a dictionary page comes first.
  int64_t encoding = 0;       // PLAIN. 8: RLE_DICTIONARY.
  int64_t codec = 0;          // UNCOMPRESSED. 6: ZSTD.
  int64_t physical_type = 6;  // BYTE_ARRAY.

  // Of the page's header; the sizes are filled in when they are -1.
  int64_t page_values = 2;
  int64_t page_unpacked_bytes = -1;
  int64_t page_packed_bytes = -1;
  int64_t dictionary_values = 1;

  // Of the footer; the offset is filled in when it is -1.
  int64_t file_rows = 2;
  int64_t group_rows = 2;
  int64_t chunk_values = 2;
  int64_t page_offset = -1;
  std::string column = "id";

  std::string Bytes() const;
};

// `footer` between the magic numbers that make it a Parquet file.
std::string ParquetAround(const std::string& pages, const std::string& footer);

// A footer whose schema has `count` columns, or one column below so many
// levels of groups.
std::string FooterOfColumns(int64_t count);
std::string FooterOfDepth(int64_t levels);

}  // namespace freshet
