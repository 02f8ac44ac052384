/* runtime.c - making, running and ending a runtime. */
#include "runtime.h"

#include <string.h>
#include <time.h>

#include "border.h"
#include "core/check.h"
#include "core/group.h"
#include "core/shutdown.h"
#include "directory.h"
#include "dispatch.h"
#include "mailbox.h"
#include "registry.h"
#include "remote.h"
#include "trace.h"

enum { WANTED_NOTHING, WANTED_SHUTDOWN, WANTED_FORCE };

/* So many callbacks, then the loop has its turn. */
#define TURN_BUDGET 4096

/* A manual clock begins at 1: instant 0 means "did not happen". */
#define MANUAL_BEGIN_NS 1

/* A manual clock's instant ends after so many callbacks, and the next limit of
 * a group has its turn: tasks which spawn each other for ever cannot hold time
 * back. */
#define INSTANT_BUDGET 5000000

/* ----------------------------------------------------------------- clock -- */

void ptg__runtime_update_time(ptg_runtime *runtime) {
  if (!runtime->is_manual)
    ptg__core_set_time(&runtime->core, (int64_t)uv_hrtime());
}

/* Reading the tick costs a fifth of reading the clock. */
void ptg__runtime_tick(ptg_runtime *runtime) {
  struct timespec tick;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &tick);
  int64_t tick_ns = (int64_t)tick.tv_sec * 1000000000 + tick.tv_nsec;
  if (tick_ns == runtime->tick_ns) return;
  runtime->tick_ns = tick_ns;
  ptg__runtime_update_time(runtime);
}

/* ----------------------------------------------------------------- turns -- */

static void work(ptg_runtime *runtime);

static void on_idle(uv_idle_t *idle) {
  work(idle->data);
}

static void on_timer(uv_timer_t *timer) {
  ptg_runtime *runtime = timer->data;
  runtime->timer_for_ns = INT64_MAX;
  work(runtime);
}

static void on_async(uv_async_t *async) {
  work(async->data);
}

/* libuv counts whole milliseconds from its cached time: bring that up to date
 * and round up, so that nothing is early. */
static void set_timer(ptg_runtime *runtime, int64_t when_ns) {
  if (when_ns == runtime->timer_for_ns) return;
  runtime->timer_for_ns = when_ns;
  if (when_ns == INT64_MAX) {
    uv_timer_stop(&runtime->timer);
    return;
  }
  int64_t wait_ns = when_ns - (int64_t)uv_hrtime();
  uint64_t wait_ms = wait_ns > 0 ? ((uint64_t)wait_ns + 999999) / 1000000 : 0;
  uv_update_time(runtime->loop);
  uv_timer_start(&runtime->timer, on_timer, wait_ms, 0);
}

void ptg__runtime_come_back(ptg_runtime *runtime) {
  /* A request that came in a nested run of the loop is still to be taken. */
  int is_wanted = atomic_load(&runtime->wanted) != WANTED_NOTHING;
  if (is_wanted || ptg__core_is_ready(&runtime->core)) {
    if (!runtime->is_idle_active) uv_idle_start(&runtime->idle, on_idle);
    runtime->is_idle_active = 1;
    return;
  }
  if (runtime->is_idle_active) uv_idle_stop(&runtime->idle);
  runtime->is_idle_active = 0;
  set_timer(runtime, ptg__core_next_time(&runtime->core));
}

static void trace_wanted(ptg_runtime *runtime,
                         const ptg_shutdown_options *options) {
  const struct ptg__core *core = &runtime->core;
  runtime->is_delivering = 1;
  ptg__trace_shutdown(runtime, PTG_OK, ptg__group_handle(core, core->root),
                      options);
  runtime->is_delivering = 0;
}

static void take_wanted(ptg_runtime *runtime) {
  if (atomic_load(&runtime->wanted) == WANTED_NOTHING) return;
  int wanted = atomic_exchange(&runtime->wanted, WANTED_NOTHING);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  if (wanted == WANTED_FORCE) options.flags = PTG_SHUTDOWN_FORCE;
  ptg__shutdown_request(&runtime->core, runtime->core.root, &options);
  if (runtime->trace != NULL) trace_wanted(runtime, &options);
}

