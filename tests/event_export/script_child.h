// SPDX-License-Identifier: Apache-2.0
// A child process that writes no files: it notes what it was ordered, and then
// does what a test wants it to.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "storage/protocol/export_protocol.h"
#include "tests/fakes/temp_dir.h"

namespace freshet {

class ScriptChild {
 public:
  // `first`: commands of the shell that it begins with.
  explicit ScriptChild(const std::string& first = "") {
    const std::string script = "#!/bin/sh\nIFS= read -r order\n" + first +
                               "\nprintf '%s\\n' \"$order\" >> " +
                               dir_.File("orders") + "\n. " +
                               dir_.File("todo") + "\n";
    CHECK(WriteFileSynced(path(), script).ok());
    CHECK(::chmod(path().c_str(), S_IRWXU) == 0);
    Succeeds();
  }

  std::string path() const { return dir_.File("child"); }

  // From its next start on. Requires: none starts meanwhile.
  void Does(const std::string& commands) {
    CHECK(WriteFileSynced(dir_.File("todo"), commands + "\n").ok());
  }
  void Succeeds() { Does(Saying({.is_last = true})); }
  // The commands for a report.
  static std::string Saying(const ExportReport& report) {
    return "cat <<'END'\n" + SerializeExportReport(report) + "END";
  }

  // That it was given since it was made.
  std::vector<ExportOrder> Orders() const {
    std::vector<ExportOrder> orders;
    if (!PathExists(dir_.File("orders"))) return orders;
    std::istringstream lines(ReadFile(dir_.File("orders")).value());
    for (std::string line; std::getline(lines, line);) {
      orders.push_back(ParseExportOrder(line).value());
    }
    return orders;
  }

 private:
  TempDir dir_;
};

}  // namespace freshet
