# trigger-only.cmake - takes out the scripts that CPack adds to run ldconfig:
# the trigger in debian/triggers does that, and Debian wants no script for it.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
  set(folder "${package}.unpacked")
  execute_process(COMMAND dpkg-deb --raw-extract "${package}" "${folder}"
                  COMMAND_ERROR_IS_FATAL ANY)
  if(EXISTS "${folder}/DEBIAN/triggers")
    file(REMOVE "${folder}/DEBIAN/postinst" "${folder}/DEBIAN/postrm")
    execute_process(
      COMMAND dpkg-deb --root-owner-group --build "${folder}" "${package}"
      OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  endif()
  file(REMOVE_RECURSE "${folder}")
endforeach()