static int has_letters(const ptg_runtime *runtime) {
  return runtime->mailbox != NULL && ptg__mailbox_has_mail(runtime->mailbox);
}

static int has_mail(const ptg_runtime *runtime) {
  return atomic_load(&runtime->wanted) != WANTED_NOTHING ||
         atomic_load(&runtime->is_asked) || has_letters(runtime);
}

/* What was sent before the root was closed is delivered, too. */
static int is_over(const ptg_runtime *runtime) {
  return ptg__core_is_over(&runtime->core) && !has_letters(runtime);
}

/* A closed runtime does not keep a borrowed loop alive, nor one that was told
 * not to. */
static void let_loop_end(ptg_runtime *runtime) {
  if (runtime->is_unref || is_over(runtime))
    uv_unref((uv_handle_t *)&runtime->async);
}

/* libuv polls only a loop that is alive: whoever runs it here is to be reached
 * from other threads in any case. */
static void run_loop(ptg_runtime *runtime, uv_run_mode mode) {
  uv_ref((uv_handle_t *)&runtime->async);
  uv_run(runtime->loop, mode);
  let_loop_end(runtime);
}

/* A nested run of the loop inside a callback comes here too, and must not
 * begin a turn inside a turn. */
static void work(ptg_runtime *runtime) {
  if (runtime->is_working || runtime->is_manual) return;
  runtime->is_working = 1;
  ptg__runtime_update_time(runtime);
  take_wanted(runtime);
  ptg__remote_deliver(runtime);
  ptg__directory_answer(runtime);
  ptg__dispatch(runtime, TURN_BUDGET);
  runtime->is_working = 0;
  ptg__runtime_schedule(runtime);
  /* Timers and idle handles come before libuv waits, which it shall not do
   * now. */
  if (runtime->is_waiting) uv_stop(runtime->loop);
  let_loop_end(runtime);
}

/* ---------------------------------------------------------------- create -- */

static ptg_status check_options(const ptg_runtime_options *options) {
  if (options->flags & ~(PTG_RUNTIME_MANUAL_CLOCK | PTG_RUNTIME_UNREF))
    return PTG_EINVAL;
  if (options->loop == NULL)
    return options->flags & PTG_RUNTIME_UNREF ? PTG_EINVAL : PTG_OK;
  return options->loop_size == uv_loop_size() ? PTG_OK : PTG_EABI;
}

static void open_handles(ptg_runtime *runtime) {
  uv_idle_init(runtime->loop, &runtime->idle);
  uv_timer_init(runtime->loop, &runtime->timer);
  uv_timer_init(runtime->loop, &runtime->wait);
  runtime->idle.data = runtime->timer.data = runtime;
  runtime->wait.data = runtime->async.data = runtime;
  runtime->open_handles = 4;
}

static ptg_status open_loop(ptg_runtime *runtime, struct uv_loop_s *borrowed) {
  runtime->loop = borrowed;
  if (borrowed == NULL) {
    if (uv_loop_init(&runtime->own_loop) != 0) return PTG_EUV;
    runtime->loop = &runtime->own_loop;
    runtime->is_owned = 1;
  }
  /* The only one of the four that can fail. */
  if (uv_async_init(runtime->loop, &runtime->async, on_async) == 0) {
    open_handles(runtime);
    return PTG_OK;
  }
  if (runtime->is_owned) uv_loop_close(&runtime->own_loop);
  return PTG_EUV;
}

