// SPDX-License-Identifier: Apache-2.0
#include "server/net/port_holder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <sstream>

#include "base/file.h"

namespace freshet {
namespace {

// `socket:[12345]` for each socket that listens on `port`.
std::set<std::string> ListeningSockets(int port) {
  std::set<std::string> sockets;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const auto text = ReadFile(table);
    if (!text.ok()) continue;
    std::istringstream lines(*text);
    std::string line;
    std::getline(lines, line);  // The heads of the columns.
    while (std::getline(lines, line)) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, skip, inode;
      fields >> slot >> local >> remote >> state;
      for (int i = 0; i < 5; ++i) fields >> skip;
      fields >> inode;
      const std::string wanted = fmt::format(":{:04X}", port);
      if (state == "0A" && local.ends_with(wanted)) {
        sockets.insert("socket:[" + inode + "]");
      }
    }
  }
  return sockets;
}

bool HasOneOf(const std::string& fd_dir, const std::set<std::string>& sockets) {
  const auto fds = ListDir(fd_dir);
  if (!fds.ok()) return false;  // Another user's process.
  return std::any_of(fds->begin(), fds->end(), [&](const std::string& fd) {
    std::array<char, 64> target;
    const ssize_t size =
        ::readlink((fd_dir + "/" + fd).c_str(), target.data(), target.size());
    return size > 0 && sockets.contains(std::string(target.data(),
                                                    static_cast<size_t>(size)));
  });
}

}  // namespace

std::string DescribePortHolder(int port) {
  const std::set<std::string> sockets = ListeningSockets(port);
  const auto processes = ListDir("/proc");
  if (sockets.empty() || !processes.ok()) return "";
  for (const std::string& pid : *processes) {
    if (pid.find_first_not_of("0123456789") != std::string::npos) continue;
    if (!HasOneOf("/proc/" + pid + "/fd", sockets)) continue;
    std::string name = ReadFile("/proc/" + pid + "/comm").value_or("?\n");
    if (name.ends_with('\n')) name.pop_back();
    return fmt::format("process {} ({})", pid, name);
  }
  return "";
}

}  // namespace freshet
