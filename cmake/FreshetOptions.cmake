# SPDX-License-Identifier: Apache-2.0
# Compiler settings and switches that hold for every target.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

# One place for libraries on every system, which the loader's run path names.
set(CMAKE_INSTALL_LIBDIR lib CACHE STRING "Where libraries are installed")
include(GNUInstallDirs)

option(FRESHET_FAILPOINTS "Compile failpoints in (off in release builds)" ON)
option(FRESHET_HARDEN "Compile and link with the hardening flags" OFF)
set(FRESHET_SANITIZE "" CACHE STRING "asan (with UBSan), tsan, or empty")
option(FRESHET_FUZZ "Build fuzz targets with libFuzzer (needs clang)" OFF)

# The build type of the dev preset. Measured on a test file of 25 tests:
# -O1 -g1 2.9 s, -O1 -g 3.9 s, -O2 -g 4.8 s, -O0 -g1 2.4 s; but at -O0 the
# tests that load a million rows take longer than that saves.
set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev)
endif()

# Colours, since Ninja hides the terminal from the compiler.
add_compile_options(-fdiagnostics-color=always)

# Some libraries ask for it and others do not; precompiled headers want one.
add_compile_options(-pthread)

# ccache's manual, "Precompiled headers": both are wanted for a hit with one.
find_program(FRESHET_CCACHE ccache)
if(FRESHET_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER
      env CCACHE_SLOPPINESS=pch_defines,time_macros ${FRESHET_CCACHE})
endif()

if(FRESHET_SANITIZE STREQUAL "tsan" OR
   NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # ThreadSanitizer's header that is included before all others would void
  # them; with Clang nobody has measured them.
  set(CMAKE_DISABLE_PRECOMPILE_HEADERS ON)
endif()

add_library(freshet_flags INTERFACE)
target_include_directories(freshet_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(freshet_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Werror -Werror=unused-result)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND
   NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
  # False of g++ 12 for std::string's operator+, which a precompiled header
  # shows: https://gcc.gnu.org/bugzilla/show_bug.cgi?id=105651
  # The release preset compiles without them, and with these warnings.
  target_compile_options(freshet_flags INTERFACE
    -Wno-array-bounds -Wno-stringop-overflow)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # g++'s -Wconversion leaves signs out; so does this.
  target_compile_options(freshet_flags INTERFACE
    -Wthread-safety -Wno-sign-conversion)
endif()
if(FRESHET_FAILPOINTS)
  target_compile_definitions(freshet_flags INTERFACE FRESHET_FAILPOINTS=1)
endif()

if(FRESHET_HARDEN)
  include(CheckPIESupported)
  check_pie_supported(LANGUAGES CXX)
  add_compile_options(-fstack-protector-strong -U_FORTIFY_SOURCE
                      -D_FORTIFY_SOURCE=2)
  add_link_options(-Wl,-z,relro,-z,now)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    add_compile_options(-fcf-protection)
  endif()
endif()

# Sanitizer flags are global, so that generated code is instrumented too.
if(FRESHET_SANITIZE STREQUAL "asan")
  # g++ 12 takes std::regex's own members for uninitialised under ASan.
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all
                      -fno-omit-frame-pointer
                      $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_link_options(-fsanitize=address,undefined)
elseif(FRESHET_SANITIZE STREQUAL "tsan")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(NOT FRESHET_SANITIZE STREQUAL "")
  message(FATAL_ERROR
    "FRESHET_SANITIZE is '${FRESHET_SANITIZE}'; use asan, tsan or nothing")
endif()
if(FRESHET_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR
      "FRESHET_FUZZ needs clang, not ${CMAKE_CXX_COMPILER_ID}; "
      "use: cmake --preset fuzz")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
