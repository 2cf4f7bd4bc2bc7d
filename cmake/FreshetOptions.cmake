# SPDX-License-Identifier: Apache-2.0
# Compiler settings and switches that hold for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

option(FRESHET_FAILPOINTS "Compile failpoints in (off in release builds)" ON)
set(FRESHET_SANITIZE "" CACHE STRING "asan (with UBSan), tsan, or empty")
option(FRESHET_FUZZ "Build fuzz targets with libFuzzer (needs clang)" OFF)

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()

add_library(freshet_flags INTERFACE)
target_include_directories(freshet_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(freshet_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Werror -Werror=unused-result)
if(FRESHET_FAILPOINTS)
  target_compile_definitions(freshet_flags INTERFACE FRESHET_FAILPOINTS=1)
endif()

# Sanitizer flags are global, so that generated code is instrumented too.
if(FRESHET_SANITIZE STREQUAL "asan")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(FRESHET_SANITIZE STREQUAL "tsan")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(NOT FRESHET_SANITIZE STREQUAL "")
  message(FATAL_ERROR
    "FRESHET_SANITIZE is '${FRESHET_SANITIZE}'; use asan, tsan or nothing")
endif()
