// SPDX-License-Identifier: Apache-2.0
#include "tests/registry/tls_identity.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/check.h"

namespace freshet {
namespace {

struct End {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* part) const { X509_EXTENSION_free(part); }
  void operator()(BIO* out) const { BIO_free(out); }
};
using Key = std::unique_ptr<EVP_PKEY, End>;
using Certificate = std::unique_ptr<X509, End>;

Certificate SelfSigned(EVP_PKEY* key) {
  constexpr long kDay = 86'400;
  Certificate made(X509_new());
  CHECK(X509_set_version(made.get(), 2) == 1);
  CHECK(ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1) == 1);
  CHECK(X509_gmtime_adj(X509_getm_notBefore(made.get()), -kDay) != nullptr);
  CHECK(X509_gmtime_adj(X509_getm_notAfter(made.get()), kDay) != nullptr);
  CHECK(X509_set_pubkey(made.get(), key) == 1);
  X509_NAME* name = X509_get_subject_name(made.get());
  const auto* text = reinterpret_cast<const unsigned char*>("registry");
  CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0) ==
        1);
  CHECK(X509_set_issuer_name(made.get(), name) == 1);
  const std::unique_ptr<X509_EXTENSION, End> address(X509V3_EXT_conf_nid(
      nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1"));
  CHECK(address != nullptr);
  CHECK(X509_add_ext(made.get(), address.get(), -1) == 1);
  CHECK(X509_sign(made.get(), key, EVP_sha256()) > 0);
  return made;
}

std::string PemOf(X509* certificate) {
  const std::unique_ptr<BIO, End> out(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_X509(out.get(), certificate) == 1);
  char* text = nullptr;
  const long length = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<size_t>(length));
}

}  // namespace

TlsIdentity::TlsIdentity() : server_(SSL_CTX_new(TLS_server_method())) {
  const Key key(EVP_EC_gen("P-256"));
  CHECK(key != nullptr);
  const Certificate made = SelfSigned(key.get());
  certificate_ = PemOf(made.get());
  CHECK(SSL_CTX_use_certificate(server_.get(), made.get()) == 1);
  CHECK(SSL_CTX_use_PrivateKey(server_.get(), key.get()) == 1);
}

TlsIdentity::~TlsIdentity() = default;

}  // namespace freshet
