// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "versions/plan.h"

namespace freshet {

namespace v1 {
class GetFeaturesRequest;
class KeyColumn;
}  // namespace v1

// The key columns of one request, matched to the join keys of a plan and
// encoded, once for all views that have the same key. Reused from request to
// request. Not thread-safe; after Encode any thread may read.
class RequestKeys {
 public:
  // Checks the columns and counts the rows. INVALID_ARGUMENT names the column
  // that is missing, unknown, there twice, of a wrong kind or ragged. Both
  // must stay until Encode has returned.
  absl::Status Bind(const Plan& plan, const v1::GetFeaturesRequest& request);

  // Rows of the reply: the length of the per-row columns; 1 if there are none.
  size_t rows() const { return rows_; }

  // Whether a view has only shared keys, and so one row for all.
  bool shared(size_t view) const { return views_[view].shared; }

  // INVALID_ARGUMENT names the column and row of a key that is too long.
  absl::Status Encode();

  // The encoded keys of a view. Requires: Encode returned OK.
  std::span<const std::string_view> keys(size_t view) const {
    return sets_[views_[view].set].keys;
  }

 private:
  // One join key and where its values are.
  struct Source {
    const KeyPart* part = nullptr;
    const v1::KeyColumn* column = nullptr;
  };
  // The encoded keys of views that have the same key.
  struct KeySet {
    const std::vector<KeyPart>* key = nullptr;
    std::string bytes;
    std::vector<size_t> ends;
    std::vector<std::string_view> keys;
  };
  struct ViewKeys {
    size_t set = 0;
    bool shared = false;
  };

  absl::Status BindColumn(const v1::KeyColumn& column);
  absl::Status CountRows();
  // Appends the value of `source` for row `i`.
  void AppendPart(const Source& source, size_t i, bool last, std::string* out);
  absl::Status EncodeSet(KeySet& set, size_t rows);
  size_t SetFor(const std::vector<KeyPart>& key);
  const Source& SourceOf(const KeyPart& part) const;
  std::string ViewsNeeding(std::string_view key) const;

  const Plan* plan_ = nullptr;
  size_t rows_ = 0;
  std::vector<Source> sources_;       // As plan_->keys.
  std::vector<const Source*> parts_;  // Of the key being encoded.
  std::vector<ViewKeys> views_;       // As plan_->views.
  std::vector<KeySet> sets_;
  size_t sets_used_ = 0;
};

// Finds the key column that holds a string which is not UTF-8, for the message
// about a request that protobuf refused to parse. OK if there is none.
absl::Status FindBadUtf8(std::string_view request_bytes);

}  // namespace freshet
