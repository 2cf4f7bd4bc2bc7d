// SPDX-License-Identifier: Apache-2.0
#include <google/protobuf/compiler/parser.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/status.h"
#include "config/nearest.h"
#include "ingest/formats/proto/proto_file_parts.h"

namespace freshet {
namespace {

namespace pb = google::protobuf;

constexpr size_t kTextBytesMax = 1 << 20;
constexpr int kDepthMax = 32;
constexpr size_t kNameBytesMax = 16 << 20;
constexpr std::string_view kSyntax = "syntax = \"proto2\";";
constexpr std::string_view kOwnFolder = "google/protobuf/";

// Keeps the first thing that is wrong.
class SyntaxErrors : public pb::io::ErrorCollector {
 public:
  // `added`: bytes that are no part of the file, in its first line.
  explicit SyntaxErrors(size_t added) : added_(static_cast<int>(added)) {}

  void AddError(int line, pb::io::ColumnNumber column,
                const std::string& message) override {
    if (!first.ok()) return;
    if (line == 0) column -= added_;
    first = InvalidArgument("line {}, column {}: {}", line + 1, column + 1,
                            message);
  }

  absl::Status first;

 private:
  const int added_;
};

class MeaningErrors : public pb::DescriptorPool::ErrorCollector {
 public:
  // NOLINTNEXTLINE(readability-function-size): libprotobuf's parameters.
  void AddError(const std::string&, const std::string& element,
                const pb::Message*, ErrorLocation,
                const std::string& message) override {
    if (first.ok()) first = InvalidArgument("'{}': {}", element, message);
  }

  absl::Status first;
};

// Passed over: what is no token the parser says.
class NoErrors : public pb::io::ErrorCollector {
 public:
  void AddError(int, pb::io::ColumnNumber, const std::string&) override {}
};

// Goes through the tokens before the parser does, which calls itself for each
// block in a block. True: the first is `syntax`.
absl::StatusOr<bool> CheckTokens(std::string_view text) {
  pb::io::ArrayInputStream input(text.data(), static_cast<int>(text.size()));
  NoErrors errors;
  pb::io::Tokenizer tokens(&input, &errors);
  const bool more = tokens.Next();
  const bool has_syntax = more && tokens.current().text == "syntax";
  int depth = 0;
  while (tokens.current().type != pb::io::Tokenizer::TYPE_END) {
    const std::string& token = tokens.current().text;
    if (token == "{") ++depth;
    if (token == "}") depth = std::max(0, depth - 1);
    if (depth > kDepthMax) {
      return InvalidArgument("blocks are within blocks {} times", kDepthMax);
    }
    tokens.Next();
  }
  return has_syntax;
}

// Takes away what says nothing of how a message is read, options above all:
// their values may be texts of messages, and libprotobuf's parser of those
// calls itself without a bound.
class Trimming {
 public:
  void Run(pb::FileDescriptorProto* file) {
    file->clear_options();
    file->clear_service();
    file->clear_extension();
    const size_t space = file->package().size();
    for (auto& one : *file->mutable_message_type()) Trim(&one, space);
    for (auto& one : *file->mutable_enum_type()) Trim(&one, space);
  }

  // Of all names, each with those of what it is in: so they are kept.
  size_t name_bytes() const { return name_bytes_; }

 private:
  template <typename Described>
  size_t Named(const Described& described, size_t space) {
    const size_t bytes = space + 1 + described.name().size();
    name_bytes_ += bytes;
    return bytes;
  }

  void Trim(pb::EnumDescriptorProto* type, size_t space) {
    Named(*type, space);
    // Without it one whose numbers are there twice is no enum.
    bool allow_alias = false;
    for (const auto& option : type->options().uninterpreted_option()) {
      if (option.name_size() != 1 || option.name(0).is_extension()) continue;
      if (option.name(0).name_part() != "allow_alias") continue;
      allow_alias = option.identifier_value() == "true";
    }
    type->clear_options();
    if (allow_alias) type->mutable_options()->set_allow_alias(true);
    for (auto& value : *type->mutable_value()) {
      Named(value, space);
      value.clear_options();
    }
  }

