/* timer.c - the sort of task that fires, once or periodically.
 *
 * It is made of a task's sleep alone, and so works on any clock. A one-shot
 * that is told to drain still fires if that falls due before its group's grace
 * is over, because it is work under way; one that would only make its group
 * use up its grace, to be cancelled then, ends at once with PTG_ECANCELED.
 */
#include <ptg/ptg.h>
#include <stdio.h>
#include <string.h>

#include "kind.h"

struct timer {
  ptg_runtime *runtime;
  ptg_timer_options options; /* without the name */
  int64_t due_ns;            /* of the next firing */
  ptg_task last;             /* what the last firing started */
  uint64_t fired;
  uint64_t skipped;
  uint64_t missed;
};

static const ptg_task_type TYPE;

static int64_t add(int64_t a_ns, int64_t b_ns) {
  return a_ns > INT64_MAX - b_ns ? INT64_MAX : a_ns + b_ns;
}

static int64_t now_of(ptg_runtime *runtime) {
  int64_t now_ns = 0;
  ptg_status status = ptg_runtime_get_time(runtime, &now_ns);
  KIND_CHECK(status == PTG_OK);
  return now_ns;
}

/* -------------------------------------------------------------- the task -- */

static void finish(ptg_runtime *runtime, ptg_task task, ptg_status status,
                   const char *message) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = status;
  outcome.message = message;
  /* PTG_ESTALE: the caller's own code has finished it. */
  ptg_task_finish(runtime, task, &outcome);
}

static void sleep_on(const struct timer *timer, ptg_task task, int64_t now_ns) {
  int64_t left_ns = timer->due_ns - now_ns;
  ptg_task_sleep(timer->runtime, task, left_ns > 0 ? left_ns : 0);
}

/* A look tells what is no task and what is gone, but answers for an abandoned
 * task also after its end; then this other call says PTG_ESTALE. A watch would
 * be too late: it is told after done, which waits for what the task owned. */
static int is_running(ptg_runtime *runtime, ptg_task task) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  void *user_data;
  if (task == PTG_NONE) return 0;
  if (ptg_task_get_info(runtime, task, &info) != PTG_OK) return 0;
  return ptg_task_get_user_data(runtime, task, &TYPE, &user_data) != PTG_ESTALE;
}

/* Returns 0 when the overlap policy leaves this firing out. */
static int make_way(struct timer *timer, ptg_task task) {
  if (timer->options.overlap == PTG_OVERLAP_ALLOW) return 1;
  if (!is_running(timer->runtime, timer->last)) return 1;
  if (timer->options.overlap == PTG_OVERLAP_SKIP) {
    timer->skipped++;
    return 0;
  }

  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = "replaced by the timer's next firing";
  options.originator = task;
  ptg_task_cancel(timer->runtime, timer->last, &options);
  return 1;
}

static ptg_status fire(struct timer *timer, ptg_task task) {
  if (!make_way(timer, task)) return PTG_OK;
  timer->fired++;
  ptg_task started = PTG_NONE;
  ptg_status status = timer->options.fire(timer->runtime, task,
                                          timer->options.user_data, &started);
  if (started != PTG_NONE) timer->last = started;
  return status;
}

/* Those that fell due while the loop was busy are left out, so that the
 * firings stay on their multiples. */
static void step(struct timer *timer, int64_t now_ns) {
  int64_t every_ns = timer->options.every_ns;
  int64_t missed = (now_ns - timer->due_ns) / every_ns;
  timer->missed += (uint64_t)missed;
  timer->due_ns = add(timer->due_ns + missed * every_ns, every_ns);
}

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct timer *timer = user_data;
  sleep_on(timer, task, now_of(runtime));
  return PTG_OK;
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct timer *timer = user_data;
  int64_t now_ns = now_of(runtime);
  /* Anybody may have put the task to sleep for a time of his own. */
  if (now_ns < timer->due_ns) {
    sleep_on(timer, task, now_ns);
    return;
  }
  int is_periodic = timer->options.every_ns > 0;
  if (is_periodic) step(timer, now_ns);

  ptg_status status = fire(timer, task);
  if (status != PTG_OK) {
    char message[64];
    snprintf(message, sizeof(message), "its firing answered %s",
             ptg_status_name(status));
    /* No status is positive, and none such would be taken. */
    finish(runtime, task, status > 0 ? PTG_EFAILED : status, message);
    return;
  }
  if (!is_periodic) {
    finish(runtime, task, PTG_OK, NULL);
    return;
  }
  sleep_on(timer, task, now_of(runtime));
}

/* How long the group's grace still is; 0 when that cannot be told. */
static int64_t grace_left(ptg_runtime *runtime, ptg_task task) {
  ptg_task_info task_info = PTG_TASK_INFO_INIT;
  ptg_group_info group_info = PTG_GROUP_INFO_INIT;
  if (ptg_task_get_info(runtime, task, &task_info) != PTG_OK) return 0;
  if (ptg_group_get_info(runtime, task_info.group, &group_info) != PTG_OK)
    return 0;
  return group_info.phase_left_ns;
}

