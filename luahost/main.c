/* main.c - the program ptg: its command line. */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>

#include "host.h"
#include "lua_work.h"
#include "signals.h"
#include "trace_file.h"

#ifndef PTG_PRODUCT_VERSION
#define PTG_PRODUCT_VERSION "unknown"
#endif

enum {
  EXIT_SCRIPT = 1,
  EXIT_USAGE = 2,
  EXIT_NOT_IN_ORDER = 4, /* 3 is Lua's to say */
};

enum {
  KEY_REPORT = 0x100,
  KEY_TRACE,
  KEY_FORMAT,
  KEY_MANUAL_CLOCK,
  KEY_LUA_MEMORY
};

struct request {
  const char *command; /* "run", "check" or "plan" */
  const char *file;
  char **args; /* what follows file; for run only */
  int arg_count;
  const char *report;
  const char *trace;
  const char *format;
  struct ptg__host_options host;
};

/* -------------------------------------------------------- command line -- */

static void print_version(FILE *stream, struct argp_state *state) {
  (void)state;
  uint32_t abi = ptg_abi_version();
  fprintf(stream, "ptg %s (ABI %u.%u, libuv %s, %s)\n", PTG_PRODUCT_VERSION,
          (unsigned)(abi >> 16), (unsigned)(abi & 0xffff), uv_version_string(),
          LUA_RELEASE);
}

#define STATUS_TEXT \
  "\vExit status:\n" \
  "  0  all ended well (check: nothing is wrong)\n" \
  "  1  an error in the script (check: something is wrong)\n" \
  "  2  wrong usage\n" \
  "  3  some tasks failed and nobody handled it\n" \
  "  4  something was abandoned or killed\n"

static size_t parse_size(const char *text, struct argp_state *state) {
  char *end;
  errno = 0;
  unsigned long long value = strtoull(text, &end, 10);
  if (errno != 0 || end == text || *end != '\0')
    argp_error(state, "%s is no number of bytes", text);
  return (size_t)value;
}

/* The last argument of check and plan is their only one; run's options end
 * with FILE, so that ARGS may look like options. */
static error_t take_file(struct request *request, const char *file,
                         struct argp_state *state) {
  if (request->file != NULL)
    argp_error(state, "%s takes one FILE", request->command);
  request->file = file;
  if (strcmp(request->command, "run") != 0) return 0;
  request->args = state->argv + state->next;
  request->arg_count = state->argc - state->next;
  state->next = state->argc;
  return 0;
}

static error_t parse_command(int key, char *value, struct argp_state *state) {
  struct request *request = state->input;
  switch (key) {
  case KEY_REPORT:
    request->report = value;
    return 0;
  case KEY_TRACE:
    request->trace = value;
    return 0;
  case KEY_FORMAT:
    if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0 &&
        strcmp(value, "dot") != 0)
      argp_error(state, "--format is text, json or dot, not %s", value);
    request->format = value;
    return 0;
  case KEY_MANUAL_CLOCK:
    request->host.is_manual = 1;
    return 0;
  case KEY_LUA_MEMORY:
    request->host.heap_limit = parse_size(value, state);
    return 0;
  case ARGP_KEY_ARG:
    return take_file(request, value, state);
  case ARGP_KEY_NO_ARGS:
    argp_error(state, "%s wants a FILE", request->command);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

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
    {"report", KEY_REPORT, "FILE", 0,
     "Write the report of the shutdown to FILE, as JSON", 0},
    {"trace", KEY_TRACE, "FILE", 0,
     "Write what happens to FILE, a line of JSON each", 0},
    HIDDEN_OPTIONS};
static const struct argp_option check_options[] = {HIDDEN_OPTIONS};
static const struct argp_option plan_options[] = {
    {"format", KEY_FORMAT, "FORMAT", 0, "text (the default), json or dot", 0},
    HIDDEN_OPTIONS};

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

/* Hands the rest of the command line to the command's own parser. */
static void parse_rest(const struct argp *argp, struct argp_state *state) {
  struct request *request = state->input;
  int first = state->next - 1;
  static char name[32];
  snprintf(name, sizeof(name), "ptg %s", request->command);
  char *saved = state->argv[first];
  state->argv[first] = name;
  argp_parse(argp, state->argc - first, state->argv + first, ARGP_IN_ORDER,
             NULL, request);
  state->argv[first] = saved;
  state->next = state->argc;
}

