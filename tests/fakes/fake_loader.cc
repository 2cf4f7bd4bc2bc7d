// SPDX-License-Identifier: Apache-2.0
// A loader that does what its "snapshot" says, one command a line, so that
// tests can have every way in which a loader goes wrong:
//   say PHASE [ROWS TOTAL]   a progress record
//   repeat PHASE             the same record, again and again, for ever
//   build ROWS VALUE         a version, VALUE in every feature of every row
//   lie FIELD                view, version, generation, schema: wrong in the
//                            manifest that a later `build` writes
//   fail CODE MESSAGE        a record of failure
//   raw TEXT, raw-bytes N    anything on standard output
//   complain TEXT            a line on standard error
//   complain-bytes N
//   await FIFO               waits until somebody opens it for writing
//   dump FILE                the spec and what can be seen of the process
//   leave-child              a child that keeps the pipes open
//   exit N, raise SIGNAL, hang, close-output, ignore-term, eat-memory, burn-cpu
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/file.h"
#include "features/key_codec.h"
#include "features/row_codec.h"
#include "storage/protocol/load_protocol.h"
#include "storage/version_writer.h"

namespace freshet {
namespace {

void Write(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n <= 0) _exit(3);
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

// The value `n`, whatever the column's type.
Value NumberAs(const Type& type, int64_t n) {
  if (type.list) return Value(Value::List{});
  switch (type.kind) {
    case Kind::kString:
    case Kind::kBytes:
      return Value(std::to_string(n));
    case Kind::kFloat:
    case Kind::kDouble:
      return Value(static_cast<double>(n));
    case Kind::kBool:
      return Value(n != 0);
    default:
      return Value(n);
  }
}

class FakeLoader {
 public:
  explicit FakeLoader(LoadSpec spec) : spec_(std::move(spec)) {}

  int Run() {
    std::ifstream script(spec_.source.path);
    CHECK(script.good());
    for (std::string line; std::getline(script, line);) Obey(line);
    return 0;
  }

 private:
  void Obey(const std::string& line) {
    std::istringstream in(line);
    std::string command;
    in >> command;
    if (command.empty()) return;
    static const std::map<std::string,
                          void (FakeLoader::*)(std::istringstream&)>
        commands = {{"say", &FakeLoader::Say},
                    {"repeat", &FakeLoader::Repeat},
                    {"build", &FakeLoader::Build},
                    {"lie", &FakeLoader::Lie},
                    {"fail", &FakeLoader::Fail},
                    {"raw", &FakeLoader::Raw},
                    {"raw-bytes", &FakeLoader::RawBytes},
                    {"complain", &FakeLoader::Complain},
                    {"complain-bytes", &FakeLoader::ComplainBytes},
                    {"await", &FakeLoader::Await},
                    {"dump", &FakeLoader::Dump},
                    {"leave-child", &FakeLoader::LeaveChild},
                    {"exit", &FakeLoader::Exit},
                    {"raise", &FakeLoader::Raise},
                    {"hang", &FakeLoader::Hang},
                    {"close-output", &FakeLoader::CloseOutput},
                    {"ignore-term", &FakeLoader::IgnoreTerm},
                    {"eat-memory", &FakeLoader::EatMemory},
                    {"burn-cpu", &FakeLoader::BurnCpu}};
    const auto it = commands.find(command);
    if (it == commands.end()) {
      Write(2, "no command " + command + "\n");
      _exit(2);
    }
    (this->*it->second)(in);
  }

  static std::string Rest(std::istringstream& in) {
    std::string text;
    std::getline(in >> std::ws, text);
    return text;
  }
  static int64_t Number(std::istringstream& in) {
    int64_t number = 0;
    in >> number;
    return number;
  }

  void Say(std::istringstream& in) {
    Write(1, SerializeLoadProgress(Progress(in)));
  }

  void Repeat(std::istringstream& in) {
    const std::string record = SerializeLoadProgress(Progress(in));
    for (;;) Write(1, record);
  }

  static LoadProgress Progress(std::istringstream& in) {
    std::string name;
    in >> name;
    LoadProgress progress;
    while (LoadPhaseName(progress.phase) != name) {
      CHECK(progress.phase != LoadPhase::kFailed);
      progress.phase =
          static_cast<LoadPhase>(static_cast<int>(progress.phase) + 1);
    }
    progress.rows = Number(in);
    progress.rows_total = Number(in);
    progress.rss_bytes = 1 << 20;
    return progress;
  }

