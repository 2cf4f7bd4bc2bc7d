// SPDX-License-Identifier: Apache-2.0
// `freshet push` against a daemon that answers what a test says.
#pragma once

#include <string>

#include "tests/cli/cli_fixture.h"

namespace freshet {

class PushFixture : public CliTest {
 protected:
  explicit PushFixture(const std::string& definitions) {
    v1::GetDefinitionsResponse reply;
    reply.set_definitions(definitions);
    daemon_.Answer("GetDefinitions", reply);
  }

  void Accepts(uint32_t events) {
    v1::PushResponse reply;
    reply.set_accepted(events);
    daemon_.Answer("PushStream", reply);
  }
};

}  // namespace freshet
