/* command_line.h - what the command line of ptg asks for. */
#ifndef PTG_LUAHOST_COMMAND_LINE_H
#define PTG_LUAHOST_COMMAND_LINE_H

#include "host.h"

enum { PTG__EXIT_USAGE = 2 };

/* The options that are handed to Lua as they are. */
enum ptg__option {
  PTG__OPTION_REPORT,
  PTG__OPTION_TRACE,
  PTG__OPTION_FORMAT,
  PTG__OPTION_SCENARIOS,
  PTG__OPTION_ADAPTER,
  PTG__OPTION_LIBRARY,
  PTG__OPTION_ONLY,
  PTG__OPTION_CHAPTER,
  PTG__OPTION_OUTPUT,
  PTG__OPTION_EXPECT_FAIL,
  PTG__OPTION_TIMEOUT,
  PTG__OPTION_VERBOSE,
  PTG__OPTION_SAVE_TRACE,
  PTG__OPTION_CELLS,
  PTG__OPTION_MATRIX,
  PTG__OPTION_RANDOM,
  PTG__OPTION_SEED,
  PTG__OPTION_REFERENCE,
  PTG__OPTION_KEEP,
  PTG__OPTION_COUNT
};

struct ptg__command_line {
  const char *command; /* "run", "check", "plan" or "conform" */
  const char *file;    /* the script; conform has none */
  char **args;         /* what follows file; of conform: all files */
  int arg_count;
  const char *options[PTG__OPTION_COUNT]; /* NULL: not given; a flag: "" */
  struct ptg__host_options host;
};

/* Reads it, or prints what is wrong (or the help that was asked for) and
 * exits. */
void ptg__command_line_parse(struct ptg__command_line *line, int argc,
                             char **argv);

/* The name of an option in Lua: "expect_fail" for --expect-fail. */
const char *ptg__option_name(enum ptg__option option);

#endif
