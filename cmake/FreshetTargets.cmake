# SPDX-License-Identifier: Apache-2.0
# One static library per folder and one test program per folder.

# freshet_library(<folder> SOURCES a.cc ... [DEPS libs...] [PRIVATE_DEPS libs...])
# makes the target freshet_<folder>.
function(freshet_library folder)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(freshet_${folder} STATIC ${ARG_SOURCES})
  target_link_libraries(freshet_${folder}
    PUBLIC freshet_flags ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
endfunction()

# freshet_test(<folder> SOURCES a_test.cc ... DEPS libs... [LABELS fast|e2e|long])
# makes the program test_<folder>, and one ctest per test in it.
function(freshet_test folder)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(test_${folder} ${ARG_SOURCES})
  target_link_libraries(test_${folder}
    PRIVATE freshet_flags ${ARG_DEPS} GTest::gmock GTest::gtest_main)
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
