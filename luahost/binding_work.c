/* binding_work.c - ptg.core: Lua functions on the threads of the pool. */
#include <stdlib.h>
#include <string.h>

#include "binding.h"
#include "event.h"
#include "lua_work.h"

/* Shared with the thread, which may outlive the Lua state: so from malloc. */
struct job {
  lua_Integer id;
  struct ptg__lua_work work;
  char bytes[]; /* its code, then its arguments */
};

static ptg_status run(ptg_work *work, void *user_data) {
  struct job *job = user_data;
  return ptg__lua_work_run(work, &job->work);
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *user_data) {
  const struct job *job = user_data;
  (void)runtime;
  int is_well = outcome->status == PTG_OK;
  struct ptg__event event = {
      .kind = PTG__EVENT_DONE,
      .number_count = 7,
      .numbers = {job->id, (int64_t)task, outcome->status, outcome->flags,
                  outcome->code, (int64_t)outcome->value,
                  (int64_t)outcome->originator},
      .text_count = 3,
      .texts = {{outcome->message, outcome->message_length},
                {outcome->reason, outcome->reason_length},
                {is_well ? job->work.results : NULL, job->work.results_size}},
  };
  ptg__event_call(&event);
}

static void release(void *user_data) {
  struct job *job = user_data;
  free(job->work.results);
  free(job);
}

static struct job *create(lua_Integer id, const char *code, size_t code_size,
                          const char *arguments, size_t arguments_size) {
  struct job *job = malloc(sizeof(*job) + code_size + arguments_size);
  if (job == NULL) return NULL;
  memcpy(job->bytes, code, code_size);
  memcpy(job->bytes + code_size, arguments, arguments_size);
  job->id = id;
  job->work = (struct ptg__lua_work){
      .code = job->bytes,
      .code_size = code_size,
      .arguments = job->bytes + code_size,
      .arguments_size = arguments_size,
  };
  return job;
}

/* core.work_pack(...) -> string */
static int work_pack(lua_State *L) {
  ptg__lua_work_pack(L, 1);
  return 1;
}

/* core.work_unpack(string) -> ... */
static int work_unpack(lua_State *L) {
  size_t size;
  const char *bytes = luaL_checklstring(L, 1, &size);
  return ptg__lua_work_unpack(L, bytes, size);
}

/* core.work_spawn(id, group, name, code, arguments, spawner) -> handle; code
 * of string.dump(), arguments of core.work_pack(path, cpath, ...) */
static int work_spawn(lua_State *L) {
  ptg_work_options options = PTG_WORK_OPTIONS_INIT;
  size_t code_size, arguments_size;
  lua_Integer id = luaL_checkinteger(L, 1);
  ptg_group group = ptg__binding_check_handle(L, 2);
  options.name = luaL_optlstring(L, 3, NULL, &options.name_length);
  const char *code = luaL_checklstring(L, 4, &code_size);
  const char *arguments = luaL_checklstring(L, 5, &arguments_size);
  options.spawner = ptg__binding_check_handle(L, 6);

  struct job *job = create(id, code, code_size, arguments, arguments_size);
  if (job == NULL) return luaL_error(L, "not enough memory");
  options.run = run;
  options.done = on_done;
  options.release = release;
  options.user_data = job;

  ptg_task handle;
  ptg_status status =
      ptg_work_spawn(ptg__binding_runtime(L), group, &options, &handle);
  return ptg__binding_handle(L, status, handle);
}

const luaL_Reg ptg__binding_work[] = {
    {"work_pack", work_pack},
    {"work_unpack", work_unpack},
    {"work_spawn", work_spawn},
    {NULL, NULL},
};
