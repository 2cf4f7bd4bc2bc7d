# SPDX-License-Identifier: Apache-2.0
"""Shows that each lint can fail, and that it lets right code pass."""
import contextlib
import io
import json
import os
import pathlib
import tempfile
import unittest
import unittest.mock

import cxx
import format as clang_format
import include_layers
import sizes
import tidy
import tree
import words

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


class LintTest(unittest.TestCase):
    def setUp(self):
        self._dir = tempfile.TemporaryDirectory()
        self.addCleanup(self._dir.cleanup)
        self.root = pathlib.Path(self._dir.name).resolve()

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def refuses(self, lint, path, text, *parts):
        """The lint finds one thing, at a place in `path`, saying `parts`."""
        self.write(path, text)
        errors = lint.check(self.root)
        self.assertEqual(len(errors), 1, errors)
        self.assertTrue(errors[0].startswith(path), errors[0])
        for part in parts:
            self.assertIn(part, errors[0])
        (self.root / path).unlink()

    def accepts(self, lint, path, text):
        self.write(path, text)
        self.assertEqual(lint.check(self.root), [])
        (self.root / path).unlink()


class IncludeLayersTest(LintTest):
    def refuses_include(self, path, header, *parts):
        self.refuses(include_layers, path, f"{SPDX}#include {header}\n",
                     f"{path}:2:", *parts)

    def accepts_include(self, path, header):
        self.accepts(include_layers, path, f"{SPDX}#include {header}\n")

    def test_a_library_may_be_of_a_folder_within_one(self):
        self.accepts_include("ingest/registry/a.cc", "<curl/curl.h>")
        self.refuses_include("ingest/feed/a.cc", "<curl/curl.h>",
                             "only ingest/registry may")
        self.refuses_include("ingest/formats/a.cc", "<librdkafka/rdkafka.h>")

    def test_lower_layer_may_not_include_upper(self):
        self.refuses_include("base/a.h", '"config/parse.h"', "base/ includes")
        self.refuses_include("storage/a.cc", '"versions/catalog.h"')
        self.refuses_include("loader/a.cc", '"versions/catalog.h"')
        self.refuses_include("cli/a.cc", '"storage/version.h"')
        self.refuses_include("cli/a.cc", '"ingest/live/a.h"')
        self.refuses_include("ingest/formats/a.cc", '"ingest/live/a.h"',
                             "ingest/formats/ includes")
        self.refuses_include("clients/cpp/a.cc", '"base/a.h"')
        self.refuses_include("storage/a.cc", '"tests/fakes/temp_dir.h"')

    def test_upper_layer_may_include_all_below(self):
        for header in ("base/a.h", "config/a.h", "storage/a.h", "server/b.h"):
            self.accepts_include("server/a.cc", f'"{header}"')
        self.accepts_include("cli/a.cc", '"features/a.h"')
        self.accepts_include("cli/a.cc", '"ingest/formats/a.h"')
        self.accepts_include("ingest/live/a.cc", '"ingest/formats/a.h"')
        self.accepts_include("tests/storage/a_test.cc", '"server/a.h"')

    def test_library_stays_in_its_folder(self):
        self.refuses_include("server/a.cc", '"rocksdb/db.h"', "only storage")
        self.refuses_include("storage/a.cc", "<grpcpp/grpcpp.h>")
        self.refuses_include("server/a.cc", "<arrow/api.h>")
        self.refuses_include("features/a.cc", '"freshet/v1/online.pb.h"')
        self.accepts_include("storage/a.cc", '"rocksdb/db.h"')
        self.accepts_include("loader/a.cc", "<parquet/file_reader.h>")
        self.accepts_include("server/a.cc", "<grpcpp/grpcpp.h>")

    def test_slow_header_stays_out_of_ours(self):
        self.refuses_include("storage/a.h", '"rocksdb/db.h"', "forward-declare")
        self.refuses_include("server/a.h", "<grpcpp/grpcpp.h>")
        self.accepts_include("server/a.h", '"freshet/v1/online.grpc.pb.h"')

    def test_private_header_may_hold_them_and_stays_in_its_folder(self):
        self.accepts_include("storage/a_parts.h", '"rocksdb/db.h"')
        self.accepts_include("storage/a.cc", '"storage/a_parts.h"')
        self.refuses_include("versions/a.cc", '"storage/a_parts.h"', "private")

    def test_server_may_not_name_rocksdb(self):
        self.refuses(include_layers, "server/a.cc",
                     f"{SPDX}\nrocksdb::DB* db;\n", "server/a.cc:3:")
        self.accepts(include_layers, "server/a.cc", "// rocksdb::DB\n")

    def test_commented_include_does_not_count(self):
        self.accepts(include_layers, "base/a.h", '// #include "server/a.h"\n')

    def test_new_folder_must_be_in_the_table(self):
        self.refuses(include_layers, "extra/a.h", SPDX, "'extra'")


