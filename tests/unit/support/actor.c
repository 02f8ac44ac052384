/* actor.c - the tasks of the laws: see law.h. */
#include "law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *short_name(ptg_status status) {
  return status == PTG_OK ? "" : ptg_status_name(status) + sizeof("PTG_") - 1;
}

void law_finish(struct actor *actor, ptg_status status) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = status;
  if (status == PTG_EFAILED) outcome.message = "it broke";
  assert_int_equal(ptg_task_finish(actor->law->runtime, actor->task, &outcome),
                   PTG_OK);
}

static void end_in(struct actor *actor, int64_t duration_ns,
                   ptg_status status) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  ptg_runtime *runtime = actor->law->runtime;
  if (duration_ns == NEVER) return;
  if (ptg_task_get_info(runtime, actor->task, &info) != PTG_OK) return;
  if (duration_ns == 0) {
    law_finish(actor, status);
    return;
  }
  actor->ends_with = status;
  assert_int_equal(ptg_task_sleep(runtime, actor->task, duration_ns), PTG_OK);
}

static ptg_status told(struct actor *actor, enum event event,
                       const char *what) {
  actor->told[event]++;
  return law_tell(actor->law, event, actor->name, what);
}

static ptg_status on_start(ptg_runtime *runtime, ptg_task task,
                           void *user_data) {
  struct actor *actor = user_data;
  actor->task = task;
  ptg_status status = told(actor, START, "");
  if (status == PTG_OK)
    end_in(actor, actor->script.start_ns, actor->script.ends);
  return status;
}

static void on_drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct actor *actor = user_data;
  told(actor, DRAIN, "");
  end_in(actor, actor->script.drain_ns, actor->script.ends);
}

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *user_data) {
  struct actor *actor = user_data;
  memcpy(actor->reason, info->reason, info->reason_length);
  actor->originator = info->originator;
  told(actor, CANCEL, "");
  end_in(actor, actor->script.cancel_ns, actor->script.yields);
}

static void on_kill(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct actor *actor = user_data;
  told(actor, KILL, "");
  end_in(actor, actor->script.kill_ns, actor->script.yields);
}

static void on_wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct actor *actor = user_data;
  law_finish(actor, actor->ends_with);
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *user_data) {
  struct actor *actor = user_data;
  actor->outcome = *outcome;
  told(actor, DONE, short_name(outcome->status));
}

static void on_release(void *user_data) {
  told(user_data, RELEASE, "");
}

#define TYPE(name, kill) \
  { \
    sizeof(ptg_task_type), 0, (name), on_start, on_drain, on_cancel, (kill), \
        on_wake, on_done, on_release \
  }
static const ptg_task_type plain = TYPE("actor", NULL);
static const ptg_task_type killable = TYPE("killable actor", on_kill);

struct actor *law_spawn_with(struct law *law, ptg_group group,
                             const ptg_task_options *options,
                             struct script script) {
  struct actor *actor = calloc(1, sizeof(*actor));
  assert_non_null(actor);
  *actor = (struct actor){.law = law, .next = law->actors, .script = script};
  actor->name = options->name;
  law->actors = actor;
  ptg_task task;
  actor->spawned = ptg_task_spawn(law->runtime, group,
                                  script.is_killable ? &killable : &plain,
                                  options, actor, &task);
  actor->task = task;
  assert_int_equal(actor->told[START], 0);
  assert_int_equal(actor->told[RELEASE], actor->spawned != PTG_OK);
  assert_int_equal(task == PTG_NONE, actor->spawned != PTG_OK);
  return actor;
}

struct actor *law_spawn(struct law *law, ptg_group group, const char *name,
                        struct script script) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = name;
  return law_spawn_with(law, group, &options, script);
}

struct actor *law_actor(const struct law *law, const char *name) {
  struct actor *actor = law->actors;
  while (actor != NULL && strcmp(actor->name, name) != 0)
    actor = actor->next;
  return actor;
}
