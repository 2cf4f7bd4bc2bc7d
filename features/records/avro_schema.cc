// SPDX-License-Identifier: Apache-2.0
#include "features/records/avro_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/status.h"
#include "config/nearest.h"

namespace freshet {
namespace {

using Json = nlohmann::json;
using AvroKind = AvroType::Kind;

struct Primitive {
  std::string_view name;
  AvroKind kind;
};
constexpr Primitive kPrimitives[] = {
    {"null", AvroKind::kNull},   {"boolean", AvroKind::kBool},
    {"int", AvroKind::kInt},     {"long", AvroKind::kLong},
    {"float", AvroKind::kFloat}, {"double", AvroKind::kDouble},
    {"bytes", AvroKind::kBytes}, {"string", AvroKind::kString}};

const Primitive* FindPrimitive(std::string_view name) {
  for (const Primitive& one : kPrimitives) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

bool IsName(std::string_view text) {
  if (text.empty() || std::isdigit(static_cast<unsigned char>(text[0])) != 0) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  });
}

// A text member; "" where there is none.
std::string TextIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

// A whole number that is not negative; -1 where there is none.
int64_t NumberIn(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_integer()) return -1;
  return found->is_number_unsigned() &&
                 found->get<uint64_t>() > uint64_t{kAvroSchemaBytesMax}
             ? -1
             : std::max<int64_t>(found->get<int64_t>(), -1);
}

class Parser {
 public:
  absl::StatusOr<size_t> Read(const Json& json, const std::string& space,
                              int depth);
  void MarkEmpty();
  AvroSchema Take() { return std::move(schema_); }

 private:
  absl::StatusOr<size_t> Add(AvroKind kind);
  absl::StatusOr<size_t> Named(const std::string& name,
                               const std::string& space);
  absl::StatusOr<size_t> ReadUnion(const Json& branches,
                                   const std::string& space, int depth);
  absl::StatusOr<size_t> ReadObject(const Json& json, const std::string& space,
                                    int depth);
  absl::StatusOr<size_t> ReadNamed(const Json& json, const std::string& type,
                                   std::string space, int depth);
  absl::Status ReadFields(const Json& json, size_t record,
                          const std::string& space, int depth);
  absl::Status ReadSymbols(const Json& json, size_t type);
  void ReadMeaning(const Json& json, AvroType& type);

  AvroSchema schema_;
  std::map<std::string, size_t> named_;
};

absl::StatusOr<size_t> Parser::Add(AvroKind kind) {
  if (schema_.types.size() >= kAvroTypesMax) {
    return InvalidArgument("it has more than {} types", kAvroTypesMax);
  }
  schema_.types.push_back({.kind = kind});
  return schema_.types.size() - 1;
}

absl::StatusOr<size_t> Parser::Read(const Json& json, const std::string& space,
                                    int depth) {
  if (depth > kAvroDepthMax) {
    return InvalidArgument("types are within types {} times", kAvroDepthMax);
  }
  if (json.is_string()) return Named(json.get<std::string>(), space);
  if (json.is_array()) return ReadUnion(json, space, depth);
  if (json.is_object()) return ReadObject(json, space, depth);
  return InvalidArgument(
      "a type is a name, an object or a list of types, not {}",
      json.type_name());
}

absl::StatusOr<size_t> Parser::Named(const std::string& name,
                                     const std::string& space) {
  if (const Primitive* primitive = FindPrimitive(name)) {
    return Add(primitive->kind);
  }
  auto found = named_.end();
  if (name.find('.') == name.npos && !space.empty()) {
    found = named_.find(space + "." + name);
  }
  if (found == named_.end()) found = named_.find(name);
  if (found != named_.end()) return found->second;
  std::vector<std::string> names;
  for (const Primitive& one : kPrimitives) names.emplace_back(one.name);
  for (const auto& [known, type] : named_) names.push_back(known);
  return InvalidArgument("there is no type '{}' before it; {}", name,
                         NearestText(name, names));
}

absl::StatusOr<size_t> Parser::ReadUnion(const Json& branches,
                                         const std::string& space, int depth) {
  ASSIGN_OR_RETURN(const size_t type, Add(AvroKind::kUnion));
  if (branches.empty()) return InvalidArgument("a union has no types");
  for (const Json& branch : branches) {
    if (branch.is_array()) {
      return InvalidArgument("a union is directly within a union");
    }
    ASSIGN_OR_RETURN(const size_t part, Read(branch, space, depth + 1));
    schema_.types[type].parts.push_back(part);
  }
  return type;
}