  void Build(std::istringstream& in) {
    const int64_t rows = Number(in);
    const int64_t value = Number(in);
    Manifest identity;
    identity.view = wrong_ == "view" ? "another" : spec_.view;
    identity.version = spec_.version + (wrong_ == "version" ? 1 : 0);
    identity.generation = spec_.generation + (wrong_ == "generation" ? 1 : 0);
    identity.schema = spec_.schema;
    if (wrong_ == "schema") {
      identity.schema = RowSchema(spec_.schema.id() + 1, spec_.schema.key(),
                                  spec_.schema.columns());
    }
    identity.as_of_micros = spec_.has_as_of ? spec_.as_of_micros : value;
    identity.source = spec_.source.path;
    identity.source_bytes = *FileSize(spec_.source.path);
    auto writer = VersionWriter::Create(spec_.building_dir, identity, {});
    CHECK(writer.ok());
    for (const std::string& key : Keys(rows)) {
      const std::string row = Row(identity.schema, value);
      CHECK((*writer)->Add(key, row).ok());
    }
    CHECK((*writer)->Finish().ok());
  }

  // 0, 1, 2 ... as the key's first part, zero or empty in the others; sorted.
  std::vector<std::string> Keys(int64_t rows) const {
    std::vector<std::string> keys;
    for (int64_t i = 0; i < rows; ++i) {
      std::vector<Value> parts;
      for (const KeyPart& part : spec_.schema.key()) {
        parts.push_back(NumberAs(part.type, parts.empty() ? i : 0));
      }
      keys.push_back(*EncodeKey(spec_.schema.key(), parts));
    }
    std::sort(keys.begin(), keys.end());
    return keys;
  }

  static std::string Row(const RowSchema& schema, int64_t value) {
    RowWriter writer(schema);
    writer.Begin(value);
    for (size_t i = 0; i < schema.columns().size(); ++i) {
      CHECK(writer.SetValue(i, NumberAs(schema.columns()[i].type, value)).ok());
    }
    return std::string(writer.Finish());
  }

  void Lie(std::istringstream& in) { in >> wrong_; }

  void Fail(std::istringstream& in) {
    LoadProgress progress;
    progress.phase = LoadPhase::kFailed;
    const auto code = static_cast<absl::StatusCode>(Number(in));
    const std::string message = Rest(in);
    progress.error = absl::Status(code, absl::string_view(message));
    Write(1, SerializeLoadProgress(progress));
  }

  void Raw(std::istringstream& in) { Write(1, Rest(in) + "\n"); }
  void RawBytes(std::istringstream& in) {
    Write(1, std::string(static_cast<size_t>(Number(in)), 'x'));
  }
  void Complain(std::istringstream& in) { Write(2, Rest(in) + "\n"); }
  void ComplainBytes(std::istringstream& in) {
    Write(2, std::string(static_cast<size_t>(Number(in)), 'e'));
  }

  void Await(std::istringstream& in) {
    if (::open(Rest(in).c_str(), O_RDONLY | O_CLOEXEC) < 0) _exit(4);
  }

  void Dump(std::istringstream& in) {
    std::string text = fmt::format("nice {}\n", ::getpriority(PRIO_PROCESS, 0));
    rlimit limit;
    ::getrlimit(RLIMIT_AS, &limit);
    text += fmt::format("memory {}\n", limit.rlim_cur);
    text += fmt::format("leads_group {}\n", ::getpgrp() == ::getpid());
    std::vector<std::string> open;
    for (const auto& entry :
         std::filesystem::directory_iterator("/proc/self/fd")) {
      const std::string target =
          std::filesystem::read_symlink(entry.path()).string();
      if (!target.starts_with("/proc/"))
        open.push_back(entry.path().filename());
    }
    std::sort(open.begin(), open.end());
    text += fmt::format("open {}\n", fmt::join(open, ","));
    text += SerializeLoadSpec(spec_) + "\n";
    CHECK(WriteFileSynced(Rest(in), text).ok());
  }

  void LeaveChild(std::istringstream&) {
    if (::fork() == 0) {
      for (;;) ::pause();
    }
  }

  void Exit(std::istringstream& in) { _exit(static_cast<int>(Number(in))); }
  void Raise(std::istringstream& in) {
    const auto signal = static_cast<int>(Number(in));
    ::signal(signal, SIG_DFL);
    ::raise(signal);
  }
  void Hang(std::istringstream&) {
    for (;;) ::pause();
  }
  void CloseOutput(std::istringstream&) {
    ::close(1);
    ::close(2);
  }
  void IgnoreTerm(std::istringstream&) { ::signal(SIGTERM, SIG_IGN); }

  void EatMemory(std::istringstream&) {
    std::vector<std::vector<char>> eaten;
    for (;;) eaten.emplace_back(16 << 20, 'x');
  }
  void BurnCpu(std::istringstream&) {
    for (;;) ::getppid();
  }

  const LoadSpec spec_;
  std::string wrong_;
};

}  // namespace
}  // namespace freshet

int main() {
  std::string line;
  std::getline(std::cin, line);
  auto spec = freshet::ParseLoadSpec(line);
  CHECK(spec.ok());
  return freshet::FakeLoader(*std::move(spec)).Run();
}
