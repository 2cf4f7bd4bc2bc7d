// SPDX-License-Identifier: Apache-2.0
#include "server/admin/forget_calls.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "base/error.h"
#include "base/status.h"
#include "config/definitions.h"
#include "freshet/v1/admin.pb.h"
#include "server/event_export/event_exporter.h"
#include "server/push/live_eraser.h"
#include "storage/json_fields.h"
#include "versions/erasure/erasure.h"
#include "versions/store.h"

namespace freshet {
namespace {

std::vector<Value> ValuesOf(const v1::KeyColumn& column) {
  std::vector<Value> values;
  for (const std::string& text : column.strings()) values.emplace_back(text);
  for (const int64_t number : column.int64s()) values.emplace_back(number);
  for (const std::string& bytes : column.bytes()) values.emplace_back(bytes);
  return values;
}

absl::Status WrongKeys(const Entity& entity) {
  std::vector<std::string> names;
  for (const JoinKey& key : entity.join_keys) {
    names.push_back(fmt::format("'{}' ({})", key.name, key.type.ToString()));
  }
  return InvalidArgument(
      "entity '{}' has the join keys {}: give each once, with as many values "
      "as "
      "entities are to be forgotten",
      entity.name, fmt::join(names, ", "));
}

// A key for each row of the columns.
absl::StatusOr<std::vector<std::vector<Value>>> KeysOf(
    const v1::ForgetRequest& request, const Entity& entity) {
  const auto parts = entity.join_keys.size();
  if (static_cast<size_t>(request.keys_size()) != parts) {
    return WrongKeys(entity);
  }
  std::vector<std::vector<Value>> keys(ValuesOf(request.keys(0)).size());
  for (const JoinKey& join_key : entity.join_keys) {
    const auto column = std::find_if(
        request.keys().begin(), request.keys().end(),
        [&](const v1::KeyColumn& one) { return one.name() == join_key.name; });
    if (column == request.keys().end()) return WrongKeys(entity);
    const std::vector<Value> values = ValuesOf(*column);
    if (values.size() != keys.size()) return WrongKeys(entity);
    for (size_t i = 0; i < keys.size(); ++i) keys[i].push_back(values[i]);
  }
  return keys;
}

void ToProto(const Forgotten& forgotten, v1::ForgottenKey* out) {
  out->set_entity(forgotten.entity);
  out->set_hash(Hex64Text(forgotten.hash));
  out->set_at_micros(forgotten.at_micros);
  out->set_who(forgotten.who);
  for (const Forgotten::InView& in : forgotten.views) {
    v1::ForgottenKey::InView* view = out->add_views();
    view->set_view(in.view);
    view->set_until_version(in.until_version);
    view->mutable_versions()->Assign(in.versions.begin(), in.versions.end());
    view->set_certain(in.certain);
    view->set_erase_micros(in.erase_micros);
  }
}

// Adds what has to be erased of live rows and windows to what has to be of
// versions.
void Add(const ErasedEntity& erased, int64_t erase_micros,
         v1::ForgetResponse* response) {
  const std::string hash = Hex64Text(erased.hash);
  v1::ForgottenKey* key = nullptr;
  for (v1::ForgottenKey& one : *response->mutable_keys()) {
    if (one.entity() == erased.entity && one.hash() == hash) key = &one;
  }
  if (key == nullptr) {
    key = response->add_keys();
    key->set_entity(erased.entity);
    key->set_hash(hash);
    key->set_at_micros(erased.at_micros);
    key->set_who(erased.who);
  }
  key->set_change_log_erase_micros(erase_micros);
  if (erased.compacted) return;
  for (const std::string& name : erased.views) {
    v1::ForgottenKey::InView* view = nullptr;
    for (v1::ForgottenKey::InView& one : *key->mutable_views()) {
      if (one.view() == name) view = &one;
    }
    if (view == nullptr) {
      view = key->add_views();
      view->set_view(name);
      view->set_certain(true);
    }
    view->set_live(true);
    view->set_erase_micros(erase_micros);  // The later one.
  }
  // A view that has nothing of versions any more stays where it was.
  auto* views = key->mutable_views();
  std::sort(views->pointer_begin(), views->pointer_end(),
            [](const auto* a, const auto* b) { return a->view() < b->view(); });
}

}  // namespace

absl::Status ForgetCalls::Forget(const v1::ForgetRequest& request,
                                 const std::string& who,
                                 v1::ForgetResponse* response) {
  const auto definitions = store_.publisher().definitions();
  Erasure::Request forget{.entity = request.entity(), .keys = {}, .who = who};
  // One that there is not, the other side names.
  if (const Entity* entity = definitions->FindEntity(request.entity());
      entity != nullptr) {
    ASSIGN_OR_RETURN(forget.keys, KeysOf(request, *entity));
  }
  ASSIGN_OR_RETURN(const std::vector<Forgotten> done,
                   store_.erasure().Forget(forget));
  for (const Forgotten& one : done) ToProto(one, response->add_keys());
  const auto erased = live_.Forget(*definitions, forget);
  RETURN_IF_ERROR(Annotate(erased.status(),
                           "forgotten in versions; in live rows and windows"));
  for (const ErasedEntity& one : *erased) {
    Add(one, live_.DueMicros(one), response);
  }
  response->set_event_export_directory(exporter_.stats().directory);
  return absl::OkStatus();
}

absl::Status ForgetCalls::List(v1::ForgetResponse* response) {
  for (const Forgotten& one : store_.erasure().List()) {
    ToProto(one, response->add_keys());
  }
  for (const ErasedEntity& one : live_.List()) {
    Add(one, live_.DueMicros(one), response);
  }
  response->set_event_export_directory(exporter_.stats().directory);
  return absl::OkStatus();
}

}  // namespace freshet
