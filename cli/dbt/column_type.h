// SPDX-License-Identifier: Apache-2.0
// Column types of warehouses, as features are read from the files that those
// warehouses write.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "config/type.h"

namespace freshet {

enum class Warehouse { kUnknown, kSnowflake, kDatabricks, kDuckDb };

// By what dbt calls its adapter: `snowflake`, `databricks`, `spark`, `duckdb`.
Warehouse WarehouseOf(std::string_view adapter);

// What a column's times are in the files.
enum class TimeForm {
  kNone,    // No times.
  kMoment,  // They carry their zone.
  kUtc,     // They carry none, and are UTC.
  kLocal,   // They carry none, and nobody can tell which it is.
  kDate,
};

struct ColumnType {
  Type type;
  TimeForm times = TimeForm::kNone;
  std::string remark;  // What may yet be refused, for people; "": nothing.
};

// Whether a decimal lacks the precision and scale that decide its type, as
// Snowflake's catalog has it.
bool IsBareDecimal(Warehouse warehouse, std::string_view text);

// `text`: as dbt's catalog or its author writes it, `NUMBER(10,2)`.
// INVALID_ARGUMENT: no feature is read from it; says what to do.
absl::StatusOr<ColumnType> TypeOfColumn(Warehouse warehouse,
                                        std::string_view text);

}  // namespace freshet
