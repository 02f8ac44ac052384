/* command_line.c - what the command line of ptg asks for.
 *
 * Each command has a parser of its own, with its own options and help; they
 * share one function, because an option means the same wherever it is known.
 */
#include "command_line.h"

#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lua.h>

#ifndef PTG_PRODUCT_VERSION
#define PTG_PRODUCT_VERSION "unknown"
#endif

/* Keys of options: ptg__option from here on, then those of tests. */
enum {
  KEY_FIRST = 0x100,
  KEY_MANUAL_CLOCK = KEY_FIRST + PTG__OPTION_COUNT,
  KEY_LUA_MEMORY,
};
#define KEY(name) (KEY_FIRST + PTG__OPTION_##name)

static const char *const NAMES[PTG__OPTION_COUNT] = {
    [PTG__OPTION_REPORT] = "report",
    [PTG__OPTION_TRACE] = "trace",
    [PTG__OPTION_FORMAT] = "format",
    [PTG__OPTION_SCENARIOS] = "scenarios",
    [PTG__OPTION_ADAPTER] = "adapter",
    [PTG__OPTION_LIBRARY] = "library",
    [PTG__OPTION_ONLY] = "only",
    [PTG__OPTION_CHAPTER] = "chapter",
    [PTG__OPTION_OUTPUT] = "output",
    [PTG__OPTION_EXPECT_FAIL] = "expect_fail",
    [PTG__OPTION_TIMEOUT] = "timeout",
    [PTG__OPTION_VERBOSE] = "verbose",
    [PTG__OPTION_SAVE_TRACE] = "save_trace",
    [PTG__OPTION_CELLS] = "cells",
    [PTG__OPTION_MATRIX] = "matrix",
    [PTG__OPTION_RANDOM] = "random",
    [PTG__OPTION_SEED] = "seed",
    [PTG__OPTION_REFERENCE] = "reference",
    [PTG__OPTION_KEEP] = "keep",
};

const char *ptg__option_name(enum ptg__option option) {
  return NAMES[option];
}

static void print_version(FILE *stream, struct argp_state *state) {
  (void)state;
  uint32_t abi = ptg_abi_version();
  fprintf(stream, "ptg %s (ABI %u.%u, libuv %s, %s)\n", PTG_PRODUCT_VERSION,
          (unsigned)(abi >> 16), (unsigned)(abi & 0xffff), uv_version_string(),
          LUA_RELEASE);
}

/* ------------------------------------------------------------- parsing -- */

static size_t parse_size(const char *text, struct argp_state *state) {
  char *end;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0')
    argp_error(state, "%s is no number of bytes", text);
  return (size_t)value;
}

static void check_format(const char *command, const char *format,
                         struct argp_state *state) {
  static const char *const OF_PLAN[] = {"text", "json", "dot", NULL};
  static const char *const OF_CONFORM[] = {"text", "tap", "json", "junit",
                                           NULL};
  int is_plan = strcmp(command, "plan") == 0;
  for (const char *const *known = is_plan ? OF_PLAN : OF_CONFORM;
       *known != NULL; known++)
    if (strcmp(*known, format) == 0) return;
  argp_error(state, "--format is %s, not %s",
             is_plan ? "text, json or dot" : "text, tap, json or junit",
             format);
}

/* The last argument of check and plan is their only one; run's options end
 * with FILE, so that ARGS may look like options. Conform has only files. */
static error_t take_argument(struct ptg__command_line *line, char *value,
                             struct argp_state *state) {
  if (line->file != NULL) argp_error(state, "%s takes one FILE", line->command);
  int is_conform = strcmp(line->command, "conform") == 0;
  if (!is_conform) line->file = value;
  if (!is_conform && strcmp(line->command, "run") != 0) return 0;
  int next = is_conform ? state->next - 1 : state->next;
  line->args = state->argv + next;
  line->arg_count = state->argc - next;
  state->next = state->argc;
  return 0;
}

