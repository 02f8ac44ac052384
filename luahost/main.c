/* main.c - the program ptg: from its command line to its exit status. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>

#include "command_line.h"
#include "host.h"
#include "lua_work.h"
#include "signals.h"
#include "trace_file.h"

enum {
  EXIT_SCRIPT = 1,
  EXIT_NOT_IN_ORDER = 4, /* 2 is of usage, 3 is Lua's to say */
};

/* From the folder of the program to those of an installation. */
#ifndef PTG_LIB_FROM_BIN
#define PTG_LIB_FROM_BIN "../lib"
#define PTG_LIBEXEC_FROM_BIN "../libexec"
#define PTG_DATA_FROM_BIN "../share"
#endif

/* ----------------------------------------------------------------- Lua -- */

static void set_string(lua_State *L, const char *key, const char *value) {
  if (value == NULL) return;
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

static void push_args(lua_State *L, const struct ptg__command_line *line) {
  lua_createtable(L, line->arg_count, 0);
  for (int i = 0; i < line->arg_count; i++) {
    lua_pushstring(L, line->args[i]);
    lua_rawseti(L, -2, i + 1);
  }
}

static void push_options(lua_State *L, const struct ptg__command_line *line) {
  lua_newtable(L);
  set_string(L, "command", line->command);
  set_string(L, "file", line->file);
  for (int i = 0; i < PTG__OPTION_COUNT; i++)
    set_string(L, ptg__option_name((enum ptg__option)i), line->options[i]);
  lua_pushboolean(L, line->host.is_manual);
  lua_setfield(L, -2, "is_manual_clock");
  push_args(L, line);
  lua_setfield(L, -2, "args");
}

/* Leaves the function of a module on the stack. */
static void push_function(lua_State *L, const char *module, const char *name) {
  lua_getglobal(L, "require");
  lua_pushstring(L, module);
  lua_call(L, 1, 1);
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
}

/* ptg.run's begin(): see there. */
static int call_begin(lua_State *L) {
  push_function(L, "ptg.run", "begin");
  push_options(L, lua_touserdata(L, 1));
  lua_call(L, 1, 1);
  return 1;
}

static int call_finish(lua_State *L) {
  push_function(L, "ptg.run", "finish");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

/* ptg.conform's main(): see there. */
static int call_conform(lua_State *L) {
  push_function(L, "ptg.conform", "main");
  push_options(L, lua_touserdata(L, 1));
  set_string(L, "lib_from_bin", PTG_LIB_FROM_BIN);
  set_string(L, "libexec_from_bin", PTG_LIBEXEC_FROM_BIN);
  set_string(L, "data_from_bin", PTG_DATA_FROM_BIN);
  lua_pushinteger(L, PTG_ABI_MAJOR);
  lua_setfield(L, -2, "abi_major");
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
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = PTG_SHUTDOWN_FORCE;
  ptg_group_shutdown(host->runtime, host->root, &options);
}

static int execute_script(struct ptg__command_line *line) {
  int is_run = strcmp(line->command, "run") == 0;
  struct ptg__host_options options = line->host;
  if (!is_run) options.is_manual = 1;
  struct ptg__trace_file trace;
  if (ptg__trace_file_open(&trace, line->options[PTG__OPTION_TRACE]) != 0)
    return PTG__EXIT_USAGE;
  struct ptg__host host;
  if (ptg__host_open(&host, &options) != 0) return EXIT_SCRIPT;
  ptg__trace_file_begin(&trace, host.runtime);
  if (is_run) ptg__signals_begin(host.runtime, EXIT_NOT_IN_ORDER);

  lua_pushlightuserdata(host.L, line);
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

/* The loop is Lua's own, and so is everything else. */
static int execute_conform(struct ptg__command_line *line) {
  struct ptg__host_options options = line->host;
  options.is_bare = 1;
  struct ptg__host host;
  if (ptg__host_open(&host, &options) != 0) return EXIT_SCRIPT;
  lua_pushlightuserdata(host.L, line);
  int status = call_protected(host.L, call_conform);
  if (ptg__host_close(&host) == 0) return status;
  fflush(NULL);
  _exit(status);
}

int main(int argc, char **argv) {
  struct ptg__command_line line;
  ptg__command_line_parse(&line, argc, argv);

  /* A reader that went away is an error of a write, not the end. */
  signal(SIGPIPE, SIG_IGN);
  if (strcmp(line.command, "conform") == 0) return execute_conform(&line);
  return execute_script(&line);
}
