// SPDX-License-Identifier: Apache-2.0
// Expressions and columns in, results out, as JSON, a line each: what the
// comparison with DuckDB asks (duckdb_test.py).
#include <cstdio>
#include <iostream>
#include <string>

#include "tests/expressions/evaluate_json.h"

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::string answer = freshet::EvaluateJson(line);
    std::fwrite(answer.data(), 1, answer.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
  }
  return 0;
}
