// SPDX-License-Identifier: Apache-2.0
// Parts of the canonical text; for config/canonical/ only.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "config/units.h"

namespace freshet {

// Writes the fields of one thing that differ from their defaults.
class CanonicalFields {
 public:
  using Json = nlohmann::ordered_json;

  // What everything with an owner has.
  template <typename T>
  void About(const T& thing) {
    Text("name", thing.name);
    Text("description", thing.description);
    Text("owner", thing.owner);
    Texts("tags", thing.tags);
  }
  void Text(const char* name, const std::string& text) {
    if (!text.empty()) json_[name] = text;
  }
  void Flag(const char* name, bool set) {
    if (set) json_[name] = true;
  }
  void Texts(const char* name, const std::map<std::string, std::string>& map) {
    if (!map.empty()) json_[name] = map;
  }
  void Duration(const char* name, int64_t micros) {
    if (micros != 0) json_[name] = FormatDuration(micros);
  }
  void Any(const char* name, Json value) {
    if (!value.empty()) json_[name] = std::move(value);
  }
  Json Take() { return std::move(json_); }

 private:
  Json json_ = Json::object();
};

template <typename T, typename Write>
CanonicalFields::Json EachOf(const std::vector<T>& things, Write write) {
  CanonicalFields::Json array = CanonicalFields::Json::array();
  for (const T& thing : things) array.push_back(write(thing));
  return array;
}

}  // namespace freshet
