// SPDX-License-Identifier: Apache-2.0
#include "tests/registry/http_answers.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace freshet {
namespace {

// A connection, with TLS or without it.
class Stream {
 public:
  // `tls` may be null.
  Stream(int fd, SSL_CTX* tls) : fd_(fd) {
    if (tls == nullptr) return;
    ssl_.reset(SSL_new(tls));
    SSL_set_fd(ssl_.get(), fd);
    ok_ = SSL_accept(ssl_.get()) == 1;
  }

  // Appends what comes. False: nothing does any more.
  bool Read(std::string* to) {
    char bytes[4096];
    ssize_t length = 0;
    if (ssl_ == nullptr) {
      length = ::read(fd_, bytes, sizeof(bytes));
    } else if (ok_) {
      length = SSL_read(ssl_.get(), bytes, sizeof(bytes));
    }
    if (length <= 0) return false;
    to->append(bytes, static_cast<size_t>(length));
    return true;
  }

  // As much of it as is taken.
  void Write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent =
          ssl_ == nullptr ? ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL)
                          : SSL_write(ssl_.get(), text.data(),
                                      static_cast<int>(text.size()));
      if (sent <= 0) return;
      text.remove_prefix(static_cast<size_t>(sent));
    }
  }

 private:
  struct End {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  const int fd_;
  std::unique_ptr<SSL, End> ssl_;
  bool ok_ = false;
};

}  // namespace

HttpAnswers::HttpAnswers(const TlsIdentity* tls)
    : tls_(tls), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  ::signal(SIGPIPE, SIG_IGN);  // As freshetd does.
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  CHECK(::bind(listener_.get(), any, length) == 0);
  CHECK(::listen(listener_.get(), 16) == 0);
  CHECK(::getsockname(listener_.get(), any, &length) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Run(); });
}

HttpAnswers::~HttpAnswers() {
  ::shutdown(listener_.get(), SHUT_RDWR);
  thread_.join();
}

void HttpAnswers::Answer(int code, const std::string& body) {
  MutexLock lock(mu_);
  code_ = code;
  body_ = body;
}

std::string HttpAnswers::url() const {
  return fmt::format("{}://127.0.0.1:{}", tls_ == nullptr ? "http" : "https",
                     port_);
}

std::vector<std::string> HttpAnswers::asked() const {
  MutexLock lock(mu_);
  return asked_;
}

void HttpAnswers::Run() {
  while (true) {
    UniqueFd connection(::accept(listener_.get(), nullptr, nullptr));
    if (!connection.ok()) return;
    Serve(std::move(connection));
  }
}

std::string HttpAnswers::AnswerTo(const std::string& head, int* code) {
  MutexLock lock(mu_);
  asked_.push_back(head);
  *code = code_;
  return fmt::format(
      "HTTP/1.1 {} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
      code_, body_.size(), body_);
}

void HttpAnswers::Serve(UniqueFd connection) {
  Stream stream(connection.get(), tls_ == nullptr ? nullptr : tls_->server());
  std::string head;
  while (head.find("\r\n\r\n") == head.npos) {
    if (!stream.Read(&head)) return;
  }
  int code = 0;
  const std::string answer = AnswerTo(head, &code);
  if (code > 0) stream.Write(answer);
  if (code < 0) silent_.push_back(std::move(connection));
}

}  // namespace freshet
