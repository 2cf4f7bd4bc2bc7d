// SPDX-License-Identifier: Apache-2.0
#include "bench/stream/payments.h"

#include <fmt/format.h>

#include "config/timestamp.h"

namespace freshet {

PaymentSource::PaymentSource(const PaymentShape& shape)
    : seed_(shape.seed), random_(shape.seed), users_(shape.users, shape.zipf) {}

Payment PaymentSource::Next(int64_t time_micros) {
  return Of(users_.Draw(random_), time_micros);
}

Payment PaymentSource::Of(int64_t user, int64_t time_micros) {
  const uint64_t bits = random_();
  constexpr uint64_t kMerchants = 10'000;
  constexpr uint64_t kCentsMax = 100'000;
  return {.key = fmt::format("{}", user),
          .value = fmt::format(
              R"({{"user":{},"amount":{}.{:02},"paid_at":"{}",)"
              R"("merchant":"merchant-{:04}","payment_id":"{:04x}-{:012}"}})",
              user, bits % kCentsMax / 100, bits % 100,
              FormatTimestamp(time_micros), (bits >> 32) % kMerchants, seed_,
              made_++)};
}

}  // namespace freshet
