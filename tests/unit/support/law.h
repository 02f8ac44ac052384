/* law.h - what the tests of the laws share: a runtime on the manual clock, a
 * trace of what it told and when, and tasks that follow a script.
 *
 * Every callback goes to the trace if its event is in `traced`, and then to
 * `react`, which may call the library. Whatever a case is about, each runs
 * under the same watch: at every callback and after every advance the counts
 * of all groups add up and no state has gone back; in the end each group was
 * told closed once, each task done once, all user data was released once, and
 * no memory is left.
 */
#ifndef PTG_TESTS_LAW_H
#define PTG_TESTS_LAW_H

#include <ptg/ptg.h>

#define SECOND INT64_C(1000000000)
#define NEVER PTG_FOREVER

enum event {
  START,
  DRAIN,
  CANCEL,
  KILL,
  DONE,
  RELEASE,
  ERROR, /* told to a group's handler; what follows are a group's too */
  ON_DRAIN,
  ON_CLOSED,
  GROUP_RELEASE,
  OVER, /* told to a watcher */
  EVENTS
};
#define TRACE(event) (1u << (event))

/* What a task does: each is how long after that it ends; 0: inside the
 * callback; NEVER: it does not care. */
struct script {
  int64_t start_ns;
  int64_t drain_ns;
  int64_t cancel_ns;
  int64_t kill_ns;
  ptg_status ends;   /* how it ends after start or drain */
  ptg_status yields; /* how it ends after cancel or kill */
  int is_killable;   /* its type has a kill callback */
};

#define WORKS(ns) \
  ((struct script){(ns), NEVER, NEVER, NEVER, PTG_OK, PTG_ECANCELED, 0})
#define FAILS(ns) \
  ((struct script){(ns), NEVER, NEVER, NEVER, PTG_EFAILED, PTG_ECANCELED, 0})
#define DRAINS(ns) \
  ((struct script){NEVER, (ns), 0, NEVER, PTG_OK, PTG_ECANCELED, 0})
#define CANCELS(ns) \
  ((struct script){NEVER, NEVER, (ns), NEVER, PTG_OK, PTG_ECANCELED, 0})
#define KILLS(ns) \
  ((struct script){NEVER, NEVER, NEVER, (ns), PTG_OK, PTG_ECANCELED, 1})
#define STUBBORN WORKS(NEVER)

struct law;

struct actor {
  struct law *law;
  struct actor *next;
  const char *name;
  struct script script;
  ptg_task task;
  ptg_status spawned; /* what the spawn answered */
  ptg_status ends_with;
  int told[EVENTS];
  ptg_outcome outcome; /* as done told it; message is not kept */
  char reason[PTG_REASON_MAX + 1];
  uint64_t originator;
};

/* Who watches. */
struct watcher {
  struct law *law;
  struct watcher *next;
  const char *name;
  uint64_t watched;
  ptg_watch watch;
  ptg_status added; /* what the call answered */
  int over;
  int released;
  ptg_outcome outcome; /* as over told it; message and reason are not kept */
};

/* A group, as its hooks know it. */
struct place {
  struct law *law;
  struct place *next;
  const char *name;
  ptg_group group;
  uint32_t state; /* the last one seen */
  int told[EVENTS];
};

typedef ptg_status react_fn(struct law *law, enum event event,
                            const char *name);

struct law {
  ptg_runtime *runtime;
  ptg_group root;
  react_fn *react;
  void *context;          /* the case's own */
  const ptg_error *error; /* during ERROR */
  unsigned traced;
  size_t trace_used;
  char trace[16384];
  struct actor *actors;
  struct watcher *watchers;
  struct place *places;
  size_t place_count;
  size_t balance; /* bytes taken and not given back */
  size_t takings; /* calls that asked for memory */
  int has_no_memory;
  size_t memory_left; /* n: the n-th call from now gets none; 0: all do */
};

/* cmocka's fixtures: *state is the struct law. The root has a handler. */
int law_setup(void **state);
int law_teardown(void **state);
#define LAW(name) cmocka_unit_test_setup_teardown(name, law_setup, law_teardown)

/* Moves the clock on and checks what always holds. */
void law_advance(struct law *law, int64_t duration_ns);
int64_t law_now(const struct law *law);

/* Compares the trace, "who.event@seconds " each, and empties it. */
void law_traced(struct law *law, const char *expected);

/* Options with all hooks but on_error, for exactly one group. */
ptg_group_options law_options(struct law *law, const char *name);
ptg_status law_on_error(ptg_runtime *runtime, const ptg_error *error,
                        void *user_data);
ptg_group law_make(struct law *law, ptg_group parent,
                   const ptg_group_options *options);
ptg_group law_group(struct law *law, ptg_group parent, const char *name,
                    int64_t grace_ns, int64_t cancel_wait_ns);
ptg_group_info law_info(const struct law *law, ptg_group group);

struct actor *law_spawn(struct law *law, ptg_group group, const char *name,
                        struct script script);
struct actor *law_spawn_with(struct law *law, ptg_group group,
                             const ptg_task_options *options,
                             struct script script);
struct actor *law_actor(const struct law *law, const char *name);
void law_finish(struct actor *actor, ptg_status status);

/* Watches a task or group; waiter may be PTG_NONE. In the trace: "over". */
struct watcher *law_watch(struct law *law, uint64_t watched, ptg_task waiter,
                          const char *name);

/* A number below `below` that follows from the seed, which it moves on. */
uint32_t law_pick(uint64_t *seed, uint32_t below);

/* Notes an event of name, for law.c and actor.c; answers what react does. */
ptg_status law_tell(struct law *law, enum event event, const char *name,
                    const char *what);

void law_shutdown(struct law *law, ptg_group group);
void law_force(struct law *law, ptg_group group);

#endif