class SizesTest(LintTest):
    def test_long_files_are_refused_by_kind(self):
        for path, limit in (("a/a.h", 200), ("a/a.cc", 400), ("a/main.cc", 80),
                            ("tests/a_test.cc", 500), ("a/a.py", 400)):
            self.accepts(sizes, path, "\n" * limit)
            self.refuses(sizes, path, "\n" * (limit + 1), f"{limit + 1} lines")

    def test_long_function_is_refused_by_name(self):
        def text(lines):
            body = "  x();\n" * (lines - 2)
            return f"namespace freshet {{\nint Long(int a) {{\n{body}}}\n}}\n"
        self.accepts(sizes, "a/a.cc", text(70))
        self.refuses(sizes, "a/a.cc", text(71), "a/a.cc:2:", "'Long'", "71")

    def test_class_with_eleven_public_methods_is_refused(self):
        def text(count):
            methods = "".join(f"  int M{i}(int a) const;\n"
                              for i in range(count))
            return ("class C {\n public:\n  C();\n  ~C();\n  C(const C&) = "
                    f"delete;\n{methods}  void Do() override;\n private:\n"
                    "  void Hidden();\n  int count_ = 0;\n};\n")
        self.accepts(sizes, "a/a.h", text(10))
        self.refuses(sizes, "a/a.h", text(11), "'C'", "11 public methods")

    def test_full_folder_is_refused(self):
        for i in range(26):
            self.write(f"a/a{i}.h", "")
        errors = sizes.check(self.root)
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("26 sources", errors[0])


class CxxTest(unittest.TestCase):
    def test_finds_functions_of_all_kinds(self):
        text = """
            template <typename T, typename = int>
            std::vector<std::string> Free(std::map<int, T> a = {},
                                          int b = 1) {
              if (a) { for (;;) { } }
            }
            Type Class::Method() const noexcept { return {}; }
            Class::Class() : a_(1) { const char* s = "}{"; }  // }
            bool operator==(const A& a, const A& b) { return 1'000 == '{'; }
            TEST(Name, Fact) { }
            constexpr int kTable[] = {1, 2};
            const auto kLambda = [](int x) { return x; };
            enum class Kind { kOne };
            """
        self.assertEqual([name for name, _, _ in cxx.scan(text)[0]],
                         ["Free", "Method", "Class", "operator==", "TEST"])

    def test_counts_only_public_methods_of_its_own(self):
        text = """
            class ABSL_LOCKABLE Open final : public Base<int(int)> {
              void Private();
             public:
              using F = std::function<void(int)>;
              explicit Open(int fd = -1) : fd_(fd) {}
              Open& operator=(Open&&) = default;
              friend bool Same(const Open&);
              absl::StatusOr<std::pair<int, int>> Read(int a, int b);
              int Over(int) const;
              int Over(double) const;
              void Inline() ABSL_EXCLUSIVE_LOCK_FUNCTION(mu) { mu_.lock(); }
              int field = Make();
              std::function<void()> call_;
              struct Nested { void M(); };
             protected:
              void Hidden();
            };
            """
        classes = {name: methods for name, _, methods in cxx.scan(text)[1]}
        self.assertEqual(classes["Open"], {"Read", "Over", "Inline"})
        self.assertEqual(classes["Nested"], {"M"})


