// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "features/streams/event_codec.h"

namespace freshet {

// The events with the fields of `source` as it is defined now: what they lack,
// or have of a type that does not become the field's, they say nothing of.
// Strings point to where those of `logged` do.
EventBatch FittedTo(const StreamSource& source, const LoggedEvents& logged);

// The same, made only where they have other fields. `logged` must outlive it.
class FittedEvents {
 public:
  FittedEvents(const StreamSource& source, const LoggedEvents& logged)
      : fits_(logged.fields == source.fields),
        logged_(logged.events),
        fitted_(fits_ ? EventBatch() : FittedTo(source, logged)) {}

  const EventBatch& batch() const { return fits_ ? logged_ : fitted_; }

 private:
  const bool fits_;
  const EventBatch& logged_;
  const EventBatch fitted_;
};

}  // namespace freshet
