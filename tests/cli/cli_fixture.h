// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "tests/fakes/fake_daemon.h"

namespace freshet {

struct CliResult {
  int code = 0;
  std::string out;
  std::string err;
};

// Runs `freshet` in this process, its words and answers in memory.
inline CliResult RunFreshet(const std::vector<std::string>& words,
                            const std::string& typed = "",
                            bool interactive = false) {
  std::string input = typed + "\n";
  char* out = nullptr;
  char* err = nullptr;
  size_t out_size = 0;
  size_t err_size = 0;
  Terminal terminal{.in = fmemopen(input.data(), input.size(), "r"),
                    .out = open_memstream(&out, &out_size),
                    .err = open_memstream(&err, &err_size),
                    .interactive = interactive};
  std::vector<const char*> argv = {"freshet"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  CliResult result;
  result.code = RunCli(static_cast<int>(argv.size()), argv.data(), terminal);
  std::fclose(terminal.in);
  std::fclose(terminal.out);
  std::fclose(terminal.err);
  result.out.assign(out, out_size);
  result.err.assign(err, err_size);
  std::free(out);
  std::free(err);
  return result;
}

class CliTest : public testing::Test {
 protected:
  CliResult Run(std::vector<std::string> words, const std::string& typed = "",
                bool interactive = false) {
    words.insert(words.begin(),
                 {"--admin", daemon_.address(), "--data", daemon_.address()});
    return RunFreshet(words, typed, interactive);
  }

  // A file of this test's own.
  std::string Write(const std::string& name, const std::string& text) {
    std::string path = testing::TempDir() + "freshet_cli_" +
                       std::to_string(getpid()) + "_" + name;
    std::ofstream(path) << text;
    return path;
  }

  FakeDaemon daemon_;
};

}  // namespace freshet