static error_t parse_command(int key, char *value, struct argp_state *state) {
  struct ptg__command_line *line = state->input;
  if (key >= KEY_FIRST && key < KEY_FIRST + PTG__OPTION_COUNT) {
    if (key == KEY(FORMAT)) check_format(line->command, value, state);
    line->options[key - KEY_FIRST] = value != NULL ? value : "";
    return 0;
  }
  switch (key) {
  case KEY_MANUAL_CLOCK:
    line->host.is_manual = 1;
    return 0;
  case KEY_LUA_MEMORY:
    line->host.heap_limit = parse_size(value, state);
    return 0;
  case ARGP_KEY_ARG:
    return take_argument(line, value, state);
  case ARGP_KEY_NO_ARGS:
    if (strcmp(line->command, "conform") != 0)
      argp_error(state, "%s wants a FILE", line->command);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

/* ------------------------------------------------------------ commands -- */

/* The hidden ones are for tests. */
#define HIDDEN_OPTIONS \
  {"manual-clock", \
   KEY_MANUAL_CLOCK, \
   NULL, \
   OPTION_HIDDEN, \
   "Time moves on whenever nothing is ready", \
   0}, \
      {"lua-memory", \
       KEY_LUA_MEMORY, \
       "BYTES", \
       OPTION_HIDDEN, \
       "Bound the memory of Lua", \
       0}, \
  { \
    NULL, 0, NULL, 0, NULL, 0 \
  }

static const struct argp_option run_options[] = {
    {"report", KEY(REPORT), "FILE", 0,
     "Write the report of the shutdown to FILE, as JSON", 0},
    {"trace", KEY(TRACE), "FILE", 0,
     "Write what happens to FILE, a line of JSON each", 0},
    HIDDEN_OPTIONS};
static const struct argp_option check_options[] = {HIDDEN_OPTIONS};
static const struct argp_option plan_options[] = {
    {"format", KEY(FORMAT), "FORMAT", 0, "text (the default), json or dot", 0},
    HIDDEN_OPTIONS};
static const struct argp_option conform_options[] = {
    {"adapter", KEY(ADAPTER), "COMMAND", 0,
     "Drive the implementation behind this adapter, which the shell starts", 0},
    {"library", KEY(LIBRARY), "FILE", 0,
     "Drive this shared library, which implements ptg.h; the default is the "
     "libptg that belongs to this program",
     0},
    {"scenarios", KEY(SCENARIOS), "DIR", 0,
     "Where the scenarios are, if not where they were installed", 0},
    {"only", KEY(ONLY), "PATTERN", 0,
     "Run those scenarios whose id has PATTERN in it; * stands for anything, "
     "and then it is the whole id",
     0},
    {"chapter", KEY(CHAPTER), "NAME", 0, "Run those of one chapter", 0},
    {"timeout", KEY(TIMEOUT), "SECONDS", 0, "How long an answer may take (5)",
     0},
    {"expect-fail", KEY(EXPECT_FAIL), "FILE", 0,
     "Lines of ID REASON: these are known to fail, and reported if they pass",
     0},
    {"format", KEY(FORMAT), "FORMAT", 0,
     "text (the default), tap, json or junit", 1},
    {"output", KEY(OUTPUT), "FILE", 0,
     "Write it to FILE; standard output then has the text", 1},
    {"verbose", KEY(VERBOSE), NULL, 0,
     "Show the conversation with the adapter on standard error", 1},
    {"trace", KEY(TRACE), "FILE", 0,
     "Run nothing; hold a trace that was written before against the laws", 2},
    {"save-trace", KEY(SAVE_TRACE), "FILE", 0,
     "Write the traces of the scenarios to FILE, one after the other", 1},
    {"cells", KEY(CELLS), "FILE", 0,
     "Write which operations met which states to FILE: a table, or JSON for "
     "*.json",
     1},
    {"random", KEY(RANDOM), "COUNT", 0,
     "Make that many random scenarios, and compare with the reference", 3},
    {"seed", KEY(SEED), "NUMBER", 0,
     "The seed of the first of them (1); the next has the next number", 3},
    {"reference", KEY(REFERENCE), "COMMAND", 0,
     "The adapter to compare with; the default is the reference that belongs "
     "to the specification",
     3},
    {"keep", KEY(KEEP), "DIR", 0,
     "Where to write what differs, as random-SEED.json (.)", 3},
    {"matrix", KEY(MATRIX), "FILE", 0,
     "Run nothing; make FILE, clauses by implementations (*.html) or a summary "
     "(*.md), from the results RESULT, made with --format json",
     2},
    {NULL, 0, NULL, 0, NULL, 0}};

#define STATUS_TEXT \
  "\vExit status:\n" \
  "  0  all ended well (check: nothing is wrong)\n" \
  "  1  an error in the script (check: something is wrong)\n" \
  "  2  wrong usage\n" \
  "  3  some tasks failed and nobody handled it\n" \
  "  4  something was abandoned or killed\n"
#define CONFORM_STATUS_TEXT \
  "\vExit status:\n" \
  "  0  all is as expected\n" \
  "  1  something is not\n" \
  "  2  wrong usage, or the adapter cannot be started\n"

static const struct argp run_argp = {
    run_options,
    parse_command,
    "FILE [ARGS...]",
    "Run a script until its root group is closed. SIGTERM or SIGINT shut it "
    "down in order; the second forces the end, still in order; the third "
    "ends everything at once." STATUS_TEXT,
    NULL,
    NULL,
    NULL};
static const struct argp check_argp = {
    check_options,
    parse_command,
    "FILE",
    "Declare what a script declares, start nothing, and say what is wrong "
    "with it." STATUS_TEXT,
    NULL,
    NULL,
    NULL};
static const struct argp plan_argp = {
    plan_options,
    parse_command,
    "FILE",
    "Print the order in which the groups of a script would be shut down, how "
    "long each may take, and the critical path." STATUS_TEXT,
    NULL,
    NULL,
    NULL};
static const struct argp conform_argp = {
    conform_options,
    parse_command,
    "\n--random COUNT\n--matrix FILE RESULT...",
    "Hold an implementation of persistent task groups against the scenarios "
    "of the specification." CONFORM_STATUS_TEXT,
    NULL,
    NULL,
    NULL};

static const struct {
  const char *name;
  const struct argp *argp;
} COMMANDS[] = {{"run", &run_argp},
                {"check", &check_argp},
                {"plan", &plan_argp},
                {"conform", &conform_argp}};

/* Hands the rest of the command line to the command's own parser. */
static void parse_rest(const struct argp *argp, struct argp_state *state) {
  struct ptg__command_line *line = state->input;
  int first = state->next - 1;
  static char name[32];
  snprintf(name, sizeof(name), "ptg %s", line->command);
  char *saved = state->argv[first];
  state->argv[first] = name;
  argp_parse(argp, state->argc - first, state->argv + first, ARGP_IN_ORDER,
             NULL, line);
  state->argv[first] = saved;
  state->next = state->argc;
}

static error_t parse_top(int key, char *value, struct argp_state *state) {
  struct ptg__command_line *line = state->input;
  if (key == ARGP_KEY_NO_ARGS)
    argp_error(state, "run, check, plan or conform?");
  if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;

  line->command = value;
  for (size_t i = 0; i < sizeof(COMMANDS) / sizeof(COMMANDS[0]); i++) {
    if (strcmp(value, COMMANDS[i].name) != 0) continue;
    parse_rest(COMMANDS[i].argp, state);
    return 0;
  }
  argp_error(state, "%s is no command: run, check, plan or conform?", value);
  return 0;
}

static const struct argp top_argp = {
    NULL,
    parse_top,
    "run FILE [ARGS...]\n"
    "check FILE\n"
    "plan FILE [--format text|json|dot]\n"
    "conform [--adapter COMMAND | --library FILE]",
    "Run Lua scripts whose tasks live in groups that end in order, in bounded "
    "time." STATUS_TEXT "\n`ptg COMMAND --help' tells more of each.",
    NULL,
    NULL,
    NULL};

void ptg__command_line_parse(struct ptg__command_line *line, int argc,
                             char **argv) {
  memset(line, 0, sizeof(*line));
  argp_err_exit_status = PTG__EXIT_USAGE;
  argp_program_version_hook = print_version;
  argp_parse(&top_argp, argc, argv, ARGP_IN_ORDER, NULL, line);
}
