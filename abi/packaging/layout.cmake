# layout.cmake - where Debian wants things, and how it wants them compiled.

# Libraries of different MAJOR are installed side by side, each with its reaper.
set(CMAKE_INSTALL_LIBEXECDIR "${CMAKE_INSTALL_LIBDIR}/libptg${PTG_ABI_MAJOR}")
set(CMAKE_INSTALL_FULL_LIBEXECDIR
    "${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBEXECDIR}")
set(CMAKE_INSTALL_DOCDIR "${CMAKE_INSTALL_DATAROOTDIR}/doc/libptg-dev")
set(CMAKE_SKIP_INSTALL_RPATH ON)

# debian_flags(VARIABLE NAME...) - appends what Debian compiles everything with.
function(debian_flags variable)
  foreach(name IN LISTS ARGN)
    execute_process(COMMAND dpkg-buildflags --get ${name}
                    OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE
                    COMMAND_ERROR_IS_FATAL ANY)
    string(APPEND ${variable} " ${flags}")
  endforeach()
  set(${variable} "${${variable}}" PARENT_SCOPE)
endfunction()
set(ENV{DEB_BUILD_MAINT_OPTIONS} "hardening=+all")
debian_flags(CMAKE_C_FLAGS CFLAGS CPPFLAGS)
debian_flags(CMAKE_EXE_LINKER_FLAGS LDFLAGS)
debian_flags(CMAKE_SHARED_LINKER_FLAGS LDFLAGS)
