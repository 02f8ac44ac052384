# compress.cmake - compresses the man pages, before CPack packs them.
file(GLOB pages "${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*/usr/share/man/man*/*[0-9]")
if(NOT pages)
  message(FATAL_ERROR "no man pages to compress")
endif()
execute_process(COMMAND gzip -9n ${pages} COMMAND_ERROR_IS_FATAL ANY)
