// SPDX-License-Identifier: Apache-2.0
#include "tests/loader/hostile_files.h"

#include <arrow/api.h>

#include <random>

#include "base/check.h"
#include "base/file.h"
#include "tests/fakes/temp_dir.h"
#include "tests/loader/arrow_kit.h"
#include "tests/loader/load_kit.h"
#include "tests/loader/parquet_forgery.h"

namespace freshet {
namespace {

std::string Repeat(const std::string& text, int64_t count) {
  std::string all;
  all.reserve(text.size() * static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) all += text;
  return all;
}

std::string Noise(size_t size) {
  std::mt19937 random(size_t{7});
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

std::string FirstHalf(const std::string& bytes) {
  return bytes.substr(0, bytes.size() / 2);
}

// What an honest writer makes of one string column `id`.
std::string HonestArrow(bool stream,
                        const std::shared_ptr<arrow::DataType>& type,
                        const std::string& values) {
  const TempDir dir;
  WriteArrow(dir.File("f"), *TableOf({{"id", type, values}}), stream);
  absl::StatusOr<std::string> bytes = ReadFile(dir.File("f"));
  CHECK(bytes.ok());
  return *std::move(bytes);
}

std::string Replace(std::string bytes, const std::string& from,
                    const std::string& to) {
  const size_t at = bytes.find(from);
  CHECK(at != std::string::npos && from.size() == to.size());
  return bytes.replace(at, to.size(), to);
}

HostileFile Forged(const std::string& what,
                   const std::function<void(ParquetForgery&)>& lie) {
  return {what, "f.parquet", [lie] {
            ParquetForgery forgery;
            lie(forgery);
            return forgery.Bytes();
          }};
}

}  // namespace

std::vector<HostileFile> HostileText() {
  constexpr int64_t kMany = 200'000'000;
  return {
      {"GzipBombOfOneLine", "f.csv.gz",
       [] { return Pack("id\n" + std::string(kMany, 'a'), "gzip"); }},
      {"GzipBombOfRows", "f.csv.gz",
       [] { return Pack("id\n" + Repeat("a\n", kMany / 2), "gzip"); }},
      {"ZstdBombOfRows", "f.csv.zst",
       [] { return Pack("id\n" + Repeat("a\n", kMany / 2), "zstd"); }},
      {"ZstdBombOfJson", "f.jsonl.zst",
       [] { return Pack(Repeat("{\"id\":\"a\"}\n", kMany / 10), "zstd"); }},
      {"GzipWithinGzip", "f.csv.gz",
       [] { return Pack(Pack("id\na\n", "gzip"), "gzip"); }},
      {"GzipThatEndsEarly", "f.csv.gz",
       [] { return FirstHalf(Pack("id\n" + Noise(10'000), "gzip")); }},
      {"GzipHeaderThenNoise", "f.csv.gz",
       [] { return "\x1f\x8b\x08" + Noise(10'000); }},
      {"CsvOfAMillionColumns", "f.csv",
       [] { return "id" + Repeat(",c", 1'000'000) + "\na\n"; }},
      {"CsvWithAQuoteThatNeverEnds", "f.csv",
       [] { return "id\n\"" + std::string(50'000'000, 'a'); }},
      {"CsvOfNoise", "f.csv", [] { return Noise(100'000); }},
      {"CsvOfZeroBytes", "f.csv", [] { return std::string(10'000'000, '\0'); }},
      {"EmptyCsv", "f.csv", [] { return std::string(); }},
      {"JsonOfAMillionLevels", "f.jsonl",
       [] { return "{\"x\":" + std::string(1'000'000, '['); }},
      {"JsonOfAMillionFields", "f.jsonl",
       [] {
         std::string line = "{\"id\":\"a\"";
         for (int i = 0; i < 100'000; ++i) {
           line += ",\"c" + std::to_string(i) + "\":0";
         }
         return line + "}";
       }},
      {"JsonOfOneEndlessLine", "f.jsonl",
       [] { return "{\"id\":\"" + std::string(50'000'000, 'a'); }},
      {"JsonWithALoneSurrogate", "f.jsonl",
       [] { return std::string(R"({"id":"\ud800"})"); }},
      {"JsonOfNoise", "f.jsonl", [] { return Noise(100'000); }},
  };
}

std::vector<HostileFile> HostileFooters() {
  const auto honest = [] { return ParquetForgery().Bytes(); };
  return {
      {"EmptyParquet", "f.parquet", [] { return std::string(); }},
      {"OnlyMagicNumbers", "f.parquet", [] { return ParquetAround("", ""); }},
      {"HalfAFile", "f.parquet", [=] { return FirstHalf(honest()); }},
      {"WrongFirstMagic", "f.parquet",
       [=] { return "X" + honest().substr(1); }},
      {"EncryptedFooter", "f.parquet",
       [] {
         return "PARE" + std::string(100, 'x') +
                std::string("\x10\0\0\0PARE", 8);
       }},
      {"FooterLongerThanTheFile", "f.parquet",
       [] {
         return "PAR1" + Noise(100) + std::string("\xff\xff\xff\0PAR1", 8);
       }},
      {"FooterOf17Mebibytes", "f.parquet",
       [] { return ParquetAround("", std::string(17 << 20, '\0')); }},
      {"FooterOfNoise", "f.parquet",
       [] { return ParquetAround("", Noise(1'000)); }},
      {"FooterOfAMillionColumns", "f.parquet",
       [] { return ParquetAround("", FooterOfColumns(1'000'000)); }},
      {"FooterOfTenThousandColumns", "f.parquet",
       [] { return ParquetAround("", FooterOfColumns(10'000)); }},
      {"FooterOf100000Levels", "f.parquet",
       [] { return ParquetAround("", FooterOfDepth(100'000)); }},
      {"FooterThatEndsEarly", "f.parquet",
       [] { return ParquetAround("", FirstHalf(FooterOfColumns(100))); }},
  };
}

std::vector<HostileFile> HostilePages() {
  return {
      Forged("FileRowsAreALie", [](auto& f) { f.file_rows = 100; }),
      Forged("RowsAreNegative",
             [](auto& f) { f.file_rows = f.group_rows = -2; }),
      Forged("RowsWithoutEnd",
             [](auto& f) { f.file_rows = f.group_rows = int64_t{1} << 60; }),
      Forged("OneRowTooMany", [](auto& f) { f.file_rows = f.group_rows = 3; }),
      Forged("EveryCountSaysTwoBillion",
             [](auto& f) {
               f.file_rows = f.group_rows = f.chunk_values = f.page_values =
                   2'000'000'000;
             }),
      Forged("PageValuesAreNegative", [](auto& f) { f.page_values = -2; }),
      Forged("PageSaysTwoGigabytes",
             [](auto& f) {
               f.codec = 6;
               f.page_unpacked_bytes = 2'000'000'000;
             }),
      Forged("PageUnpackedSizeIsNegative",
             [](auto& f) { f.page_unpacked_bytes = -2; }),
      Forged("PagePackedSizeIsNegative",
             [](auto& f) { f.page_packed_bytes = -2; }),
      Forged("PageReachesBeyondTheFile",
             [](auto& f) { f.page_packed_bytes = 1'000'000; }),
      Forged("PageBehindTheFile", [](auto& f) { f.page_offset = 1 << 30; }),
      Forged("PageBeforeTheFile", [](auto& f) { f.page_offset = -100; }),
      Forged("UnknownCodec", [](auto& f) { f.codec = 99; }),
      Forged("UnknownEncoding", [](auto& f) { f.encoding = 77; }),
      Forged("StringOfNegativeLength",
             [](auto& f) { f.page = "\xff\xff\xff\xff" + f.page.substr(4); }),
      Forged("StringBeyondThePage",
             [](auto& f) { f.page = "\x40\x42\x0f" + f.page.substr(3); }),
      Forged("DictionaryIndexOutOfRange",
             [](auto& f) {
               f.dictionary = std::string("\1\0\0\0a", 5);
               f.encoding = 8;
               f.page = std::string("\x08\x04\xc8", 3);  // Twice index 200.
             }),
      Forged("DictionaryThatIsMissing",
             [](auto& f) {
               f.encoding = 8;
               f.page = std::string("\x08\x04\x00", 3);
             }),
      Forged("DictionaryOfTwoBillionValues",
             [](auto& f) {
               f.dictionary = std::string("\1\0\0\0a", 5);
               f.dictionary_values = 2'000'000'000;
               f.encoding = 8;
               f.page = std::string("\x08\x04\x00", 3);
             }),
      Forged("PageThatUnpacksTo400Mebibytes",
             [](auto& f) {
               const std::string zeros(size_t{400} << 20, '\0');
               f.codec = 6;
               f.page = Pack(zeros, "zstd");
               f.page_unpacked_bytes = static_cast<int64_t>(zeros.size());
             }),
  };
}

std::vector<HostileFile> HostileArrow() {
  const std::string words = R"(["first", "second", "third"])";
  const auto dictionary = arrow::dictionary(arrow::int32(), arrow::utf8());
  const auto file = [=] { return HonestArrow(false, arrow::utf8(), words); };
  const auto stream = [=] { return HonestArrow(true, arrow::utf8(), words); };
  const auto coded = [=] { return HonestArrow(false, dictionary, words); };
  return {
      {"ArrowOnlyMagic", "f.arrow",
       [] { return std::string("ARROW1\0\0", 8); }},
      {"EmptyArrow", "f.arrow", [] { return std::string(); }},
      {"HalfAnArrowFile", "f.arrow", [=] { return FirstHalf(file()); }},
      {"HalfAnArrowStream", "f.arrow", [=] { return FirstHalf(stream()); }},
      {"ArrowStreamWithoutItsEnd", "f.arrow",
       [=] {
         std::string bytes = stream();
         bytes.resize(bytes.size() - 8);
         return bytes;
       }},
      {"ArrowMessageOfTwoGigabytes", "f.arrow",
       [] { return "\xff\xff\xff\xff\xff\xff\xff\x7f" + Noise(100); }},
      {"ArrowStreamOfNoise", "f.arrow",
       [] { return std::string("\xff\xff\xff\xff\x40\0\0\0", 8) + Noise(64); }},
      {"ArrowOffsetsOutOfOrder", "f.arrow",
       [=] {
         return Replace(file(), std::string("\0\0\0\0\5\0\0\0\xb\0\0\0", 12),
                        std::string("\0\0\0\0\x7f\0\0\0\xb\0\0\0", 12));
       }},
      {"ArrowOffsetsBeyondTheirBytes", "f.arrow",
       [=] {
         return Replace(file(), std::string("\5\0\0\0\xb\0\0\0\x10\0\0\0", 12),
                        std::string("\5\0\0\0\xb\0\0\0\x10\0\0\x10", 12));
       }},
      {"ArrowTextThatIsNotUtf8", "f.arrow",
       [=] { return Replace(file(), "second", "sec\xffnd"); }},
      {"ArrowIndexOutsideItsDictionary", "f.arrow",
       [=] {
         return Replace(coded(), std::string("\0\0\0\0\1\0\0\0\2\0\0\0", 12),
                        std::string("\0\0\0\0\1\0\0\0\x7f\0\0\0", 12));
       }},
  };
}

}  // namespace freshet
