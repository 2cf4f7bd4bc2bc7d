// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace freshet {

// A message as one line of JSON: fields by their names in the .proto, all of
// them but messages that are not there; enums by name. Integers are exact
// numbers, which protobuf's own JSON writes as strings: `jq` can compare them.
std::string ToJson(const google::protobuf::Message& message);

}  // namespace freshet
