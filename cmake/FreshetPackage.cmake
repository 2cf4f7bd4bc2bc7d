# SPDX-License-Identifier: Apache-2.0
# `cmake --install` and the Debian package. Each folder installs its own
# program; here is what belongs to none. The package, and the image, also take
# the component "system", whose places are absolute.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # CPack takes what is built.
install(FILES LICENSE README.md CHANGELOG.md
  DESTINATION ${CMAKE_INSTALL_DOCDIR} OPTIONAL)
install(FILES deploy/freshet.yaml
  DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY deploy/prometheus deploy/grafana
  DESTINATION ${CMAKE_INSTALL_DATADIR}/freshet OPTIONAL)
install(FILES deploy/freshet.yaml
  DESTINATION /etc/freshet COMPONENT system EXCLUDE_FROM_ALL)
install(FILES deploy/systemd/freshetd.service
  DESTINATION /usr/lib/systemd/system COMPONENT system EXCLUDE_FROM_ALL)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME freshet)
set(CPACK_PACKAGE_VENDOR "The Freshet authors")
set(CPACK_PACKAGE_CONTACT "The Freshet authors <freshet@example.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Feature serving for real-time models")
set(CPACK_PACKAGE_DESCRIPTION
  "A daemon that answers GetFeatures over gRPC from snapshots of feature\
 tables, with the programs that load and operate it.")
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL Unspecified system)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
# xz takes half a minute over Arrow.
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
set(CPACK_DEBIAN_PACKAGE_SECTION database)
# Zones are read from the system; the libraries' packages are found out.
set(CPACK_DEBIAN_PACKAGE_DEPENDS tzdata)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/arrow)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  ${PROJECT_SOURCE_DIR}/deploy/debian/conffiles
  ${PROJECT_SOURCE_DIR}/deploy/debian/postinst
  ${PROJECT_SOURCE_DIR}/deploy/debian/prerm
  ${PROJECT_SOURCE_DIR}/deploy/debian/postrm)
include(CPack)
