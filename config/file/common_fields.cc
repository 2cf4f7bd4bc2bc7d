// SPDX-License-Identifier: Apache-2.0
#include "config/file/common_fields.h"

namespace freshet {

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
          .kind = FieldKind::kTextMap,
          .doc = described ? "Words of your own, as name: text. `freshet "
                             "describe` prints them."
                           : "Words of your own, as name: text."};
}

FieldSpec CriticalField() {
  return {.name = "critical",
          .kind = FieldKind::kFlag,
          .doc =
              "Whether the daemon is ready only once this view serves, and "
              "its alerts page.",
          .default_text = "false"};
}

std::vector<std::string> FromSeconds() { return {"s", "m", "h", "d", "w"}; }

}  // namespace freshet
