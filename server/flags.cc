// SPDX-License-Identifier: Apache-2.0
#include "server/flags.h"

#include <CLI/CLI.hpp>

#include "server/build.h"
#include "server/exit_code.h"

namespace freshet {

FlagsResult ParseFlags(int argc, char** argv) {
  FlagsResult result;
  CLI::App app(
      "freshetd serves features to models.\n"
      "Ends with 0 after SIGTERM, 64 on wrong flags, 75 when the storage "
      "directory or a port is taken, 78 when the file is wrong or the machine "
      "too small, 70 otherwise.");
  app.set_version_flag("--version", std::string(kBuild));
  app.add_option("--config", result.flags.config,
                 "Settings and definitions (YAML)")
      ->required()
      ->type_name("FILE");
  app.add_option("--set", result.flags.sets,
                 "A setting that overrides the file's, such as "
                 "listen.data=127.0.0.1:0; several times")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  app.add_flag("--check", result.flags.check,
               "Only look at the file, and say what is wrong with it");
  try {
    app.parse(argc, argv);
    result.run = true;
  } catch (const CLI::ParseError& error) {
    const bool asked = app.exit(error) == 0;
    result.exit_code =
        static_cast<int>(asked ? ExitCode::kOk : ExitCode::kUsage);
  }
  return result;
}

}  // namespace freshet
