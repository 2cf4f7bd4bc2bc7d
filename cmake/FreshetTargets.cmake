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
