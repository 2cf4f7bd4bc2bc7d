// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/parse.h"
#include "config/streams/stream_view.h"

namespace google::protobuf {
class EnumDescriptor;
}  // namespace google::protobuf

namespace freshet {

class ProtoFile;

// How the bytes of a member are its value.
enum class ProtoForm : uint8_t {
  kVarint,    // int32, int64: two's complement.
  kUnsigned,  // uint32, uint64.
  kZigZag,    // sint32, sint64.
  kFixed32,   // Unsigned, signed, float: the next three, each twice as long.
  kSigned32,
  kFloat,
  kFixed64,
  kSigned64,
  kDouble,
  kBool,
  kText,
  kBytes,
  kSymbol,  // An enum, as the name of its number.
  kMoment,  // A google.protobuf.Timestamp.
  kOther,   // No field's: another of a oneof that a field's is of.
};

// A member of a message that a field of the source is read from.
struct ProtoMember {
  uint32_t number = 0;
  ProtoForm form = ProtoForm::kVarint;
  bool narrow = false;    // Of 32 bits.
  bool wrapped = false;   // The one member of a google.protobuf.Int64Value, ...
  bool presence = false;  // Whether one that is not there says nothing.
  size_t index = 0;       // Of the field.
  StreamField field = {};
  const google::protobuf::EnumDescriptor* symbols = nullptr;
  // Among the oneofs of the plan, of whose members one at most is there.
  std::optional<size_t> oneof = {};
};

// A message compiled for the fields of a source, in the order of the members'
// numbers. Immutable; safe to use from any thread.
struct ProtoPlan {
  std::shared_ptr<const ProtoFile> file = {};  // Has the symbols.
  std::vector<ProtoMember> members = {};
  size_t oneofs = 0;
  // Fields that the message has not, and the names that it has.
  std::vector<size_t> missing = {};
  std::vector<std::string> names = {};
  // Fields whose members are of another type, each with what is wrong.
  std::vector<std::pair<size_t, absl::Status>> wrong = {};
};

// Which of a file's messages: by name, with its package or without; or by its
// place among the messages of the file, of that message, and so on.
struct ProtoMessage {
  std::string name = {};
  std::vector<int32_t> path = {};
};

// Reads a .proto file (at most 1 MiB, messages within messages 32 times), which
// may import google/protobuf/timestamp.proto, wrappers.proto and the others of
// that folder. Its options are passed over. INVALID_ARGUMENT says what is wrong
// and in which line of it.
absl::StatusOr<std::shared_ptr<const ProtoFile>> ParseProtoFile(
    std::string_view text);

// INVALID_ARGUMENT: it has no such message. Requires: the source has topics.
absl::StatusOr<ProtoPlan> MakeProtoPlan(std::shared_ptr<const ProtoFile> file,
                                        const ProtoMessage& message,
                                        const StreamSource& source);

// Checks the schemas in definitions that are .proto files, and that the
// sources' fields are in them, of their types. Problems are added where they
// are. Apart from CheckDefinitions: only here the parser is known. Sources that
// were misread are not judged.
void CheckProtoSources(const Definitions& definitions,
                       std::vector<Problem>& problems);

}  // namespace freshet