// Of one that may have been mentioned before: properties beside a mention are
// its own.
void Parser::ReadMeaning(const Json& json, AvroType& type) {
  type.meaning = TextIn(json, "connect.name");
  const std::string logical = TextIn(json, "logicalType");
  if (logical == "decimal" &&
      (type.kind == AvroKind::kBytes || type.kind == AvroKind::kFixed)) {
    const bool has_scale = json.contains("scale");
    const int64_t scale = has_scale ? NumberIn(json, "scale") : 0;
    const int64_t precision = NumberIn(json, "precision");
    if (precision < 1 || scale < 0 || scale > precision) return;
    type.scale = scale;
    type.logical = logical;
    return;
  }
  const bool of_long =
      logical == "timestamp-millis" || logical == "timestamp-micros" ||
      logical == "timestamp-nanos" || logical == "local-timestamp-millis" ||
      logical == "local-timestamp-micros" ||
      logical == "local-timestamp-nanos" || logical == "time-micros";
  const bool fits = (of_long && type.kind == AvroKind::kLong) ||
                    ((logical == "date" || logical == "time-millis") &&
                     type.kind == AvroKind::kInt) ||
                    (logical == "uuid" &&
                     (type.kind == AvroKind::kString ||
                      (type.kind == AvroKind::kFixed && type.bytes == 16)));
  if (fits) type.logical = logical;
}

absl::StatusOr<size_t> Parser::ReadObject(const Json& json,
                                          const std::string& space, int depth) {
  const auto inner = json.find("type");
  if (inner == json.end()) return InvalidArgument("an object lacks 'type'");
  // {"type": {"type": "long"}} is what is within.
  if (!inner->is_string()) return Read(*inner, space, depth + 1);
  const std::string name = inner->get<std::string>();
  if (name == "record" || name == "error" || name == "enum" ||
      name == "fixed") {
    return ReadNamed(json, name, space, depth);
  }
  if (name == "array" || name == "map") {
    const char* part = name == "array" ? "items" : "values";
    const auto of = json.find(part);
    if (of == json.end()) {
      return InvalidArgument("type '{}' lacks '{}'", name, part);
    }
    ASSIGN_OR_RETURN(const size_t type,
                     Add(name == "array" ? AvroKind::kArray : AvroKind::kMap));
    ASSIGN_OR_RETURN(const size_t element, Read(*of, space, depth + 1));
    schema_.types[type].parts = {element};
    return type;
  }
  ASSIGN_OR_RETURN(const size_t type, Named(name, space));
  if (FindPrimitive(name) != nullptr) ReadMeaning(json, schema_.types[type]);
  return type;
}

absl::StatusOr<size_t> Parser::ReadNamed(const Json& json,
                                         const std::string& type,
                                         std::string space, int depth) {
  std::string name = TextIn(json, "name");
  const size_t dot = name.rfind('.');
  if (dot != name.npos) {
    space = name.substr(0, dot);
    name = name.substr(dot + 1);
  } else if (json.contains("namespace")) {
    space = TextIn(json, "namespace");
  }
  if (!IsName(name)) return InvalidArgument("type '{}' lacks a 'name'", type);
  if (!space.empty()) name = space + "." + name;
  AvroKind kind = AvroKind::kRecord;
  if (type == "enum") kind = AvroKind::kEnum;
  if (type == "fixed") kind = AvroKind::kFixed;
  ASSIGN_OR_RETURN(const size_t at, Add(kind));
  schema_.types[at].name = name;
  // Before its fields, which may be of it.
  if (FindPrimitive(name) != nullptr || !named_.emplace(name, at).second) {
    return InvalidArgument("type '{}' is defined twice", name);
  }
  if (kind == AvroKind::kFixed) {
    const int64_t bytes = NumberIn(json, "size");
    if (bytes < 0) return InvalidArgument("fixed '{}' lacks a 'size'", name);
    schema_.types[at].bytes = static_cast<size_t>(bytes);
  }
  if (kind == AvroKind::kEnum) RETURN_IF_ERROR(ReadSymbols(json, at));
  ReadMeaning(json, schema_.types[at]);
  if (kind == AvroKind::kRecord) {
    RETURN_IF_ERROR(ReadFields(json, at, space, depth));
  }
  return at;
}

absl::Status Parser::ReadSymbols(const Json& json, size_t type) {
  const std::string& name = schema_.types[type].name;
  const auto symbols = json.find("symbols");
  if (symbols == json.end() || !symbols->is_array() || symbols->empty()) {
    return InvalidArgument("enum '{}' lacks 'symbols'", name);
  }
  for (const Json& symbol : *symbols) {
    if (!symbol.is_string()) {
      return InvalidArgument("enum '{}' has a symbol that is no text", name);
    }
    schema_.types[type].names.push_back(symbol.get<std::string>());
    if (schema_.types[type].names.back().size() > kAvroSymbolBytesMax) {
      return InvalidArgument("enum '{}' has a symbol of more than {} bytes",
                             name, kAvroSymbolBytesMax);
    }
  }
  return absl::OkStatus();
}

