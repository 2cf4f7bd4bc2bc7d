// SPDX-License-Identifier: Apache-2.0
#include "storage/stats/column_stats.h"

namespace freshet {

std::string_view StatsMeasure(const Type& type) {
  if (type.fixed_length > 0) return "norm";
  if (type.list) return "elements";
  if (type.kind == Kind::kString || type.kind == Kind::kBytes) return "bytes";
  return "value";
}

}  // namespace freshet
