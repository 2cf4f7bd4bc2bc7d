// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/proto/proto_events.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/status.h"
#include "features/byte_reader.h"
#include "ingest/formats/framed_value.h"
#include "ingest/formats/proto/proto_plan.h"
#include "ingest/formats/proto/proto_reader.h"
#include "ingest/formats/registered_plans.h"

namespace freshet {
namespace {

constexpr int64_t kPathMax = 32;

class DefinedProto : public EventFormat {
 public:
  explicit DefinedProto(ProtoPlan plan) : reader_(std::move(plan)) {}

  absl::StatusOr<bool> Read(std::string_view value, EventRows& rows) override {
    RETURN_IF_ERROR(reader_.Read(value, rows));
    return true;
  }

 private:
  ProtoReader reader_;
};

// Which message it is: how many numbers, and those; a zero alone is the first.
absl::StatusOr<std::vector<int32_t>> ReadPath(ByteReader& in) {
  const int64_t count = in.SignedVarint();
  std::vector<int32_t> path;
  for (int64_t i = 0; i < count && i <= kPathMax; ++i) {
    const int64_t index = in.SignedVarint();
    if (index < 0 || index > 1'000'000) in.Fail();
    path.push_back(static_cast<int32_t>(index));
  }
  if (!in.ok() || count < 0 || count > kPathMax) {
    return InvalidArgument(
        "no place of a message stands behind the number of "
        "its schema");
  }
  if (path.empty()) path.push_back(0);
  return path;
}

// The messages of a registered file, each planned when it is met.
class RegisteredMessages {
 public:
  RegisteredMessages(std::shared_ptr<const ProtoFile> file,
                     const StreamSource* source)
      : file_(std::move(file)), source_(source) {}

  // Lives until the next call.
  absl::StatusOr<ProtoReader*> Find(const std::vector<int32_t>& path) {
    constexpr size_t kKeptMax = 100;
    auto found = readers_.find(path);
    if (found == readers_.end()) {
      ASSIGN_OR_RETURN(ProtoPlan plan,
                       MakeProtoPlan(file_, {.path = path}, *source_));
      // For who checks a definition.
      plan.names = {};
      if (readers_.size() >= kKeptMax) readers_.clear();
      found = readers_.emplace(path, ProtoReader(std::move(plan))).first;
    }
    return &found->second;
  }

 private:
  std::shared_ptr<const ProtoFile> file_;
  const StreamSource* source_;
  std::map<std::vector<int32_t>, ProtoReader> readers_;
};

class RegisteredProto : public EventFormat {
 public:
  RegisteredProto(const StreamSource& source, SchemaLookup* schemas)
      : source_(source),
        files_(schemas, "PROTOBUF",
               [this](const std::string& text)
                   -> absl::StatusOr<RegisteredMessages> {
                 ASSIGN_OR_RETURN(auto file, ParseProtoFile(text));
                 return RegisteredMessages(std::move(file), &source_);
               }) {}

  absl::StatusOr<bool> Read(std::string_view value, EventRows& rows) override {
    ASSIGN_OR_RETURN(const FramedValue framed, ParseFramed(value));
    ByteReader in(framed.bytes);
    ASSIGN_OR_RETURN(const std::vector<int32_t> path, ReadPath(in));
    ASSIGN_OR_RETURN(RegisteredMessages * file, files_.Find(framed.schema));
    const absl::StatusOr<ProtoReader*> reader = file->Find(path);
    if (!reader.ok()) {
      return Annotate(reader.status(), fmt::format("schema {}", framed.schema));
    }
    RETURN_IF_ERROR((*reader)->Read(in.rest(), rows));
    return true;
  }

 private:
  const StreamSource source_;
  RegisteredPlans<RegisteredMessages> files_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<EventFormat>> MakeProtoEvents(
    const StreamSource& source, SchemaLookup* schemas) {
  if (source.kafka->schema_registry) {
    return std::make_unique<RegisteredProto>(source, schemas);
  }
  ASSIGN_OR_RETURN(auto file, ParseProtoFile(source.kafka->schema));
  ASSIGN_OR_RETURN(
      ProtoPlan plan,
      MakeProtoPlan(std::move(file), {.name = source.kafka->message}, source));
  return std::make_unique<DefinedProto>(std::move(plan));
}

}  // namespace freshet
