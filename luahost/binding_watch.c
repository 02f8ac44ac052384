/* binding_watch.c - ptg.core: watches on tasks and groups. */
#include "binding.h"
#include "event.h"

static void on_over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                    const ptg_outcome *outcome, void *user_data) {
  (void)runtime;
  struct ptg__event event = {
      .kind = PTG__EVENT_OVER,
      .number_count = 8,
      .numbers = {ptg__event_id(user_data), (int64_t)watch, (int64_t)watched,
                  outcome->status, outcome->flags, outcome->code,
                  (int64_t)outcome->value, (int64_t)outcome->originator},
      .text_count = 2,
      .texts = {{outcome->message, outcome->message_length},
                {outcome->reason, outcome->reason_length}},
  };
  ptg__event_call(&event);
}

/* core.watch_add(id, watched, waiter) -> handle */
static int watch_add(lua_State *L) {
  ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
  options.over = on_over;
  options.user_data = ptg__event_data(luaL_checkinteger(L, 1));
  options.waiter = ptg__binding_check_handle(L, 3);

  ptg_watch handle;
  ptg_status status =
      ptg_watch_add(ptg__binding_runtime(L), ptg__binding_check_handle(L, 2),
                    &options, &handle);
  return ptg__binding_handle(L, status, handle);
}

/* core.watch_remove(watch) */
static int watch_remove(lua_State *L) {
  return ptg__binding_result(L,
                             ptg_watch_remove(ptg__binding_runtime(L),
                                              ptg__binding_check_handle(L, 1)));
}

const luaL_Reg ptg__binding_watch[] = {
    {"watch_add", watch_add},
    {"watch_remove", watch_remove},
    {NULL, NULL},
};
