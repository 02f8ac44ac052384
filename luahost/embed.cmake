# embed.cmake - writes the C source that carries the Lua modules.
#
#   cmake -DROOT=FOLDER -DMODULES=FILE;FILE... -DOUTPUT=FILE -P embed.cmake
#
# The modules are kept as source, not as bytecode, so that a traceback shows
# their lines and any Lua 5.4 takes them.
set(line "................................")
set(arrays "")
set(rows "")
set(number 0)
foreach(file IN LISTS MODULES)
  file(RELATIVE_PATH name "${ROOT}" "${file}")
  string(REGEX REPLACE "\\.lua$" "" name "${name}")
  string(REPLACE "/" "." name "${name}")

  file(READ "${file}" bytes HEX)
  string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  string(APPEND arrays
         "static const unsigned char source_${number}[] = {\n${bytes}0x00};\n\n")
  string(APPEND rows "    {\"${name}\", (const char *)source_${number},\n"
                     "     sizeof(source_${number}) - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE "${OUTPUT}" "/* Written by embed.cmake. */
#include \"embedded.h\"

${arrays}const struct ptg_embedded_module ptg_embedded_modules[] = {
${rows}    {NULL, NULL, 0},
};
")
