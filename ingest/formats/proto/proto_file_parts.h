// SPDX-License-Identifier: Apache-2.0
// A .proto file as libprotobuf has it; for the sources of formats/ only.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ingest/formats/proto/proto_plan.h"

namespace freshet {

class ProtoFile {
 public:
  // INVALID_ARGUMENT says what is wrong and in which line.
  absl::Status Parse(std::string_view text);
  // INVALID_ARGUMENT if there is none. Lives as long as the file.
  absl::StatusOr<const google::protobuf::Descriptor*> Find(
      const ProtoMessage& message) const;

 private:
  google::protobuf::DescriptorPool pool_;
  const google::protobuf::FileDescriptor* file_ = nullptr;
};

}  // namespace freshet
