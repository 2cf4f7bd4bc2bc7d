// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "versions/serving.h"

namespace freshet {

class LiveState;

namespace v1 {
class DaemonStatus;
class ListViewsResponse;
class ViewDescription;
}  // namespace v1

// What the admin API says of stream views, of one set at one moment.
struct StreamViewSource {
  Serving::SetPtr set;
  const LiveState& live;
  int64_t now_micros = 0;
};

// Requires: the batch views are listed, of whose live rows it is said how far
// behind they are.
void ListStreamViews(const StreamViewSource& source,
                     v1::ListViewsResponse* response);

// False if there is no such stream view.
bool DescribeStreamView(const StreamViewSource& source, const std::string& view,
                        v1::ViewDescription* description);

// Of a batch view, which is described; nothing, if it has no live rows.
void DescribeLiveRows(const StreamViewSource& source, const std::string& view,
                      v1::ViewDescription* description);

// Requires: as ListStreamViews.
void DescribeLive(const StreamViewSource& source, v1::DaemonStatus* status);

}  // namespace freshet
