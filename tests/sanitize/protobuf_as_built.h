// SPDX-License-Identifier: Apache-2.0
// Comes before all other text where generated code is used, in builds with
// ThreadSanitizer. Protobuf's map_field.h gives each map two more members
// there, and the library, which was built without it, finds none of them where
// it looks. This reads that one header as the library was built.
#pragma once

#include <google/protobuf/map_entry.h>
#include <google/protobuf/unknown_field_set.h>
#undef __SANITIZE_THREAD__
#include <google/protobuf/map_field.h>
#define __SANITIZE_THREAD__ 1
