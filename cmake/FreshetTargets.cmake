# SPDX-License-Identifier: Apache-2.0
# One static library per folder and one test program per folder.

# What nearly every source includes, and every test, compiled once. Measured:
# 1.1 s of 2 to 3 a source, 3.4 s of 7.8 with CLI11 and gRPC. Every source still
# includes all it uses: clang-tidy reads them without this.
set(freshet_headers <algorithm> <chrono> <cstdint> <functional> <map> <memory>
    <optional> <string> <string_view> <vector> <fmt/format.h>
    <absl/status/statusor.h>)
set(freshet_test_headers ${freshet_headers} <filesystem> <random> <thread>
    <gmock/gmock.h> <gtest/gtest.h>)

# The first target of a kind, in `base`, compiles the headers for all of its
# kind; one that names HEADERS of its own compiles both.
function(freshet_precompile target first)
  cmake_parse_arguments(ARG "" "" "COMMON;HEADERS" ${ARGN})
  if(ARG_HEADERS OR target STREQUAL first)
    target_precompile_headers(${target} PRIVATE ${ARG_COMMON} ${ARG_HEADERS})
  else()
    target_precompile_headers(${target} REUSE_FROM ${first})
  endif()
endfunction()

# freshet_library(<folder> SOURCES a.cc ... [DEPS libs...] [PRIVATE_DEPS libs...]
#                 [HEADERS to precompile...])
# makes the target freshet_<folder>.
function(freshet_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS;HEADERS" ${ARGN})
  add_library(freshet_${folder} STATIC ${ARG_SOURCES})
  target_link_libraries(freshet_${folder}
    PUBLIC freshet_flags ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  freshet_precompile(freshet_${folder} freshet_base
    COMMON ${freshet_headers} HEADERS ${ARG_HEADERS})
endfunction()

# freshet_test(<folder> SOURCES a_test.cc ... DEPS libs... [LABELS fast|e2e|long]
#              [HEADERS to precompile...])
# makes the program test_<folder>, and one ctest per test in it.
function(freshet_test folder)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS;HEADERS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(test_${folder} ${ARG_SOURCES})
  target_link_libraries(test_${folder}
    PRIVATE freshet_flags ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  freshet_precompile(test_${folder} test_base
    COMMON ${freshet_test_headers} HEADERS ${ARG_HEADERS})
  gtest_discover_tests(test_${folder} TEST_PREFIX "${folder}."
    DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# freshet_fuzz(<name> SOURCES name_fuzz.cc ... DEPS libs...)
# makes the program fuzz_<name> from sources that define
# LLVMFuzzerTestOneInput. With FRESHET_FUZZ it is a fuzzer; else it replays
# files. Either way ctest runs it over corpus/<name>/ beside the CMakeLists.
function(freshet_fuzz name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  file(GLOB seeds ${corpus}/*)
  if(NOT seeds)
    message(FATAL_ERROR "fuzz target '${name}': no files in ${corpus}")
  endif()
  add_executable(fuzz_${name} ${ARG_SOURCES})
  target_link_libraries(fuzz_${name} PRIVATE ${ARG_DEPS} freshet_base)
  if(FRESHET_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} -runs=0 ${corpus})
  else()
    target_sources(fuzz_${name}
      PRIVATE ${PROJECT_SOURCE_DIR}/tests/fuzz/replay.cc)
    add_test(NAME fuzz.${name} COMMAND fuzz_${name} ${corpus})
  endif()
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fast TIMEOUT 120)
endfunction()
