// SPDX-License-Identifier: Apache-2.0
// Readers of binary formats below the load: streaming, memory, places.
#include <arrow/api.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "loader/formats/batch_reader.h"
#include "tests/loader/arrow_kit.h"
#include "tests/loader/load_kit.h"

namespace freshet {
namespace {

using testing::HasSubstr;

constexpr int64_t kRows = 200'000;
constexpr int kColumns = 4;

// Columns c0 to c3 of int64: row r holds r * 10 + column.
std::shared_ptr<arrow::Table> WideTable() {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (int c = 0; c < kColumns; ++c) {
    arrow::Int64Builder builder;
    for (int64_t r = 0; r < kRows; ++r) {
      EXPECT_TRUE(builder.Append(r * 10 + c).ok());
    }
    fields.push_back(arrow::field("c" + std::to_string(c), arrow::int64()));
    arrays.push_back(builder.Finish().ValueOrDie());
  }
  return arrow::Table::Make(arrow::schema(fields), arrays);
}

class ReaderTest : public testing::Test {
 protected:
  ReaderTest() {
    for (int c = 0; c < kColumns; ++c) {
      wanted_.push_back({"c" + std::to_string(c), *Type::Parse("int64"), "c"});
    }
  }

  // One row group, one page a column, nothing packed: 1.6 MB a page.
  void WriteLargePages() {
    ParquetOptions options;
    options.properties = parquet::WriterProperties::Builder()
                             .disable_dictionary()
                             ->compression(parquet::Compression::UNCOMPRESSED)
                             ->data_pagesize(100 << 20)
                             ->max_rows_per_page(kRows)
                             ->build();
    WriteParquet(path_, *WideTable(), options);
  }

