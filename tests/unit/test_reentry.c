/* test_reentry.c - every callback may shut everything down, its own group
 * included; none may run, move the clock or destroy.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Which callback of whom calls, and what. */
struct call {
  enum event on;
  const char *of;
  ptg_group target;
  uint32_t flags;
  int64_t cancel_wait_ns;
  int calls;
};

/* Every kind of callback, each by somebody in the group "inner". */
static const struct {
  enum event on;
  const char *of;
} moments[] = {
    {START, "task"},     {DRAIN, "task"},      {CANCEL, "task"},
    {KILL, "task"},      {DONE, "task"},       {RELEASE, "task"},
    {ERROR, "inner"},    {ON_DRAIN, "inner"},  {ON_CLOSED, "inner"},
    {ON_CLOSED, "leaf"}, {DRAIN, "leaf task"}, {GROUP_RELEASE, "leaf"},
};
#define MOMENTS (sizeof(moments) / sizeof(moments[0]))

static ptg_status shut_down_inside(struct law *law, enum event event,
                                   const char *name) {
  struct call *call = law->context;
  if (event != call->on || strcmp(name, call->of) != 0) return PTG_OK;
  call->calls++;
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = call->flags;
  options.cancel_wait_ns = call->cancel_wait_ns;
  assert_int_equal(ptg_group_shutdown(law->runtime, call->target, &options),
                   PTG_OK);
  return PTG_OK;
}

/* outer > inner > leaf, with tasks of which one uses every limit. */
struct nest {
  ptg_group outer, inner, leaf;
};

static struct nest make_nest(struct law *law) {
  struct nest nest;
  nest.outer = law_group(law, law->root, "outer", SECOND, SECOND);
  ptg_group_options options = law_options(law, "inner");
  options.on_error = law_on_error;
  nest.inner = law_make(law, nest.outer, &options);
  nest.leaf = law_group(law, nest.inner, "leaf", 0, 0);
  law_spawn(law, nest.outer, "outer task", DRAINS(0));
  law_spawn(law, nest.leaf, "leaf task", DRAINS(0));
  struct script script = KILLS(SECOND / 2);
  script.yields = PTG_EFAILED;
  law_spawn(law, nest.inner, "task", script);
  return nest;
}

/* One world for each moment: in it the callback shuts target down while inner
 * is being shut down; all must end in the teardown's sense. */
static void play(size_t moment, int is_outer, uint32_t flags,
                 int64_t cancel_wait_ns) {
  void *state;
  law_setup(&state);
  struct law *law = state;
  struct nest nest = make_nest(law);
  struct call call = {moments[moment].on,
                      moments[moment].of,
                      is_outer ? nest.outer : nest.inner,
                      flags,
                      cancel_wait_ns,
                      0};
  law->context = &call;
  law->react = shut_down_inside;
  law_advance(law, 0);
  law_shutdown(law, nest.inner);
  law_advance(law, 10 * SECOND);
  assert_int_equal(call.calls, 1);
  law->react = NULL;
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(law->runtime, nest.inner, &info),
                   PTG_ESTALE);
  assert_int_equal(ptg_group_get_info(law->runtime, nest.outer, &info),
                   is_outer ? PTG_ESTALE : PTG_OK);
  law_teardown(&state);
}

/* When its child is let go of, a group is gone itself. */
static int is_gone_by_then(size_t moment) {
  return moments[moment].on == GROUP_RELEASE;
}

static void own_group_may_be_shut_down_from_every_callback(void **state) {
  for (size_t i = 0; i < MOMENTS; i++)
    if (!is_gone_by_then(i)) play(i, 0, 0, 0);
}

static void own_group_may_be_forced_from_every_callback(void **state) {
  for (size_t i = 0; i < MOMENTS; i++)
    if (!is_gone_by_then(i)) play(i, 0, PTG_SHUTDOWN_FORCE, 0);
}

static void parent_may_be_shut_down_from_every_callback(void **state) {
  for (size_t i = 0; i < MOMENTS; i++)
    play(i, 1, 0, 0);
}

static void parent_may_be_forced_from_every_callback(void **state) {
  for (size_t i = 0; i < MOMENTS; i++)
    play(i, 1, PTG_SHUTDOWN_FORCE, PTG_AT_ONCE);
}

static ptg_status begin_inside(struct law *law, enum event event,
                               const char *name) {
  struct call *call = law->context;
  if (event == call->on && strcmp(name, call->of) == 0 && call->calls++ == 0)
    law_shutdown(law, call->target);
  return PTG_OK;
}

static void member_that_shuts_down_its_own_group_is_ended_too(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", SECOND, SECOND);
  struct call call = {START, "t", group, 0, 0, 0};
  law->context = &call;
  law->react = begin_inside;
  law->traced = TRACE(START) | TRACE(DRAIN) | TRACE(CANCEL) | TRACE(ON_CLOSED);
  law_spawn(law, group, "t", CANCELS(0));
  law_advance(law, 10 * SECOND);
  law_traced(law, "t.start@0 t.drain@0 t.cancel@1 g.closed@1");
}

