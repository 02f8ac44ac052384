/* event.h - how the runtime's callbacks reach Lua.
 *
 * Every callback of the runtime becomes one protected call of one function of
 * the table that Lua gave to core.set_handlers(). Nothing is allocated and
 * nothing can raise before the protection is on.
 */
#ifndef PTG_LUAHOST_EVENT_H
#define PTG_LUAHOST_EVENT_H

#include "host.h"

enum ptg__event_kind {
  PTG__EVENT_START = 1,
  PTG__EVENT_DRAIN,
  PTG__EVENT_CANCEL,
  PTG__EVENT_KILL,
  PTG__EVENT_DONE,
  PTG__EVENT_STARTED,
  PTG__EVENT_LINE,
  PTG__EVENT_FIRE,
  PTG__EVENT_MESSAGE,
  PTG__EVENT_DROP,
  PTG__EVENT_ROOM,
  PTG__EVENT_OVER,
  PTG__EVENT_ERROR,
  PTG__EVENT_GROUP_DRAIN,
  PTG__EVENT_GROUP_CLOSED,
  PTG__EVENT_GROUP_RELEASE,
  PTG__EVENT_TASK_DONE, /* of one that is a coroutine */
  PTG__EVENT_RESUMED,   /* its coroutine came back; driver.h calls Lua */
  PTG__EVENT_COUNT = PTG__EVENT_RESUMED
};

#define PTG__EVENT_NUMBERS 12
#define PTG__EVENT_TEXTS 3

struct ptg__event_text {
  const char *bytes; /* NULL arrives as nil */
  size_t length;
};

/* The arguments of the Lua function: the numbers, then the texts. */
struct ptg__event {
  enum ptg__event_kind kind;
  int is_of_task; /* the first number is an id of task_table.h, which arrives
                     as its object */
  int number_count;
  int text_count;
  int64_t numbers[PTG__EVENT_NUMBERS];
  struct ptg__event_text texts[PTG__EVENT_TEXTS];
  int64_t results[2]; /* what it returned; nothing reads as 0 */
};

void ptg__event_init(struct ptg__host *host);

/* core.set_handlers{ start = fn, ... }: all of them, under their names. */
int ptg__event_set_handlers(lua_State *L);

/* Calls the function. PTG_OK unless Lua failed, which is then no error of a
 * script (those are caught in Lua) but want of memory or a mistake of ours;
 * it has been printed. */
ptg_status ptg__event_call(struct ptg__event *event);

/* The Lua state to be told; NULL: there is none, or nobody is told. */
lua_State *ptg__event_state(void);

/* Calls a C function with the arguments above it, which are removed as by
 * lua_pcall(), in an event of this kind. Answers as ptg__event_call(). */
ptg_status ptg__event_protect(lua_State *L, enum ptg__event_kind kind,
                              int argument_count);

/* Between begin and end nobody is told of anything: what is left of a runtime
 * that is thrown away. */
void ptg__event_silence_begin(void);
void ptg__event_silence_end(void);
int ptg__event_is_silent(void);

/* How many events were lost: Lua could not be told, and nobody else was. */
int ptg__event_losses(void);

/* What a callback is given as user_data: the id of a Lua object. */
void *ptg__event_data(lua_Integer id);
int64_t ptg__event_id(const void *user_data);

#endif