  absl::StatusOr<std::unique_ptr<BatchReader>> Open(arrow::MemoryPool* pool) {
    freshet::OpenFile file;
    file.fd = UniqueFd(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    file.name = path_;
    file.bytes = *FileSize(path_);
    file.wanted = wanted_;
    file.scratch.dir = dir_.path();
    file.pool = pool;
    return OpenBatchReader(std::move(file));
  }

  // Reads all and checks every cell.
  absl::Status ReadAll(BatchReader& reader) {
    int64_t row = 0;
    for (;;) {
      auto batch = reader.Next();
      if (!batch.ok()) return batch.status();
      if (*batch == nullptr) break;
      for (int c = 0; c < kColumns; ++c) {
        const auto& values =
            static_cast<const arrow::Int64Array&>(*(*batch)->column(c));
        for (int64_t i = 0; i < values.length(); ++i) {
          EXPECT_EQ(values.Value(i), (row + i) * 10 + c);
        }
      }
      row += (*batch)->num_rows();
    }
    EXPECT_EQ(row, kRows);
    return absl::OkStatus();
  }

  TempDir dir_;
  std::string path_ = dir_.File("f.parquet");
  std::vector<WantedColumn> wanted_;
};

TEST_F(ReaderTest, OneRowGroupOfSmallPagesIsNeverWholeInMemory) {
  ParquetOptions options;
  options.properties = parquet::WriterProperties::Builder()
                           .disable_dictionary()
                           ->data_pagesize(16 << 10)
                           ->build();
  WriteParquet(path_, *WideTable(), options);
  arrow::ProxyMemoryPool pool(arrow::default_memory_pool());
  const auto reader = Open(&pool);
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_EQ(ReadAll(**reader), absl::OkStatus());
  EXPECT_LT(pool.max_memory(), kRows * kColumns * 8);
}

TEST_F(ReaderTest, PagesThatDoNotFitTogetherAreReadColumnByColumn) {
  WriteLargePages();
  arrow::ProxyMemoryPool counted(arrow::default_memory_pool());
  arrow::CappedMemoryPool pool(&counted, 5 << 20);
  const auto reader = Open(&pool);
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_EQ(ReadAll(**reader), absl::OkStatus());
  EXPECT_EQ(*ListDir(dir_.path()), std::vector<std::string>({"f.parquet"}));
}

TEST_F(ReaderTest, APageThatDoesNotFitAloneIsRefusedWithTheWayOut) {
  WriteLargePages();
  arrow::ProxyMemoryPool counted(arrow::default_memory_pool());
  arrow::CappedMemoryPool pool(&counted, 1 << 20);
  const auto reader = Open(&pool);
  ASSERT_TRUE(reader.ok()) << reader.status();
  const absl::Status status = ReadAll(**reader);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("write smaller pages"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("column 'c0'"));
}

TEST_F(ReaderTest, OnlyWantedColumnsAreRead) {
  WriteParquet(path_, *WideTable());
  wanted_.erase(wanted_.begin(), wanted_.begin() + 3);
  const auto reader = Open(arrow::default_memory_pool());
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ((*reader)->schema().field_names(),
            std::vector<std::string>({"c3"}));
  EXPECT_EQ((*(*reader)->Next())->num_columns(), 1);
}

TEST_F(ReaderTest, PlacesCountRowsWithinTheFile) {
  ParquetOptions options;
  options.row_group_rows = 1000;
  WriteParquet(path_, *WideTable()->Slice(0, 2500), options);
  const auto reader = Open(arrow::default_memory_pool());
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE((*reader)->Next().ok());
  EXPECT_EQ((*reader)->Place(0), "row group 0, row 1");
  ASSERT_TRUE((*reader)->Next().ok());
  ASSERT_TRUE((*reader)->Next().ok());
  EXPECT_EQ((*reader)->Place(499), "row group 2, row 2500");
  EXPECT_EQ((*reader)->bytes_read(), *FileSize(path_));
}

TEST(ArrowLoadTest, FilesAndStreamsPlainAndPackedHoldTheSame) {
  const auto table =
      TableOf({{"id", arrow::dictionary(arrow::int8(), arrow::utf8()),
                R"(["a", "b", "c"])"},
               {"more", arrow::int64(), "[1, 2, 3]"},
               {"ts", arrow::timestamp(arrow::TimeUnit::MILLI, "UTC"),
                R"(["2013-01-01", "2013-01-01", "2013-01-01"])"},
               {"v", arrow::list(arrow::float64()), "[[0.5], [], null]"},
               {"s", arrow::large_utf8(), R"(["x", null, ""])"}});
  for (const bool stream : {false, true}) {
    for (const std::string codec : {"", "zstd", "lz4"}) {
      LoadKit kit({{"id", "string"}}, {{"v", "list<double>"}, {"s", "string"}});
      WriteArrow(kit.File("f.arrow"), *table, stream, codec);
      ASSERT_EQ(kit.Load(), absl::OkStatus());
      const auto rows = kit.Rows();
      ASSERT_EQ(rows.size(), 3u);
      EXPECT_EQ(rows.at("a").values[0], Value(Value::List{Value(0.5)}));
      EXPECT_EQ(rows.at("b").values[0], Value(Value::List{}));
      EXPECT_TRUE(rows.at("c").values[0].IsNull());
      EXPECT_TRUE(rows.at("b").values[1].IsNull());
      EXPECT_EQ(rows.at("c").values[1], Value(std::string()));
    }
  }
}

TEST(ArrowLoadTest, BadValuesAreRefusedByBatchRowAndColumn) {
  LoadKit kit({{"id", "string"}}, {});
  kit.spec().source.timestamp_field.clear();
  WriteArrow(kit.File("f.arrow"),
             *TableOf({{"id", arrow::utf8(), R"(["a", null])"}}), false);
  EXPECT_THAT(std::string(kit.Load().message()),
              HasSubstr("file 'f.arrow': batch 0, row 2: column 'id' (join key "
                        "'id'): it is null"));
}

TEST(MixedLoadTest, FilesOfSeveralFormatsMakeOneSnapshot) {
  LoadKit kit({{"id", "int64"}}, {{"f", "int64"}});
  WriteParquet(kit.File("a.parquet"),
               *TableWith({"f", arrow::int64(), "[10]"}));
  kit.Write("b.csv", "f,ts,id\n20,2013-12-31T00:00:00Z,2\n");
  kit.Write("c.jsonl", R"({"id":3,"ts":"2013-12-31T00:00:00Z","f":30})");
  ASSERT_EQ(kit.Load(), absl::OkStatus());
  const auto rows = kit.Rows();
  ASSERT_EQ(rows.size(), 3u);
  for (int64_t id = 1; id <= 3; ++id) {
    EXPECT_EQ(rows.at(std::to_string(id)).values[0], Value(id * 10));
  }
}

}  // namespace
}  // namespace freshet
