// SPDX-License-Identifier: Apache-2.0
#include "features/value_codec.h"

#include <cmath>
#include <limits>

#include "base/error.h"
#include "base/status.h"
#include "features/key_codec.h"
#include "features/little_endian.h"

namespace freshet {
namespace {

constexpr uint8_t kPrecisionMax = 18;

absl::Status DoesNotFit(const Type& type, std::string_view why) {
  return InvalidArgument("value does not fit {}: {}", type.ToString(), why);
}

int64_t PowerOfTen(uint8_t exponent) {
  int64_t power = 1;
  for (uint8_t i = 0; i < exponent; ++i) power *= 10;
  return power;
}

absl::Status AppendInteger(const Type& type, int64_t value, std::string* out) {
  if (type.kind == Kind::kInt32) {
    if (value < std::numeric_limits<int32_t>::min() ||
        value > std::numeric_limits<int32_t>::max()) {
      return DoesNotFit(type, "out of range");
    }
    AppendLittle(static_cast<int32_t>(value), out);
    return absl::OkStatus();
  }
  if (type.kind == Kind::kDecimal && type.precision <= kPrecisionMax) {
    const int64_t limit = PowerOfTen(type.precision);
    if (value <= -limit || value >= limit) {
      return DoesNotFit(type, "too many digits");
    }
  }
  AppendLittle(value, out);
  return absl::OkStatus();
}

absl::Status AppendReal(const Type& type, double value, std::string* out) {
  if (type.kind == Kind::kDouble) {
    AppendLittle(value, out);
    return absl::OkStatus();
  }
  const auto narrow = static_cast<float>(value);
  if (std::isinf(narrow) && !std::isinf(value)) {
    return DoesNotFit(type, "out of range");
  }
  AppendLittle(narrow, out);
  return absl::OkStatus();
}

// One value that is not a list.
absl::Status AppendScalar(const Type& type, const Value& value,
                          std::string* out) {
  switch (type.kind) {
    case Kind::kBool:
      if (const bool* v = std::get_if<bool>(&value.v)) {
        out->push_back(*v ? 1 : 0);
        return absl::OkStatus();
      }
      return DoesNotFit(type, "not a bool");
    case Kind::kInt32:
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDecimal:
      if (const int64_t* v = std::get_if<int64_t>(&value.v)) {
        return AppendInteger(type, *v, out);
      }
      return DoesNotFit(type, "not an integer");
    case Kind::kFloat:
    case Kind::kDouble:
      if (const double* v = std::get_if<double>(&value.v)) {
        return AppendReal(type, *v, out);
      }
      return DoesNotFit(type, "not a real number");
    case Kind::kString:
    case Kind::kBytes:
      if (const std::string* v = std::get_if<std::string>(&value.v)) {
        if (type.kind == Kind::kString && !IsValidUtf8(*v)) {
          return DoesNotFit(type, "not UTF-8");
        }
        out->append(*v);
        return absl::OkStatus();
      }
      return DoesNotFit(type, "not a string");
  }
  return Internal("unknown kind {}", static_cast<int>(type.kind));
}

// The type of a list's elements.
Type ElementOf(Type type) {
  type.list = false;
  type.fixed_length = 0;
  return type;
}

absl::StatusOr<std::string> EncodeFixedList(const Type& type,
                                            const Value::List& list) {
  if (list.size() != type.fixed_length) {
    return DoesNotFit(type, "another length");
  }
  std::string out;
  for (const Value& value : list) {
    RETURN_IF_ERROR(AppendScalar(ElementOf(type), value, &out));
  }
  return out;
}

absl::StatusOr<std::string> EncodeList(const Type& type,
                                       const Value::List& list) {
  ListWriter writer(type.kind);
  writer.Begin();
  std::string element;
  for (const Value& value : list) {
    if (value.IsNull()) {
      writer.AddNull();
      continue;
    }
    element.clear();
    RETURN_IF_ERROR(AppendScalar(ElementOf(type), value, &element));
    writer.Add(element);
  }
  return std::string(writer.Finish());
}

absl::StatusOr<Value> DecodeScalar(Kind kind, std::string_view bytes) {
  const uint32_t width = ElementWidth(kind);
  if (width != 0 && bytes.size() != width) {
    return DataLoss("a value has {} bytes instead of {}", bytes.size(), width);
  }
  switch (kind) {
    case Kind::kBool:
      return Value(bytes[0] != 0);
    case Kind::kInt32:
      return Value(int64_t{LoadLittle<int32_t>(bytes, 0)});
    case Kind::kInt64:
    case Kind::kTimestamp:
    case Kind::kDecimal:
      return Value(LoadLittle<int64_t>(bytes, 0));
    case Kind::kFloat:
      return Value(double{LoadLittle<float>(bytes, 0)});
    case Kind::kDouble:
      return Value(LoadLittle<double>(bytes, 0));
    case Kind::kString:
    case Kind::kBytes:
      return Value(std::string(bytes));
  }
  return Internal("unknown kind {}", static_cast<int>(kind));
}

absl::StatusOr<Value> DecodeFixedList(const Type& type,
                                      std::string_view bytes) {
  const size_t width = ElementWidth(type.kind);
  if (bytes.size() != width * type.fixed_length) {
    return DataLoss("a list has {} bytes instead of {}", bytes.size(),
                    width * type.fixed_length);
  }
  Value::List list;
  for (size_t i = 0; i < type.fixed_length; ++i) {
    ASSIGN_OR_RETURN(Value element,
                     DecodeScalar(type.kind, bytes.substr(i * width, width)));
    list.push_back(std::move(element));
  }
  return Value(std::move(list));
}

absl::StatusOr<Value> DecodeList(const Type& type, std::string_view bytes) {
  ASSIGN_OR_RETURN(const ListView view, ParseList(type.kind, bytes));
  Value::List list;
  for (uint32_t i = 0; i < view.size; ++i) {
    if (view.IsNull(i)) {
      list.emplace_back();
      continue;
    }
    ASSIGN_OR_RETURN(Value element, DecodeScalar(type.kind, view.Element(i)));
    list.push_back(std::move(element));
  }
  return Value(std::move(list));
}

}  // namespace

absl::StatusOr<std::string> EncodeValue(const Type& type, const Value& value) {
  if (!type.list && type.fixed_length == 0) {
    std::string out;
    RETURN_IF_ERROR(AppendScalar(type, value, &out));
    return out;
  }
  const auto* list = std::get_if<Value::List>(&value.v);
  if (list == nullptr) return DoesNotFit(type, "not a list");
  return type.fixed_length > 0 ? EncodeFixedList(type, *list)
                               : EncodeList(type, *list);
}

absl::StatusOr<Value> DecodeValue(const Type& type, std::string_view bytes) {
  if (type.fixed_length > 0) return DecodeFixedList(type, bytes);
  if (type.list) return DecodeList(type, bytes);
  return DecodeScalar(type.kind, bytes);
}

}  // namespace freshet
