// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "config/file/fields.h"
#include "config/file/yaml_tree.h"
#include "config/parse.h"

namespace freshet {

// Reads one mapping by its specification. Fields that are unknown or lacking
// are problems at once; each Read leaves its target as it is when the field is
// not there or wrong, which is then a problem too. All problems are added to
// the list given. Not thread-safe.
class ObjectReader {
 public:
  // `spec`, `node` and `problems` must outlive the reader.
  ObjectReader(const ObjectSpec& spec, const YamlNode& node,
               std::vector<Problem>& problems);

  // Requires: the specification has a field `name` of a fitting kind.
  void Read(std::string_view name, std::string& target);
  void Read(std::string_view name, bool& target);
  void Read(std::string_view name, double& target);
  // A duration is divided by `unit` microseconds.
  void Read(std::string_view name, int64_t& target, int64_t unit = 1);
  void Read(std::string_view name, std::vector<std::string>& target);
  void Read(std::string_view name, std::map<std::string, std::string>& target);

  // The field's node if it is there and of the kind that its specification
  // says (list or mapping for objects and lists); else null.
  const YamlNode* Find(std::string_view name);

  // The elements of a field that is a list.
  const std::vector<YamlNode::Ptr>& Items(std::string_view name);

  void AddProblem(const YamlNode& at, std::string_view name,
                  std::string_view message);

 private:
  const FieldSpec& Spec(std::string_view name) const;
  void CheckNames();
  const YamlNode* Fitting(const FieldSpec& spec, const YamlNode& value);
  template <typename T>
  void Assign(const YamlNode& at, std::string_view name,
              absl::StatusOr<T> value, T& target);
  void AddUnknown(const YamlNode& key);

  const ObjectSpec& spec_;
  const YamlNode& node_;
  std::vector<Problem>& problems_;
};

// The three fields that everything with an owner has.
template <typename T>
void ReadAbout(ObjectReader& in, T& out) {
  in.Read("owner", out.owner);
  in.Read("description", out.description);
  in.Read("tags", out.tags);
}

}  // namespace freshet