static ptg_status create(const ptg_runtime_options *options,
                         const ptg_group_options *root, ptg_runtime **out) {
  struct ptg__memory memory = {options->alloc != NULL ? options->alloc
                                                      : ptg__memory_default,
                               options->alloc_data};
  ptg_runtime *runtime = ptg__memory_take(&memory, sizeof(*runtime));
  if (runtime == NULL) return PTG_ENOMEM;

  runtime->thread = ptg__thread_self();
  runtime->timer_for_ns = INT64_MAX;
  runtime->is_manual = (options->flags & PTG_RUNTIME_MANUAL_CLOCK) != 0;
  int64_t now_ns = runtime->is_manual ? MANUAL_BEGIN_NS : (int64_t)uv_hrtime();
  ptg_status status =
      ptg__core_init(&runtime->core, memory, &ptg__registry, now_ns, root);
  if (status != PTG_OK) goto no_core;
  status = open_loop(runtime, options->loop);
  if (status != PTG_OK) goto no_loop;
  runtime->is_unref = (options->flags & PTG_RUNTIME_UNREF) != 0;
  let_loop_end(runtime);
  ptg__directory_add(runtime);
  *out = runtime;
  return PTG_OK;

no_loop:
  /* The caller of create() releases the root's user_data. */
  ptg__group_at(&runtime->core, runtime->core.root)->options.release = NULL;
  ptg__core_fini(&runtime->core);
no_core:
  ptg__memory_give(&memory, runtime, sizeof(*runtime));
  return status;
}

ptg_status ptg_runtime_create(const ptg_runtime_options *options,
                              ptg_runtime **out) {
  if (out != NULL) *out = NULL;
  ptg_runtime_options ours;
  ptg_status status =
      ptg__border_take(NULL, &ours, sizeof(ours), options, sizeof(ours));
  ptg_group_options root;
  ptg_status taken =
      ptg__border_take(NULL, &root, sizeof(root), ours.root, sizeof(root));
  if (status == PTG_OK) status = taken;
  if (status == PTG_OK && out == NULL) status = PTG_EINVAL;

  if (status == PTG_OK) status = check_options(&ours);
  if (status == PTG_OK) status = create(&ours, &root, out);
  if (status != PTG_OK && root.release != NULL) root.release(root.user_data);
  return status;
}

/* ------------------------------------------------------------------- run -- */

ptg_status ptg_runtime_run(ptg_runtime *runtime) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  if (runtime->is_working || runtime->is_running)
    return ptg__core_fail(&runtime->core, PTG_EREENTRANT,
                          "the runtime is running");
  if (runtime->is_manual)
    return ptg__core_fail(&runtime->core, PTG_EINVAL,
                          "a manual clock is moved, not run");
  runtime->is_running = 1;
  while (!is_over(runtime))
    run_loop(runtime, UV_RUN_ONCE);
  runtime->is_running = 0;
  return PTG_OK;
}

/* A wait is a second timer, so that a turn that waits comes back by itself. */
static void on_wait(uv_timer_t *timer) {
  (void)timer;
}

static void begin_wait(ptg_runtime *runtime, int64_t timeout_ns) {
  if (timeout_ns == PTG_FOREVER) return;
  uint64_t wait_ms = ((uint64_t)timeout_ns + 999999) / 1000000;
  uv_update_time(runtime->loop);
  uv_timer_start(&runtime->wait, on_wait, wait_ms, 0);
}

ptg_status ptg_runtime_turn(ptg_runtime *runtime, int64_t timeout_ns) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  struct ptg__core *core = &runtime->core;
  if (runtime->is_working || runtime->is_running)
    return ptg__core_fail(core, PTG_EREENTRANT, "the runtime is running");
  if (runtime->is_manual || timeout_ns < PTG_FOREVER)
    return ptg__core_fail(core, PTG_EINVAL,
                          "a manual clock, or not a duration");
  int must_wait = timeout_ns != 0 && core->events.first == PTG__NO_SLOT &&
                  !is_over(runtime);
  runtime->is_running = 1;
  runtime->is_waiting = must_wait;
  if (must_wait) begin_wait(runtime, timeout_ns);
  run_loop(runtime, must_wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
  if (must_wait) uv_timer_stop(&runtime->wait);
  runtime->is_waiting = 0;
  runtime->is_running = 0;
  return PTG_OK;
}

ptg_status ptg_runtime_get_descriptor(ptg_runtime *runtime,
                                      int32_t *descriptor) {
  if (descriptor != NULL) *descriptor = -1;
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  if (descriptor == NULL)
    return ptg__core_fail(&runtime->core, PTG_EINVAL,
                          "nowhere to put the answer");
  *descriptor = uv_backend_fd(runtime->loop);
  return PTG_OK;
}