static error_t parse_top(int key, char *value, struct argp_state *state) {
  struct request *request = state->input;
  if (key == ARGP_KEY_NO_ARGS) argp_error(state, "run, check or plan?");
  if (key != ARGP_KEY_ARG) return ARGP_ERR_UNKNOWN;

  request->command = value;
  if (strcmp(value, "run") == 0) {
    parse_rest(&run_argp, state);
  } else if (strcmp(value, "check") == 0) {
    parse_rest(&check_argp, state);
  } else if (strcmp(value, "plan") == 0) {
    parse_rest(&plan_argp, state);
  } else {
    argp_error(state, "%s is no command: run, check or plan?", value);
  }
  return 0;
}

static const struct argp top_argp = {
    NULL,
    parse_top,
    "run FILE [ARGS...]\n"
    "check FILE\n"
    "plan FILE [--format text|json|dot]",
    "Run Lua scripts whose tasks live in groups that end in order, in bounded "
    "time." STATUS_TEXT "\n`ptg COMMAND --help' tells more of each.",
    NULL,
    NULL,
    NULL};

/* ----------------------------------------------------------------- Lua -- */

static void set_string(lua_State *L, const char *key, const char *value) {
  if (value == NULL) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

/* ptg.run's begin(): see there. */
static int call_begin(lua_State *L) {
  const struct request *request = lua_touserdata(L, 1);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "ptg.run");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "begin");

  lua_newtable(L);
  set_string(L, "command", request->command);
  set_string(L, "file", request->file);
  set_string(L, "report", request->report);
  set_string(L, "format", request->format);
  lua_pushboolean(L, request->host.is_manual);
  lua_setfield(L, -2, "is_manual_clock");
  lua_createtable(L, request->arg_count, 0);
  for (int i = 0; i < request->arg_count; i++) {
    lua_pushstring(L, request->args[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "args");
  lua_call(L, 1, 1);
  return 1;
}

static int call_finish(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "ptg.run");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "finish");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

/* Calls fn with the value on top of the stack, and returns its integer; a
 * failure of our own is a failure of the script's. */
static int call_protected(lua_State *L, lua_CFunction fn) {
  lua_pushcfunction(L, fn);
  lua_insert(L, -2);
  lua_pushcfunction(L, ptg__host_traceback);
  lua_insert(L, -3);
  int status = EXIT_SCRIPT;
  if (lua_pcall(L, 1, 1, -3) == LUA_OK) {
    status = (int)lua_tointeger(L, -1);
  } else {
    const char *message = lua_tostring(L, -1);
    fprintf(stderr, "ptg: %s\n",
            message != NULL ? message : "an error that is not a string");
  }
  lua_pop(L, 2);
  return status;
}

/* ---------------------------------------------------------------- main -- */

/* Whatever became of begin(), nothing may be left running. */
static void force_end(struct ptg__host *host) {
  ptg_group root;
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = PTG_SHUTDOWN_FORCE;
  ptg_runtime_get_root(host->runtime, &root);
  ptg_group_shutdown(host->runtime, root, &options);
}

static int execute(struct request *request) {
  int is_run = strcmp(request->command, "run") == 0;
  struct ptg__host_options options = request->host;
  if (!is_run) options.is_manual = 1;
  struct ptg__trace_file trace;
  if (ptg__trace_file_open(&trace, request->trace) != 0) return EXIT_USAGE;
  struct ptg__host host;
  if (ptg__host_open(&host, &options) != 0) return EXIT_SCRIPT;
  ptg__trace_file_begin(&trace, host.runtime);
  if (is_run) ptg__signals_begin(host.runtime, EXIT_NOT_IN_ORDER);

  lua_pushlightuserdata(host.L, request);
  int status = call_protected(host.L, call_begin);
  if (status != 0 || !is_run) force_end(&host);
  ptg__host_run(&host);

  lua_pushinteger(host.L, status);
  status = call_protected(host.L, call_finish);
  ptg__signals_end();
  int is_closed = ptg__host_close(&host) == 0;
  ptg__trace_file_close(&trace);
  /* A thread that does not end would keep exit() from ending. */
  if (is_closed && ptg__lua_work_running() == 0) return status;
  fflush(NULL);
  _exit(status);
}

int main(int argc, char **argv) {
  struct request request = {0};
  argp_err_exit_status = EXIT_USAGE;
  argp_program_version_hook = print_version;
  argp_parse(&top_argp, argc, argv, ARGP_IN_ORDER, NULL, &request);

  /* A reader that went away is an error of a write, not the end. */
  signal(SIGPIPE, SIG_IGN);
  return execute(&request);
}
