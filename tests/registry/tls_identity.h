// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace freshet {

// A key, and a certificate of 127.0.0.1 that it signed itself, made anew.
class TlsIdentity {
 public:
  TlsIdentity();
  ~TlsIdentity();

  // In PEM, for who is to trust it.
  const std::string& certificate() const { return certificate_; }
  // Of a server that has it.
  SSL_CTX* server() const { return server_.get(); }

 private:
  struct End {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };

  std::string certificate_;
  std::unique_ptr<SSL_CTX, End> server_;
};

}  // namespace freshet
