# SPDX-License-Identifier: Apache-2.0
# Finds Arrow C++ with Parquet and S3: the system's, else the libraries and headers
# inside the pyarrow wheel that scripts/setup.sh unpacks.
#
#   Arrow::arrow, Arrow::parquet, Arrow::s3   what to link; put them last, after OpenSSL
#   ARROW_FROM_WHEEL               ON when they come from the wheel
#   ARROW_RUNTIME_LIBS             the wheel's files to install, else empty
#   -DARROW_WHEEL_DIR=<pyarrow>    takes another wheel, and never the system's
#
# libarrow_compute is left out on purpose: it exports re2, which gRPC uses.
include(FindPackageHandleStandardArgs)

set(ARROW_FROM_WHEEL OFF)
set(ARROW_RUNTIME_LIBS "")

if(NOT ARROW_WHEEL_DIR)
  find_package(Arrow CONFIG QUIET)  # CONFIG never comes back to this file.
  if(Arrow_FOUND)
    find_package(Parquet CONFIG QUIET)
  endif()
endif()

if(Arrow_FOUND AND Parquet_FOUND)
  set(Arrow_VERSION "${ARROW_VERSION}")
  if(NOT TARGET Arrow::arrow)
    add_library(Arrow::arrow INTERFACE IMPORTED)
    target_link_libraries(Arrow::arrow INTERFACE Arrow::arrow_shared)
  endif()
  if(NOT TARGET Arrow::parquet)
    add_library(Arrow::parquet INTERFACE IMPORTED)
    target_link_libraries(Arrow::parquet
      INTERFACE Parquet::parquet_shared Arrow::arrow)
  endif()
  if(NOT TARGET Arrow::s3)
    add_library(Arrow::s3 INTERFACE IMPORTED)
    # A library of its own in later releases.
    if(TARGET Arrow::arrow_s3_shared)
      target_link_libraries(Arrow::s3 INTERFACE Arrow::arrow_s3_shared)
    endif()
    target_link_libraries(Arrow::s3 INTERFACE Arrow::arrow)
  endif()
else()
  set(_wheel "${ARROW_WHEEL_DIR}")
  if(NOT _wheel)
    set(_wheel "${PROJECT_SOURCE_DIR}/.deps/arrow/pyarrow")
  endif()
  set(_config "${_wheel}/include/arrow/util/config.h")
  if(EXISTS "${_config}")
    file(STRINGS "${_config}" _lines
      REGEX "define ARROW_(VERSION_STRING|SO_VERSION) ")
    string(REGEX REPLACE ".*ARROW_VERSION_STRING \"([^\"]+)\".*" "\\1"
      Arrow_VERSION "${_lines}")
    string(REGEX REPLACE ".*ARROW_SO_VERSION \"([^\"]+)\".*" "\\1"
      _so "${_lines}")

    # libparquet is copied with its OpenSSL hidden (see hide_dynsyms.py); its
    # run path is $ORIGIN, so libarrow stands beside the copy.
    set(_libs "${PROJECT_BINARY_DIR}/arrow")
    set(_stamp "${_libs}/${Arrow_VERSION}-s3.done")
    if(NOT EXISTS "${_stamp}")
      find_package(OpenSSL REQUIRED)
      find_package(Python3 COMPONENTS Interpreter REQUIRED)
      file(MAKE_DIRECTORY "${_libs}")
      execute_process(
        COMMAND "${Python3_EXECUTABLE}"
          "${CMAKE_CURRENT_LIST_DIR}/hide_dynsyms.py"
          "${_wheel}/libparquet.so.${_so}" "${_libs}/libparquet.so.${_so}"
          "${OPENSSL_CRYPTO_LIBRARY}" "${OPENSSL_SSL_LIBRARY}"
        COMMAND_ERROR_IS_FATAL ANY)
      foreach(_name arrow arrow_s3)
        file(CREATE_LINK "${_wheel}/lib${_name}.so.${_so}"
          "${_libs}/lib${_name}.so.${_so}" SYMBOLIC)
      endforeach()
      file(TOUCH "${_stamp}")
    endif()

    foreach(_name arrow arrow_s3 parquet)
      list(APPEND ARROW_RUNTIME_LIBS "${_libs}/lib${_name}.so.${_so}")
      if(NOT TARGET Arrow::${_name})
        add_library(Arrow::${_name} SHARED IMPORTED)
        # Imported targets' headers count as system headers: no warnings.
        set_target_properties(Arrow::${_name} PROPERTIES
          IMPORTED_LOCATION "${_libs}/lib${_name}.so.${_so}"
          IMPORTED_SONAME "lib${_name}.so.${_so}"
          INTERFACE_INCLUDE_DIRECTORIES "${_wheel}/include")
      endif()
    endforeach()
    foreach(_name parquet arrow_s3)
      set_property(TARGET Arrow::${_name}
        PROPERTY INTERFACE_LINK_LIBRARIES Arrow::arrow)
    endforeach()
    if(NOT TARGET Arrow::s3)
      add_library(Arrow::s3 ALIAS Arrow::arrow_s3)
    endif()
    set(ARROW_FROM_WHEEL ON)
  endif()
endif()

if(TARGET Arrow::arrow AND TARGET Arrow::parquet)
  set(_found TRUE)
else()
  set(_found FALSE)
endif()
find_package_handle_standard_args(Arrow
  REQUIRED_VARS _found
  VERSION_VAR Arrow_VERSION
  REASON_FAILURE_MESSAGE
    "Neither the system's Arrow nor a pyarrow wheel. Run: ./dev setup")
