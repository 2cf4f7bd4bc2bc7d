// SPDX-License-Identifier: Apache-2.0
#include "config/file/common_fields.h"

#include "config/names.h"

namespace freshet {

using enum FieldKind;

FieldSpec OwnerField(std::string_view doc) {
  return {.name = "owner", .doc = doc};
}

FieldSpec DescriptionField(bool described) {
  return {.name = "description",
          .doc = described
                     ? "What it is, for people. `freshet describe` prints it."
                     : "What it is, for people."};
}

FieldSpec TagsField(bool described) {
  return {.name = "tags",
          .kind = kTextMap,
          .doc = described ? "Words of your own, as name: text. `freshet "
                             "describe` prints them."
                           : "Words of your own, as name: text."};
}

FieldSpec CriticalField() {
  return {.name = "critical",
          .kind = kFlag,
          .doc =
              "Whether the daemon is ready only once this view serves, and "
              "its alerts page.",
          .default_text = "false"};
}

std::vector<std::string> FromSeconds() { return {"s", "m", "h", "d", "w"}; }

const ObjectSpec& StreamFieldSpec() {
  static const ObjectSpec spec = {
      .name = "field",
      .doc = "One value of an event.",
      .fields = {
          {.name = "name",
           .kind = kColumnName,
           .doc = "What filters, columns and aggregations call it.",
           .required = true},
          {.name = "type",
           .kind = kType,
           .doc = "See [Types](#types); no list.",
           .required = true},
          {.name = "encoding",
           .kind = kChoice,
           .doc = "How records of `kafka` write it, where that is not told: "
                  "[Encodings](streaming.md#encodings).",
           .choices = ValueEncodingNames()},
          {.name = "from",
           .doc = "Where records of `kafka` have it, if not in their values: "
                  "`key`, `key.NAME` of a key that is a JSON object, "
                  "`timestamp`, `header.NAME`: "
                  "[Keys and headers](streaming.md#keys-and-headers)."},
      }};
  return spec;
}

}  // namespace freshet