static int64_t manual_timeout(const ptg_runtime *runtime) {
  const struct ptg__core *core = &runtime->core;
  if (has_mail(runtime)) return 0;
  int64_t next_ns = ptg__core_next_instant(core);
  if (next_ns == INT64_MAX) return PTG_FOREVER;
  return next_ns > core->now_ns ? next_ns - core->now_ns : 0;
}

ptg_status ptg_runtime_get_timeout(ptg_runtime *runtime, int64_t *timeout_ns) {
  if (timeout_ns != NULL) *timeout_ns = 0;
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  if (timeout_ns == NULL)
    return ptg__core_fail(&runtime->core, PTG_EINVAL,
                          "nowhere to put the answer");
  if (runtime->core.events.first != PTG__NO_SLOT) return PTG_OK;
  if (runtime->is_manual) {
    *timeout_ns = manual_timeout(runtime);
    return PTG_OK;
  }
  /* libuv says 0 for a loop on which nothing is alive: a guest that trusted it
   * would spin. It counts from its cached time, so that is updated first. */
  uv_ref((uv_handle_t *)&runtime->async);
  uv_update_time(runtime->loop);
  int wait_ms = uv_backend_timeout(runtime->loop);
  let_loop_end(runtime);
  *timeout_ns = wait_ms < 0 ? PTG_FOREVER : (int64_t)wait_ms * 1000000;
  return PTG_OK;
}

/* Does all that is due at the instant, the loop's own events included; returns
 * 0 if there was no end of it. */
static int do_instant(ptg_runtime *runtime) {
  struct ptg__core *core = &runtime->core;
  int is_all;
  do {
    runtime->is_working = 1;
    take_wanted(runtime);
    ptg__remote_deliver(runtime);
    ptg__directory_answer(runtime);
    is_all = ptg__dispatch(runtime, INSTANT_BUDGET);
    runtime->is_working = 0;
    if (runtime->is_owned) uv_run(runtime->loop, UV_RUN_NOWAIT);
  } while (is_all &&
           (ptg__core_next_time(core) <= core->now_ns || has_mail(runtime)));
  return is_all;
}

static void move_clock(ptg_runtime *runtime, int64_t end_ns) {
  struct ptg__core *core = &runtime->core;
  for (;;) {
    int64_t next_ns = do_instant(runtime) ? ptg__core_next_time(core)
                                          : ptg__core_next_limit(core);
    if (next_ns > end_ns) break;
    ptg__core_set_time(core, next_ns);
  }
  ptg__core_set_time(core, end_ns);
}

ptg_status ptg_runtime_advance(ptg_runtime *runtime, int64_t duration_ns) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  struct ptg__core *core = &runtime->core;
  if (!runtime->is_manual)
    return ptg__core_fail(core, PTG_EINVAL, "the clock is a real one");
  if (duration_ns < 0 || duration_ns > INT64_MAX - core->now_ns)
    return ptg__core_fail(core, PTG_EINVAL, "not a duration");
  if (runtime->is_working || runtime->is_running)
    return ptg__core_fail(core, PTG_EREENTRANT, "the clock is being moved");

  runtime->is_running = 1;
  move_clock(runtime, core->now_ns + duration_ns);
  runtime->is_running = 0;
  return PTG_OK;
}

ptg_status ptg_runtime_request_shutdown(ptg_runtime *runtime,
                                        int32_t is_forced) {
  if (runtime == NULL) return PTG_EINVAL;
  int wanted = is_forced ? WANTED_FORCE : WANTED_SHUTDOWN;
  int before = atomic_load(&runtime->wanted);
  while (before < wanted &&
         !atomic_compare_exchange_weak(&runtime->wanted, &before, wanted)) {
  }
  uv_async_send(&runtime->async);
  return PTG_OK;
}

/* --------------------------------------------------------------- destroy -- */

static void on_closed(uv_handle_t *handle) {
  ptg_runtime *runtime = handle->data;
  if (--runtime->open_handles > 0 || runtime->is_owned) return;
  struct ptg__memory memory = runtime->core.memory;
  ptg__memory_give(&memory, runtime, sizeof(*runtime));
}

