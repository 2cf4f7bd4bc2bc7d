// SPDX-License-Identifier: Apache-2.0
#include "cli/message_json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "base/check.h"

namespace freshet {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Json = nlohmann::ordered_json;

Json ObjectOf(const Message& message);

Json Real(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

// `at`: the element of a repeated field; negative: the field is none.
Json ValueOf(const Message& message, const FieldDescriptor* field, int at) {
  const Reflection* r = message.GetReflection();
  const bool one = at < 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return one ? r->GetInt32(message, field)
                 : r->GetRepeatedInt32(message, field, at);
    case FieldDescriptor::CPPTYPE_INT64:
      return one ? r->GetInt64(message, field)
                 : r->GetRepeatedInt64(message, field, at);
    case FieldDescriptor::CPPTYPE_UINT32:
      return one ? r->GetUInt32(message, field)
                 : r->GetRepeatedUInt32(message, field, at);
    case FieldDescriptor::CPPTYPE_UINT64:
      return one ? r->GetUInt64(message, field)
                 : r->GetRepeatedUInt64(message, field, at);
    case FieldDescriptor::CPPTYPE_BOOL:
      return one ? r->GetBool(message, field)
                 : r->GetRepeatedBool(message, field, at);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Real(one ? r->GetDouble(message, field)
                      : r->GetRepeatedDouble(message, field, at));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Real(one ? r->GetFloat(message, field)
                      : r->GetRepeatedFloat(message, field, at));
    case FieldDescriptor::CPPTYPE_STRING:
      return one ? r->GetString(message, field)
                 : r->GetRepeatedString(message, field, at);
    case FieldDescriptor::CPPTYPE_ENUM:
      return (one ? r->GetEnum(message, field)
                  : r->GetRepeatedEnum(message, field, at))
          ->name();
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ObjectOf(one ? r->GetMessage(message, field)
                          : r->GetRepeatedMessage(message, field, at));
  }
  CHECK(false);
  return nullptr;
}

Json ListOf(const Message& message, const FieldDescriptor* field) {
  Json list = Json::array();
  const int size = message.GetReflection()->FieldSize(message, field);
  for (int i = 0; i < size; ++i) list.push_back(ValueOf(message, field, i));
  return list;
}

// Maps of text to text only: there are no others. Sorted, as the order of a
// map is not the same twice.
Json MapOf(const Message& message, const FieldDescriptor* field) {
  nlohmann::json map = nlohmann::json::object();
  for (const Json& entry : ListOf(message, field)) {
    map[entry["key"].get<std::string>()] = entry["value"];
  }
  return map;
}

Json ObjectOf(const Message& message) {
  Json object = Json::object();
  const google::protobuf::Descriptor* type = message.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->is_map()) {
      object[field->name()] = MapOf(message, field);
    } else if (field->is_repeated()) {
      object[field->name()] = ListOf(message, field);
    } else if (!field->has_presence() ||
               message.GetReflection()->HasField(message, field)) {
      object[field->name()] = ValueOf(message, field, -1);
    }
  }
  return object;
}

}  // namespace

std::string ToJson(const Message& message) {
  // Text that is not UTF-8 is shown with marks rather than not at all.
  return ObjectOf(message).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace freshet
