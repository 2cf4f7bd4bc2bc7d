// SPDX-License-Identifier: Apache-2.0
#include "server/metrics/metrics_page.h"

#include "server/metrics/families.h"

namespace freshet {

std::string MetricsPage(const MetricsSource& source) {
  Families families;
  AddRequestMetrics(source, families);
  AddViewMetrics(source, families);
  AddLoadMetrics(source, families);
  AddStreamMetrics(source, families);
  AddExportMetrics(source, families);
  AddStorageMetrics(source, families);
  AddProcessMetrics(source, families);
  return families.Text();
}

}  // namespace freshet
