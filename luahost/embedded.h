/* embedded.h - the Lua modules that are built into the program.
 *
 * The table is written by embed.cmake from the files below lua/. Whoever loads
 * a module names its chunk after the file that it was made from, in a way that
 * no script's file can have ("=<ptg>/ptg/task.lua" for "ptg.task").
 */
#ifndef PTG_LUAHOST_EMBEDDED_H
#define PTG_LUAHOST_EMBEDDED_H

#include <stddef.h>

struct ptg_embedded_module {
  const char *name;   /* as require() takes it; NULL ends the table */
  const char *source; /* a NUL follows it */
  size_t length;      /* of source, in bytes, without that NUL */
};

extern const struct ptg_embedded_module ptg_embedded_modules[];

#endif