class WordsTest(LintTest):
    def test_banned_word_is_refused_with_what_to_use(self):
        for code, instead in (
                ("absl::Mutex mu;", "base/mutex.h"),
                ("void F(absl::string_view s);", "std::string_view"),
                ("std::atomic<std::shared_ptr<int>> p;", "shared_ptr"),
                ("std::this_thread::sleep_for(x);", "CondVar"),
                ("std::cout << 1;", "spdlog"),
                ("throw Error();", "absl::Status"),
                ("// FIX" "ME: later", "issue"),
                ("// TO" "DO: later", "issue")):
            self.refuses(words, "a/a.cc", f"{SPDX}{code}\n", "a/a.cc:2:",
                         instead)

    def test_word_in_a_comment_or_string_is_free(self):
        self.accepts(words, "tests/a/a.cc", SPDX + "throw Error();\n")
        self.accepts(words, "a/a.cc",
                     SPDX + '// not absl::Mutex\nF("std::cout");\n')

    def test_mark_that_a_program_prints_may_be_quoted(self):
        self.accepts(words, "docs/a.md", "begins with `# TO" "DO` in it\n")

    def test_machine_path_and_registry_host_are_refused(self):
        self.refuses(words, "docs/a.md", "see /wor" "k/main\n", "docs/a.md:1:")
        self.refuses(words, "docs/a.md", "in /ro" "ot/x\n")
        self.refuses(words, "docs/a.md", "https://py" "pi.org/simple\n",
                     "registry")
        self.accepts(words, "docs/a.md", "the network/work/flow of docs/work/\n")

    def test_empty_name_is_refused(self):
        for code in ("class LoadManager {", "struct FileInfo {",
                     "class ViewImpl final : Base {"):
            self.refuses(words, "a/a.cc", f"{SPDX}{code}\n", "says nothing")
        self.refuses(words, "a/file_util.cc", SPDX, "says nothing")
        self.accepts(words, "a/a.cc", SPDX + "class Database {};\n"
                     "namespace parquet { class FileMetaData; }\n")

    def test_licence_line_and_pragma_once_are_wanted(self):
        self.refuses(words, "a/a.cc", "int a;\n", "SPDX")
        self.refuses(words, "a/CMakeLists.txt", "add()\n", "SPDX")
        self.accepts(words, "proto/grpc/a.proto", "// Copyright gRPC\n")
        self.refuses(words, "a/a.h", SPDX, "#pragma once")
        self.accepts(words, "a/a.h", SPDX + "#pragma once\n")


class FormatTest(LintTest):
    def test_badly_laid_out_source_is_refused(self):
        self.write(".clang-format", "BasedOnStyle: Google\n")
        self.refuses(clang_format, "a/a.cc", "int   a;\n", "a/a.cc:1",
                     "./dev format")
        self.accepts(clang_format, "a/a.cc", "int a;\n")


class TidyTest(LintTest):
    def check(self):
        cache = {"XDG_CACHE_HOME": str(self.root / "cache")}
        with contextlib.redirect_stdout(io.StringIO()) as out, \
                contextlib.redirect_stderr(io.StringIO()), \
                unittest.mock.patch.dict(os.environ, cache):
            errors = tidy.check(self.root, self.root / "build")
        return errors, out.getvalue()

    def test_mistake_is_refused_and_clean_source_is_remembered(self):
        good = '#include "a.h"\nint F(int a) { return a + kA; }\n'
        self.write("a.cc", "int F(int* a) {\n  a = 0;\n  return *a;\n}\n")
        self.write("a.h", "constexpr int kA = 1;\n")
        self.write(".clang-tidy",
                   (tree.ROOT / ".clang-tidy").read_text(encoding="utf-8"))
        self.write("build/compile_commands.json", json.dumps([{
            "directory": str(self.root), "file": "a.cc",
            "command": "c++ -c a.cc"}]))

        errors, _ = self.check()
        self.assertEqual(len(errors), 1, errors)
        self.assertIn("a.cc:3:", errors[0])
        self.assertIn("clang-analyzer-core", errors[0])

        self.write("a.cc", good)
        self.assertEqual(self.check(), ([], "clang-tidy: 1 sources to look at\n"))
        self.assertEqual(self.check(), ([], "clang-tidy: 0 sources to look at\n"))
        self.write("a.h", "constexpr int kA = 2;\n")
        self.assertEqual(self.check(), ([], "clang-tidy: 1 sources to look at\n"))


class TreeTest(unittest.TestCase):
    def test_blanks_keep_lines_and_columns(self):
        text = 'a("x//y"); /* b\n */ c(\'"\'); // d\nR"(})" e\n'
        bare = tree.without_comments(text)
        self.assertEqual(len(bare), len(text))
        self.assertEqual(bare.count("\n"), text.count("\n"))
        for gone in ("x", "b", "d", "}"):
            self.assertNotIn(gone, bare)
        for kept in ("a(", "c(", "e"):
            self.assertEqual(bare.index(kept), text.index(kept))


if __name__ == "__main__":
    unittest.main()
