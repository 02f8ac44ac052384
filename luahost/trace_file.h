/* trace_file.h - the file that `ptg run --trace` writes. */
#ifndef PTG_LUAHOST_TRACE_FILE_H
#define PTG_LUAHOST_TRACE_FILE_H

#include <stdio.h>

#include <ptg/ptg.h>

struct ptg__trace_file {
  FILE *stream; /* NULL: no trace is wanted */
  const char *path;
  int error; /* the first errno of a write; 0: all was written */
};

/* Opens the file; path NULL: none is wanted. Returns 0, or prints why not and
 * returns -1. */
int ptg__trace_file_open(struct ptg__trace_file *file, const char *path);

/* Has the runtime write its trace there. */
void ptg__trace_file_begin(struct ptg__trace_file *file, ptg_runtime *runtime);

/* Closes it, and prints it if not all was written. */
void ptg__trace_file_close(struct ptg__trace_file *file);

#endif