static void handler_may_shut_down_its_own_group(void **state) {
  struct law *law = *state;
  ptg_group_options options = law_options(law, "g");
  options.on_error = law_on_error;
  ptg_group group = law_make(law, law->root, &options);
  struct call call = {ERROR, "g", group, 0, 0, 0};
  law->context = &call;
  law->react = begin_inside;
  law->traced =
      TRACE(ERROR) | TRACE(DONE) | TRACE(ON_CLOSED) | TRACE(GROUP_RELEASE);
  law_spawn(law, group, "t", FAILS(0));
  law_advance(law, 0);
  law_traced(law, "g.error:t@0 t.done:EFAILED@0 g.closed@0 g.release@0");
}

static void done_may_shut_down_the_root(void **state) {
  struct law *law = *state;
  ptg_group group = law_group(law, law->root, "g", SECOND, SECOND);
  struct call call = {DONE, "t", law->root, 0, 0, 0};
  law->context = &call;
  law->react = begin_inside;
  law->traced = TRACE(DONE) | TRACE(ON_CLOSED);
  law_spawn(law, group, "t", WORKS(SECOND));
  law_advance(law, SECOND);
  law_traced(law, "t.done@1 g.closed@1 root.closed@1");
}

static ptg_status try_to_drive(struct law *law, enum event event,
                               const char *name) {
  struct call *call = law->context;
  if (event != call->on || strcmp(name, call->of) != 0) return PTG_OK;
  call->calls++;
  assert_int_equal(ptg_runtime_advance(law->runtime, SECOND), PTG_EREENTRANT);
  assert_int_equal(ptg_runtime_run(law->runtime), PTG_EREENTRANT);
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_EREENTRANT);
  return PTG_OK;
}

static void clock_cannot_be_moved_from_any_callback(void **state) {
  for (size_t i = 0; i < MOMENTS; i++) {
    void *fresh;
    law_setup(&fresh);
    struct law *law = fresh;
    struct nest nest = make_nest(law);
    struct call call = {moments[i].on, moments[i].of, 0, 0, 0, 0};
    law->context = &call;
    law->react = try_to_drive;
    law_advance(law, 0);
    law_shutdown(law, nest.inner);
    law_advance(law, 10 * SECOND);
    assert_int_equal(call.calls, 1);
    law_teardown(&fresh);
  }
}

struct release_case {
  struct nest nest;
  int calls;
};

static void never_over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                       const ptg_outcome *outcome, void *user_data) {
  fail();
}

static ptg_status look_for_the_tree(struct law *law, enum event event,
                                    const char *name) {
  struct release_case *of = law->context;
  if (event != GROUP_RELEASE || strcmp(name, "leaf") != 0) return PTG_OK;
  of->calls++;
  ptg_watch_options watching = PTG_WATCH_OPTIONS_INIT;
  watching.over = never_over;
  const ptg_group gone[] = {of->nest.leaf, of->nest.inner};
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(ptg_group_get_info(law->runtime, gone[i], &info),
                     PTG_ESTALE);
    assert_int_equal(ptg_watch_add(law->runtime, gone[i], &watching, NULL),
                     PTG_ESTALE);
  }
  law_shutdown(law, of->nest.outer);
  return PTG_OK;
}

/* The tree is gone as a whole before the first release, which may then do
 * anything. */
static void release_finds_nothing_of_its_tree(void **state) {
  struct law *law = *state;
  struct release_case of = {make_nest(law), 0};
  law->context = &of;
  law->react = look_for_the_tree;
  law_advance(law, 0);
  law_shutdown(law, of.nest.inner);
  law_advance(law, 10 * SECOND);
  assert_int_equal(of.calls, 1);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(law->runtime, of.nest.outer, &info),
                   PTG_ESTALE);
}

static void finish_all(struct law *law) {
  for (struct actor *actor = law->actors; actor; actor = actor->next)
    ptg_task_finish(law->runtime, actor->task, NULL); /* some are gone */
}

static ptg_status end_everybody(struct law *law, enum event event,
                                const char *name) {
  struct call *call = law->context;
  if (event != call->on || strcmp(name, call->of) != 0) return PTG_OK;
  call->calls++;
  finish_all(law);
  return PTG_OK;
}

static void any_callback_may_end_every_task(void **state) {
  for (size_t i = 0; i < MOMENTS; i++) {
    void *fresh;
    law_setup(&fresh);
    struct law *law = fresh;
    struct nest nest = make_nest(law);
    law_spawn(law, nest.inner, "second", KILLS(0));
    law_spawn(law, nest.inner, "third", STUBBORN);
    struct call call = {moments[i].on, moments[i].of, 0, 0, 0, 0};
    law->context = &call;
    law->react = end_everybody;
    law_advance(law, 0);
    law_shutdown(law, nest.inner);
    law_advance(law, 10 * SECOND);
    finish_all(law); /* the tree is gone with the last one given up */
    law_advance(law, 0);
    assert_int_equal(call.calls, 1);
    law_teardown(&fresh);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(own_group_may_be_shut_down_from_every_callback),
      cmocka_unit_test(own_group_may_be_forced_from_every_callback),
      cmocka_unit_test(parent_may_be_shut_down_from_every_callback),
      cmocka_unit_test(parent_may_be_forced_from_every_callback),
      LAW(member_that_shuts_down_its_own_group_is_ended_too),
      LAW(handler_may_shut_down_its_own_group),
      LAW(done_may_shut_down_the_root),
      cmocka_unit_test(clock_cannot_be_moved_from_any_callback),
      cmocka_unit_test(any_callback_may_end_every_task),
      LAW(release_finds_nothing_of_its_tree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
