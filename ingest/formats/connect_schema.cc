// SPDX-License-Identifier: Apache-2.0
#include "ingest/formats/connect_schema.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

namespace freshet {
namespace {

using Json = nlohmann::json;

std::string TextIn(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>()
                                                     : std::string();
}

// The fields of a struct; null if it is none.
const Json* FieldsOf(const Json& type) {
  if (!type.is_object()) return nullptr;
  const auto found = type.find("fields");
  return found != type.end() && found->is_array() ? &*found : nullptr;
}

// Of a field that is a decimal; without one that can be it has more places than
// any value is read with.
int64_t ScaleOf(const Json& field) {
  constexpr int64_t kNone = 1'000;
  const auto parameters = field.find("parameters");
  if (parameters == field.end()) return kNone;
  const std::string text = TextIn(*parameters, "scale");
  int64_t scale = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, scale);
  return error == std::errc() && at == end ? scale : kNone;
}

}  // namespace

RowMeanings::RowMeanings(std::string_view json) {
  const Json schema = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const Json* parts = FieldsOf(schema);
  if (parts == nullptr) return;
  for (const Json& part : *parts) {
    const Json* fields = FieldsOf(part);
    if (fields == nullptr || TextIn(part, "field") != "after") continue;
    for (const Json& field : *fields) {
      Meaning meaning{.name = TextIn(field, "name")};
      if (meaning.name.empty()) continue;
      if (IsDecimal(meaning.name)) meaning.scale = ScaleOf(field);
      by_field_[TextIn(field, "field")] = std::move(meaning);
    }
  }
}

const Meaning* RowMeanings::Find(const std::string& field) const {
  const auto found = by_field_.find(field);
  return found == by_field_.end() ? nullptr : &found->second;
}

}  // namespace freshet
