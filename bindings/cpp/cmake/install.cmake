# Where the package goes: headers, and what find_package(ptg_cpp) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(DIRECTORY include/ptg DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS ptg_cpp EXPORT ptg_cpp-targets)
install(EXPORT ptg_cpp-targets NAMESPACE ptg::
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ptg_cpp)

configure_package_config_file(cmake/ptg_cpp-config.cmake.in ptg_cpp-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ptg_cpp)
write_basic_package_version_file(ptg_cpp-config-version.cmake
  COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/ptg_cpp-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/ptg_cpp-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/ptg_cpp)