  void Trim(pb::DescriptorProto* message, size_t space) {
    const size_t within = Named(*message, space);
    // The parser itself says of some that they are of a map.
    if (message->has_options()) {
      message->mutable_options()->clear_uninterpreted_option();
    }
    message->clear_extension();
    message->clear_extension_range();
    for (auto& field : *message->mutable_field()) {
      Named(field, within);
      field.clear_options();
    }
    for (auto& one : *message->mutable_oneof_decl()) {
      Named(one, within);
      one.clear_options();
    }
    for (auto& one : *message->mutable_enum_type()) Trim(&one, within);
    for (auto& one : *message->mutable_nested_type()) Trim(&one, within);
  }

  size_t name_bytes_ = 0;
};

// The files of google/protobuf/ that are part of libprotobuf.
absl::Status AddImports(const pb::FileDescriptorProto& file,
                        pb::DescriptorPool& pool) {
  for (const std::string& name : file.dependency()) {
    const pb::FileDescriptor* known =
        name.starts_with(kOwnFolder)
            ? pb::DescriptorPool::generated_pool()->FindFileByName(name)
            : nullptr;
    if (known == nullptr) {
      return InvalidArgument(
          "it imports '{}', and there are only files of {} that can be", name,
          kOwnFolder);
    }
    if (pool.FindFileByName(name) != nullptr) continue;
    pb::FileDescriptorProto copy;
    known->CopyTo(&copy);
    RETURN_IF_ERROR(AddImports(copy, pool));
    if (pool.BuildFile(copy) == nullptr) {
      return InvalidArgument("'{}' cannot be imported", name);
    }
  }
  return absl::OkStatus();
}

void AddNames(const pb::Descriptor& message, std::vector<std::string>* names) {
  names->push_back(message.full_name());
  for (int i = 0; i < message.nested_type_count(); ++i) {
    AddNames(*message.nested_type(i), names);
  }
}

absl::StatusOr<const pb::Descriptor*> ByPath(const pb::FileDescriptor& file,
                                             const std::vector<int32_t>& path) {
  const pb::Descriptor* at = nullptr;
  for (const int32_t index : path) {
    const int count =
        at == nullptr ? file.message_type_count() : at->nested_type_count();
    if (index < 0 || index >= count) {
      return InvalidArgument("it has no message of such a place");
    }
    at = at == nullptr ? file.message_type(index) : at->nested_type(index);
  }
  if (at == nullptr)
    return InvalidArgument("it has no message of such a place");
  return at;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const ProtoFile>> ParseProtoFile(
    std::string_view text) {
  auto file = std::make_shared<ProtoFile>();
  RETURN_IF_ERROR(file->Parse(text));
  return file;
}

absl::Status ProtoFile::Parse(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return InvalidArgument("it has {} bytes; at most {} are read", text.size(),
                           kTextBytesMax);
  }
  ASSIGN_OR_RETURN(const bool has_syntax, CheckTokens(text));
  // Without it the parser warns on the daemon's standard error.
  std::string whole(has_syntax ? "" : kSyntax);
  SyntaxErrors syntax(whole.size());
  whole += text;
  pb::io::ArrayInputStream input(whole.data(), static_cast<int>(whole.size()));
  pb::io::Tokenizer tokens(&input, &syntax);
  pb::compiler::Parser parser;
  parser.RecordErrorsTo(&syntax);
  pb::FileDescriptorProto file;
  const bool parsed = parser.Parse(&tokens, &file);
  RETURN_IF_ERROR(syntax.first);
  if (!parsed) return InvalidArgument("it is no .proto file");
  file.set_name("schema.proto");
  Trimming trimming;
  trimming.Run(&file);
  if (trimming.name_bytes() > kNameBytesMax) {
    return InvalidArgument("its names have more than {} bytes", kNameBytesMax);
  }
  RETURN_IF_ERROR(AddImports(file, pool_));
  MeaningErrors meaning;
  file_ = pool_.BuildFileCollectingErrors(file, &meaning);
  if (file_ != nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(meaning.first);
  return InvalidArgument("it is no .proto file");
}

absl::StatusOr<const pb::Descriptor*> ProtoFile::Find(
    const ProtoMessage& message) const {
  if (!message.path.empty()) return ByPath(*file_, message.path);
  std::vector<std::string> names;
  for (int i = 0; i < file_->message_type_count(); ++i) {
    AddNames(*file_->message_type(i), &names);
  }
  for (const std::string& name :
       {message.name, file_->package() + "." + message.name}) {
    if (std::find(names.begin(), names.end(), name) == names.end()) continue;
    return pool_.FindMessageTypeByName(name);
  }
  return InvalidArgument("it has no message '{}'; {}", message.name,
                         NearestText(message.name, names));
}

}  // namespace freshet
