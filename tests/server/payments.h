// SPDX-License-Identifier: Apache-2.0
// Pushes of payments, for the tests of the push service with and without a log.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "freshet/v1/push.pb.h"
#include "tests/server/daemon_kit.h"

namespace freshet {

class PaymentsTest : public testing::Test {
 protected:
  // `count` payments of a user, with ids of their own.
  v1::PushRequest Payments(const std::string& user, int count) {
    v1::PushRequest request;
    request.set_source("payments");
    const auto column = [&](const char* name) {
      v1::EventColumn* added = request.add_columns();
      added->set_name(name);
      return added;
    };
    auto* users = column("user_id");
    auto* cents = column("cents");
    auto* times = column("at");
    auto* ids = column("id");
    for (int i = 0; i < count; ++i) {
      users->add_strings(user);
      cents->add_integers(10);
      times->add_integers(kNow - kSecond);
      ids->add_strings("id " + std::to_string(next_id_++));
    }
    return request;
  }

 private:
  int next_id_ = 0;
};

}  // namespace freshet
