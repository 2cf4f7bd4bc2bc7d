// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/error.h"
#include "base/status.h"
#include "config/utf8.h"
#include "ingest/formats/event_format.h"

namespace freshet {

// What is made of the schemas that records name, each once: what a number
// stands for in a registry never changes. Not thread-safe.
template <typename Plan>
class RegisteredPlans {
 public:
  // Of a schema's text. An error is as lasting as a plan.
  using Make = std::function<absl::StatusOr<Plan>(const std::string& text)>;

  // `schemas` outlives it. `type`: of schemas that are read.
  RegisteredPlans(SchemaLookup* schemas, std::string type, Make make)
      : schemas_(schemas), type_(std::move(type)), make_(std::move(make)) {}

  // Lives until the next call. INVALID_ARGUMENT: there is none, or none that is
  // read; UNAVAILABLE: as SchemaLookup.
  absl::StatusOr<Plan*> Find(int32_t id) {
    if (last_ == nullptr || last_->first != id) RETURN_IF_ERROR(Load(id));
    RETURN_IF_ERROR(last_->second.status());
    return &*last_->second;
  }

 private:
  using Steady = std::chrono::steady_clock;
  using Plans = std::map<int32_t, absl::StatusOr<Plan>>;
  struct Refused {
    absl::Status why;
    Steady::time_point until;
  };

  static constexpr size_t kKeptMax = 1'000;
  static constexpr size_t kTextBytesMax = 8 << 20;
  static constexpr std::chrono::seconds kRefusedFor{10};

  // Into last_.
  absl::Status Load(int32_t id) {
    last_ = nullptr;
    auto found = plans_.find(id);
    if (found == plans_.end()) {
      ASSIGN_OR_RETURN(const RegisteredSchema schema, Ask(id));
      text_bytes_ += schema.text.size();
      if (plans_.size() >= kKeptMax || text_bytes_ > kTextBytesMax) {
        plans_.clear();
        text_bytes_ = schema.text.size();
      }
      found = plans_.emplace(id, PlanOf(id, schema)).first;
    }
    last_ = &*found;
    return absl::OkStatus();
  }

  // That there is none that is read of a number is believed for a while, so
  // that a producer of nonsense does not have the registry asked for each
  // record.
  absl::StatusOr<RegisteredSchema> Ask(int32_t id) {
    const auto known = refused_.find(id);
    if (known != refused_.end() && Steady::now() < known->second.until) {
      return known->second.why;
    }
    absl::StatusOr<RegisteredSchema> schema = schemas_->Find(id);
    absl::Status why;
    if (absl::IsNotFound(schema.status())) {
      why = InvalidArgument("the registry has no schema {}", id);
    } else if (absl::IsInvalidArgument(schema.status())) {
      why = WrongSchema(id, schema.status());
    } else {
      return schema;
    }
    if (refused_.size() >= kKeptMax) refused_.clear();
    refused_[id] = {.why = why, .until = Steady::now() + kRefusedFor};
    return why;
  }

  absl::StatusOr<Plan> PlanOf(int32_t id,
                              const RegisteredSchema& schema) const {
    if (schema.type != type_) {
      return InvalidArgument("schema {} is of {}, not of {}", id,
                             Shortened(schema.type), type_);
    }
    if (schema.refers) {
      return InvalidArgument(
          "schema {} refers to others of its registry, which is not read", id);
    }
    absl::StatusOr<Plan> plan = make_(schema.text);
    if (plan.ok()) return plan;
    return WrongSchema(id, plan.status());
  }

  // It may name what is as long as the schema.
  static absl::Status WrongSchema(int32_t id, const absl::Status& why) {
    constexpr size_t kBytesMax = 512;
    return InvalidArgument(
        "schema {}: {}", id,
        Shortened(std::string_view(why.message().data(), why.message().size()),
                  kBytesMax));
  }

  SchemaLookup* const schemas_;
  const std::string type_;
  const Make make_;
  Plans plans_;
  typename Plans::value_type* last_ = nullptr;  // Most come in runs.
  size_t text_bytes_ = 0;                       // Of the schemas of plans_.
  std::map<int32_t, Refused> refused_;
};

}  // namespace freshet