static void drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  const struct timer *timer = user_data;
  if (timer->options.every_ns > 0) {
    finish(runtime, task, PTG_OK, NULL);
    return;
  }
  int64_t left_ns = grace_left(runtime, task);
  if (left_ns == PTG_FOREVER) return;
  if (timer->due_ns - now_of(runtime) < left_ns) return;
  finish(runtime, task, PTG_ECANCELED, "not due before the end of the grace");
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  (void)info;
  (void)user_data;
  finish(runtime, task, PTG_ECANCELED, NULL);
}

static void done(ptg_runtime *runtime, ptg_task task,
                 const ptg_outcome *outcome, void *user_data) {
  const ptg_timer_options *options = &((struct timer *)user_data)->options;
  if (options->done != NULL)
    options->done(runtime, task, outcome, options->user_data);
}

static void release(void *user_data) {
  struct timer *timer = user_data;
  if (timer->options.release != NULL)
    timer->options.release(timer->options.user_data);
  ptg_runtime_realloc(timer->runtime, timer, sizeof(*timer), 0);
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .name = "timer",
                                   .start = start,
                                   .drain = drain,
                                   .cancel = cancel,
                                   .wake = wake,
                                   .done = done,
                                   .release = release};

/* ------------------------------------------------------------- the calls -- */

static ptg_status refuse(ptg_runtime *runtime, const ptg_timer_options *options,
                         ptg_status status, const char *message) {
  if (options != NULL && KIND_HAS(options, user_data) &&
      options->release != NULL)
    options->release(options->user_data);
  return ptg_runtime_set_error(runtime, status, 0, message);
}

static const char *find_mistake(const ptg_timer_options *options) {
  /* As clean-up nobody would tell it to end. */
  if (options->flags & PTG_SPAWN_CLEANUP) return "a timer is no clean-up";
  if (options->reserved0 != 0) return "reserved0 must be zero";
  if (options->fire == NULL) return "a timer needs fire";
  if (options->after_ns < 0 && options->after_ns != PTG_AT_ONCE)
    return "after_ns is negative";
  if (options->every_ns < 0) return "every_ns is negative";
  if (options->after_ns == 0 && options->every_ns == 0)
    return "a timer needs after_ns or every_ns";
  if (options->overlap > PTG_OVERLAP_REPLACE) return "overlap is not known";
  return NULL;
}

/* From the spawn on, not from the start, which may come much later. */
static int64_t first_due(const ptg_timer_options *options, int64_t now_ns) {
  if (options->after_ns == PTG_AT_ONCE) return now_ns;
  int64_t after_ns = options->after_ns;
  return add(now_ns, after_ns == 0 ? options->every_ns : after_ns);
}

ptg_status ptg_timer_spawn(ptg_runtime *runtime, ptg_group group,
                           const ptg_timer_options *options, ptg_task *out) {
  int64_t now_ns;
  if (out != NULL) *out = PTG_NONE;
  ptg_status status = ptg_runtime_get_time(runtime, &now_ns);
  if (status != PTG_OK) return refuse(runtime, options, status, "");
  if (options == NULL)
    return refuse(runtime, options, PTG_EINVAL, "options are missing");

  ptg_timer_options ours;
  status = ptg__kind_copy_options(&ours, sizeof(ours), options);
  if (status != PTG_OK)
    return refuse(runtime, options, status, "options of a wrong size");
  const char *mistake = find_mistake(&ours);
  if (mistake != NULL) return refuse(runtime, options, PTG_EINVAL, mistake);

  struct timer *timer = ptg_runtime_realloc(runtime, NULL, 0, sizeof(*timer));
  if (timer == NULL)
    return refuse(runtime, options, PTG_ENOMEM, "no memory for a timer");

  memset(timer, 0, sizeof(*timer));
  timer->runtime = runtime;
  timer->due_ns = first_due(&ours, now_ns);
  timer->options = ours;
  timer->options.name = NULL;

  ptg_task_options task_options = PTG_TASK_OPTIONS_INIT;
  task_options.flags = ours.flags;
  task_options.name = ours.name;
  task_options.name_length = ours.name_length;
  task_options.spawner = ours.spawner;
  return ptg_task_spawn(runtime, group, &TYPE, &task_options, timer, out);
}

ptg_status ptg_timer_get_info(ptg_runtime *runtime, ptg_task task,
                              ptg_timer_info *info) {
  void *user_data;
  ptg_status status = ptg_task_get_user_data(runtime, task, &TYPE, &user_data);
  if (status != PTG_OK) return status;
  if (info == NULL)
    return ptg_runtime_set_error(runtime, PTG_EINVAL, 0, "info is missing");

  const struct timer *timer = user_data;
  ptg_timer_info ours = PTG_TIMER_INFO_INIT;
  ours.fired = timer->fired;
  ours.skipped = timer->skipped;
  ours.missed = timer->missed;
  if (ptg__kind_copy_info(info, &ours, sizeof(ours)) == PTG_OK) return PTG_OK;
  return ptg_runtime_set_error(runtime, PTG_EINVAL, 0, "size is too small");
}
