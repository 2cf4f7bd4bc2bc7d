// SPDX-License-Identifier: Apache-2.0
#include "server/http/http_port.h"

#include <CivetServer.h>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/mutex.h"
#include "base/status.h"
#include "server/net/listener.h"

namespace freshet {
namespace {

void WriteHead(mg_connection* connection, const HttpReply& reply) {
  mg_printf(connection,
            "HTTP/1.1 %d %s\r\n"
            "Content-Type: %s\r\n"
            "Content-Length: %zu\r\n"
            "Cache-Control: no-store\r\n"
            "Connection: close\r\n\r\n",
            reply.code, mg_get_response_code_text(connection, reply.code),
            reply.type.c_str(), reply.body.size());
}

bool Write(mg_connection* connection, const HttpReply& reply) {
  WriteHead(connection, reply);
  mg_write(connection, reply.body.data(), reply.body.size());
  return true;
}

// Refuses every method that an endpoint does not take.
class Endpoint : public CivetHandler {
 public:
  explicit Endpoint(const char* allowed) : allowed_(allowed) {}

  bool handleGet(CivetServer*, mg_connection* connection) override {
    return Refuse(connection);
  }
  bool handleHead(CivetServer*, mg_connection* connection) override {
    return Refuse(connection);
  }
  bool handlePost(CivetServer*, mg_connection* connection) override {
    return Refuse(connection);
  }
  bool handlePut(CivetServer*, mg_connection* connection) override {
    return Refuse(connection);
  }
  bool handleDelete(CivetServer*, mg_connection* connection) override {
    return Refuse(connection);
  }

 private:
  bool Refuse(mg_connection* connection) const {
    mg_printf(connection,
              "HTTP/1.1 405 Method Not Allowed\r\n"
              "Allow: %s\r\n"
              "Content-Length: 0\r\n"
              "Connection: close\r\n\r\n",
              allowed_);
    return true;
  }

  const char* const allowed_;
};

class Page final : public Endpoint {
 public:
  explicit Page(std::function<HttpReply()> render)
      : Endpoint("GET, HEAD"), render_(std::move(render)) {}

  bool handleGet(CivetServer*, mg_connection* connection) override {
    return Write(connection, render_());
  }
  bool handleHead(CivetServer*, mg_connection* connection) override {
    WriteHead(connection, render_());
    return true;
  }

 private:
  const std::function<HttpReply()> render_;
};

class Receiver final : public Endpoint {
 public:
  using Receive = std::function<HttpReply(std::string_view body)>;
  explicit Receiver(Receive receive)
      : Endpoint("POST"), receive_(std::move(receive)) {}

  bool handlePost(CivetServer*, mg_connection* connection) override {
    std::string body;
    std::array<char, 4096> buffer;
    for (int n; (n = mg_read(connection, buffer.data(), buffer.size())) > 0;) {
      body.append(buffer.data(), static_cast<size_t>(n));
      if (body.size() > HttpPort::kBodyBytesMax) {
        return Write(connection,
                     {.code = 413, .body = "the body is too large\n"});
      }
    }
    return Write(connection, receive_(body));
  }

 private:
  const Receive receive_;
};

// `address` in numbers, of IPv4, as civetweb wants it.
absl::StatusOr<std::string> Ipv4Address(const std::string& address) {
  ASSIGN_OR_RETURN(const HostPort where, ParseAddress(address));
  const absl::StatusOr<Addresses> list = Resolve(where, AF_INET);
  if (!list.ok()) {
    return InvalidArgument(
        "'{}' is no address of IPv4 ({}), and HTTP is not served over IPv6; "
        "choose another for listen.http, such as 127.0.0.1:7602",
        address, std::string(list.status().message()));
  }
  char host[INET_ADDRSTRLEN] = {};
  const auto* first = reinterpret_cast<const sockaddr_in*>((*list)->ai_addr);
  ::inet_ntop(AF_INET, &first->sin_addr, host, sizeof(host));
  return fmt::format("{}:{}", host, where.port);
}

// Connects and hangs up. Where the port is not on loopback nothing happens.
void Knock(int port) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(static_cast<uint16_t>(port));
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  static_cast<void>(::connect(fd.get(), reinterpret_cast<sockaddr*>(&server),
                              sizeof(server)));
}

// A connection that says nothing keeps a thread for the time-out: balancers and
// port scanners open such, and a health check must not wait behind them.
constexpr const char* kThreads = "8";
constexpr const char* kRequestTimeoutMs = "1000";

}  // namespace

struct HttpPort::Parts {
  std::string address;
  int port = 0;
  std::vector<std::unique_ptr<CivetHandler>> handlers;

  // `$` ends the match: civetweb would serve what lies below, too.
  void Handle(const std::string& path, std::unique_ptr<CivetHandler> handler) {
    handlers.push_back(std::move(handler));
    server->addHandler(path + "$", *handlers.back());
  }

  // Last, so that it stops before the handlers are gone.
  std::unique_ptr<CivetServer> server;
};

absl::Status HttpPort::Check(const std::string& address) {
  ASSIGN_OR_RETURN(const std::string numbers, Ipv4Address(address));
  return Listener::Open(numbers).status();
}

absl::StatusOr<std::unique_ptr<HttpPort>> HttpPort::Open(
    const std::string& address, const Pages& pages, const Posts& posts) {
  // civetweb does not say why it could not listen; this does, and by whom the
  // address is taken.
  ASSIGN_OR_RETURN(const std::string civet_address, Ipv4Address(address));
  RETURN_IF_ERROR(Listener::Open(civet_address).status());
  auto parts = std::make_unique<Parts>();
  try {
    parts->server = std::make_unique<CivetServer>(std::vector<std::string>{
        "listening_ports", civet_address, "num_threads", kThreads,
        "request_timeout_ms", kRequestTimeoutMs, "enable_keep_alive", "no"});
  } catch (const CivetException& error) {
    return Unavailable("cannot serve HTTP on '{}': {}", address, error.what());
  }
  for (const auto& [path, render] : pages) {
    parts->Handle(path, std::make_unique<Page>(render));
  }
  for (const auto& [path, receive] : posts) {
    parts->Handle(path, std::make_unique<Receiver>(receive));
  }
  parts->port = parts->server->getListeningPorts().front();
  parts->address = fmt::format(
      "{}{}", address.substr(0, address.rfind(':') + 1), parts->port);
  return std::unique_ptr<HttpPort>(new HttpPort(std::move(parts)));
}

HttpPort::HttpPort(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

// civetweb's acceptor looks for the wish to stop every 2 s only, or when a
// connection comes.
HttpPort::~HttpPort() {
  Mutex mu;
  CondVar stopped;
  bool done = false;
  std::thread stop([&] {
    parts_->server->close();
    MutexLock lock(mu);
    done = true;
    stopped.SignalAll();
  });
  {
    MutexLock lock(mu);
    while (!done) {
      Knock(parts_->port);
      stopped.WaitFor(mu, std::chrono::milliseconds(10));
    }
  }
  stop.join();
}

int HttpPort::port() const { return parts_->port; }

const std::string& HttpPort::address() const { return parts_->address; }

}  // namespace freshet