absl::Status Parser::ReadFields(const Json& json, size_t record,
                                const std::string& space, int depth) {
  const std::string name = schema_.types[record].name;
  const auto fields = json.find("fields");
  if (fields == json.end() || !fields->is_array()) {
    return InvalidArgument("record '{}' lacks 'fields'", name);
  }
  std::set<std::string> seen;
  for (const Json& field : *fields) {
    const std::string field_name =
        field.is_object() ? TextIn(field, "name") : std::string();
    if (!IsName(field_name)) {
      return InvalidArgument("record '{}' has a field without a 'name'", name);
    }
    const auto context = [&] {
      return fmt::format("record '{}', field '{}'", name, field_name);
    };
    if (!seen.insert(field_name).second) {
      return InvalidArgument("{}: it is there twice", context());
    }
    const auto of = field.find("type");
    if (of == field.end()) {
      return InvalidArgument("{}: it lacks 'type'", context());
    }
    const absl::StatusOr<size_t> part = Read(*of, space, depth + 1);
    if (!part.ok()) return Annotate(part.status(), context());
    schema_.types[record].parts.push_back(*part);
    schema_.types[record].names.push_back(field_name);
  }
  return absl::OkStatus();
}

// All that may be are taken for empty, until none turns out not to be. So a
// record that is nothing but itself is.
void Parser::MarkEmpty() {
  for (AvroType& type : schema_.types) {
    type.empty = type.kind == AvroKind::kNull ||
                 type.kind == AvroKind::kRecord ||
                 (type.kind == AvroKind::kFixed && type.bytes == 0);
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (AvroType& type : schema_.types) {
      if (type.kind != AvroKind::kRecord || !type.empty) continue;
      type.empty =
          std::all_of(type.parts.begin(), type.parts.end(),
                      [&](size_t part) { return schema_.types[part].empty; });
      changed = changed || !type.empty;
    }
  }
  for (AvroType& type : schema_.types) {
    std::copy_if(type.parts.begin(), type.parts.end(),
                 std::back_inserter(type.sized),
                 [&](size_t part) { return !schema_.types[part].empty; });
  }
}

// The characters of a text, and how far they were read: where a text ceases to
// be JSON, for its parser says so only in an exception.
struct Reading {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  reference operator*() const {
    *furthest = std::max(*furthest, at);
    return *at;
  }
  Reading& operator++() {
    ++at;
    return *this;
  }
  bool operator==(const Reading& other) const { return at == other.at; }

  const char* at = nullptr;
  const char** furthest = nullptr;
};

}  // namespace

absl::StatusOr<AvroSchema> ParseAvroSchema(std::string_view json) {
  if (json.size() > kAvroSchemaBytesMax) {
    return InvalidArgument("it has {} bytes; at most {} are read", json.size(),
                           kAvroSchemaBytesMax);
  }
  const char* read = json.data();
  const Json tree = Json::parse(
      Reading{.at = json.data(), .furthest = &read},
      Reading{.at = json.data() + json.size(), .furthest = &read}, nullptr,
      /*allow_exceptions=*/false);
  if (tree.is_discarded()) {
    return InvalidArgument("it is not JSON, in its line {}",
                           1 + std::count(json.data(), read, '\n'));
  }
  Parser parser;
  ASSIGN_OR_RETURN(const size_t root, parser.Read(tree, "", 0));
  parser.MarkEmpty();
  AvroSchema schema = parser.Take();
  schema.root = root;
  return schema;
}

std::string Describe(const AvroSchema& schema, size_t type) {
  const AvroType& of = schema.at(type);
  switch (of.kind) {
    case AvroKind::kFixed:
      return fmt::format("fixed '{}'", of.name);
    case AvroKind::kEnum:
      return fmt::format("enum '{}'", of.name);
    case AvroKind::kRecord:
      return fmt::format("record '{}'", of.name);
    case AvroKind::kArray:
      return "an array";
    case AvroKind::kMap:
      return "a map";
    case AvroKind::kUnion: {
      std::vector<std::string> parts;
      for (const size_t part : of.parts) {
        parts.push_back(Describe(schema, part));
      }
      return fmt::format("union of {}", fmt::join(parts, ", "));
    }
    default:
      break;
  }
  for (const Primitive& one : kPrimitives) {
    if (one.kind != of.kind) continue;
    return of.logical.empty() ? std::string(one.name)
                              : fmt::format("{} ({})", one.name, of.logical);
  }
  return {};
}

}  // namespace freshet