struct search {
  const ptg_runtime *runtime;
  const uv_handle_t *foreign;
};

static void find_foreign(uv_handle_t *handle, void *data) {
  struct search *search = data;
  const ptg_runtime *runtime = search->runtime;
  int is_own = handle == (const uv_handle_t *)&runtime->idle ||
               handle == (const uv_handle_t *)&runtime->timer ||
               handle == (const uv_handle_t *)&runtime->wait ||
               handle == (const uv_handle_t *)&runtime->async;
  if (!is_own && !uv_is_closing(handle)) search->foreign = handle;
}

static ptg_status check_loop(ptg_runtime *runtime) {
  struct search search = {runtime, NULL};
  uv_walk(runtime->loop, find_foreign, &search);
  if (search.foreign == NULL) return PTG_OK;
  return ptg__core_fail(
      &runtime->core, PTG_EBUSY,
      "a handle of the sort \"%s\" is open on the loop",
      uv_handle_type_name(uv_handle_get_type(search.foreign)));
}

static void on_watchdog(uv_timer_t *timer) {
  (void)timer;
}

/* Lets what abandoned tasks have closed come to its end, children that are
 * dying among it; not longer than a kill may take. */
static void settle(ptg_runtime *runtime) {
  uint64_t end_ns = uv_hrtime() + (uint64_t)PTG_KILL_WAIT_NS;
  uv_unref((uv_handle_t *)&runtime->async);
  uv_timer_start(&runtime->timer, on_watchdog, 10, 10);
  uv_unref((uv_handle_t *)&runtime->timer);
  while (uv_loop_alive(runtime->loop) && uv_hrtime() < end_ns)
    uv_run(runtime->loop, UV_RUN_ONCE);
  uv_timer_stop(&runtime->timer);
}

static void close_owned(ptg_runtime *runtime) {
  while (runtime->open_handles > 0)
    uv_run(runtime->loop, UV_RUN_NOWAIT);
  /* Other handles that are closing, whose callbacks are still to come. */
  while (uv_loop_close(runtime->loop) == UV_EBUSY)
    uv_run(runtime->loop, UV_RUN_NOWAIT);
  struct ptg__memory memory = runtime->core.memory;
  ptg__memory_give(&memory, runtime, sizeof(*runtime));
}

ptg_status ptg_runtime_destroy(ptg_runtime *runtime) {
  if (runtime == NULL) return PTG_OK;
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  struct ptg__core *core = &runtime->core;
  if (runtime->is_working || runtime->is_running)
    return ptg__core_fail(core, PTG_EREENTRANT, "the runtime is running");
  runtime->is_working = 1;
  /* Its closing may have been taken as an event since the last turn. */
  if (ptg__group_at(core, core->root)->options.flags & PTG_GROUP_EVENTS)
    ptg__dispatch(runtime, INSTANT_BUDGET);
  if (!ptg__core_is_over(core)) {
    runtime->is_working = 0;
    return ptg__core_fail(core, PTG_EBUSY, "the root group is not closed");
  }

  ptg__remote_shut(runtime);
  ptg__remote_deliver(runtime);
  size_t dropped = ptg__dispatch_drop_all(runtime);
  if (dropped > 0 && runtime->is_owned) settle(runtime);
  if (!ptg__core_is_over(core)) {
    status = ptg__core_fail(core, PTG_EBUSY, "there are events to be taken");
  } else if (runtime->is_owned) {
    status = check_loop(runtime);
  }
  if (status != PTG_OK) {
    runtime->is_working = 0;
    return status;
  }

  /* Groups are released here, from inside this call. */
  ptg__remote_fini(runtime);
  ptg__directory_remove(runtime);
  ptg__core_fini(core);
  uv_close((uv_handle_t *)&runtime->idle, on_closed);
  uv_close((uv_handle_t *)&runtime->timer, on_closed);
  uv_close((uv_handle_t *)&runtime->wait, on_closed);
  uv_close((uv_handle_t *)&runtime->async, on_closed);
  if (runtime->is_owned) close_owned(runtime);
  return PTG_OK;
}
