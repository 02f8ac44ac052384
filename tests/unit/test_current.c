/* test_current.c - whose callback is running: right in each of them, and gone
 * afterwards.
 */
#include "support/law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct seen {
  ptg_task task;
  ptg_group group;
};

static struct seen current(struct law *law) {
  struct seen seen = {77, 77};
  assert_int_equal(
      ptg_runtime_get_current(law->runtime, &seen.task, &seen.group), PTG_OK);
  return seen;
}

static void is_nobody(struct law *law) {
  struct seen seen = current(law);
  assert_int_equal(seen.task, PTG_NONE);
  assert_int_equal(seen.group, PTG_NONE);
}

/* outer > inner, and who was seen in which callback. */
struct scene {
  ptg_group outer;
  ptg_group inner;
  int seen[EVENTS];
};

static ptg_group group_named(const struct law *law, const char *name) {
  const struct place *place = law->places;
  while (strcmp(place->name, name) != 0)
    place = place->next;
  return place->group;
}

/* Of tasks only those of inner come here. */
static ptg_status look(struct law *law, enum event event, const char *name) {
  struct scene *scene = law->context;
  scene->seen[event]++;
  struct seen seen = current(law);
  switch (event) {
  case GROUP_RELEASE:
  case OVER:
    is_nobody(law);
    break;
  case ERROR:
  case ON_DRAIN:
  case ON_CLOSED:
    assert_int_equal(seen.task, PTG_NONE);
    assert_int_equal(seen.group, group_named(law, name));
    break;
  default:
    assert_int_equal(seen.task, law_actor(law, name)->task);
    assert_int_equal(seen.group, scene->inner);
  }
  return PTG_OK;
}

static void current_is_right_in_every_callback(void **state) {
  struct law *law = *state;
  struct scene scene = {0};
  law->context = &scene;
  ptg_group_options options = law_options(law, "outer");
  options.on_error = law_on_error;
  options.grace_ns = options.cancel_wait_ns = SECOND;
  scene.outer = law_make(law, law->root, &options);
  scene.inner = law_group(law, scene.outer, "inner", 0, 0);
  law_spawn(law, scene.inner, "wakes", WORKS(SECOND / 2));
  law_spawn(law, scene.inner, "drains", DRAINS(SECOND / 2));
  law_spawn(law, scene.inner, "cancels", CANCELS(SECOND / 2));
  law_spawn(law, scene.inner, "dies", KILLS(0));
  struct actor *broken = law_spawn(law, scene.inner, "broken", FAILS(0));
  struct actor *unborn = law_spawn(law, scene.inner, "unborn", STUBBORN);
  law_watch(law, broken->task, PTG_NONE, "w");
  law_watch(law, scene.inner, PTG_NONE, "v");
  assert_int_equal(ptg_task_cancel(law->runtime, unborn->task, NULL), PTG_OK);
  law->react = look;
  is_nobody(law);
  law_advance(law, SECOND);
  is_nobody(law);
  law_shutdown(law, scene.outer);
  law_advance(law, 10 * SECOND);
  is_nobody(law);
  law->react = NULL;
  for (int event = 0; event < EVENTS; event++)
    assert_true(scene.seen[event] > 0);
}

/* ----------------------------------------------------------- nested ones -- */

static ptg_status do_everything(struct law *law, enum event event,
                                const char *name) {
  struct scene *scene = law->context;
  if (event != START || strcmp(name, "t") != 0) return PTG_OK;
  struct seen before = current(law);
  assert_int_equal(before.task, law_actor(law, "t")->task);
  struct actor *other = law_spawn(law, scene->outer, "other", STUBBORN);
  assert_int_equal(current(law).task, before.task);
  /* A refused spawn and a removed watch call a release from inside. */
  law_spawn(law, scene->inner, "refused", STUBBORN);
  struct watcher *w = law_watch(law, other->task, PTG_NONE, "w");
  assert_int_equal(ptg_watch_remove(law->runtime, w->watch), PTG_OK);
  ptg_group group = law_group(law, law->root, "new", 0, 0);
  law_shutdown(law, group);
  law_force(law, group);
  assert_int_equal(ptg_task_cancel(law->runtime, other->task, NULL), PTG_OK);
  law_finish(law_actor(law, "t"), PTG_OK);
  struct seen after = current(law);
  assert_int_equal(after.task, before.task);
  assert_int_equal(after.group, before.group);
  scene->seen[START]++;
  return PTG_OK;
}

static void current_stays_through_all_that_a_callback_does(void **state) {
  struct law *law = *state;
  struct scene scene = {0};
  law->context = &scene;
  scene.outer = law_group(law, law->root, "outer", SECOND, SECOND);
  ptg_group_options options = law_options(law, "full");
  options.max_tasks = 1;
  scene.inner = law_make(law, law->root, &options);
  law_spawn(law, scene.inner, "only", STUBBORN);
  law->react = do_everything;
  law_spawn(law, scene.outer, "t", STUBBORN);
  law_advance(law, SECOND);
  assert_int_equal(scene.seen[START], 1);
  is_nobody(law);
}

/* A callback of one runtime that moves another one. */
static ptg_status move_other(struct law *law, enum event event,
                             const char *name) {
  struct law *other = law->context;
  if (event != START || other == NULL) return PTG_OK;
  struct seen before = current(law);
  is_nobody(other);
  law_advance(other, SECOND);
  is_nobody(other);
  assert_int_equal(current(law).task, before.task);
  assert_int_equal(law_actor(other, "theirs")->told[DONE], 1);
  return PTG_OK;
}

static void runtimes_inside_each_other_keep_theirs_apart(void **state) {
  struct law *law = *state;
  void *inner;
  law_setup(&inner);
  struct law *other = inner;
  law_spawn(other, other->root, "theirs", WORKS(SECOND));
  law->context = other;
  law->react = move_other;
  struct actor *ours = law_spawn(law, law->root, "ours", WORKS(0));
  law_advance(law, 0);
  assert_int_equal(ours->told[DONE], 1);
  is_nobody(law);
  law_teardown(&inner);
}

/* ---------------------------------------------------------------- spawns -- */

static ptg_status spawn_child(struct law *law, enum event event,
                              const char *name) {
  struct scene *scene = law->context;
  int is_time = (event == START && strcmp(name, "t") == 0) ||
                (event == ERROR && strcmp(name, "outer") == 0);
  if (is_time) law_spawn(law, scene->inner, "child", STUBBORN);
  return PTG_OK;
}

static ptg_task spawner_of(struct law *law, const struct actor *actor) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, actor->task, &info), PTG_OK);
  return info.spawner;
}

static void spawn_knows_the_task_that_it_comes_from(void **state) {
  struct law *law = *state;
  struct scene scene = {0};
  law->context = &scene;
  ptg_group_options options = law_options(law, "outer");
  options.on_error = law_on_error;
  scene.outer = law_make(law, law->root, &options);
  scene.inner = law_group(law, scene.outer, "inner", 0, 0);
  law->react = spawn_child;
  struct actor *t = law_spawn(law, scene.outer, "t", STUBBORN);
  assert_int_equal(spawner_of(law, t), PTG_NONE);
  law_advance(law, 0);
  assert_int_equal(spawner_of(law, law_actor(law, "child")), t->task);
  law_spawn(law, scene.inner, "broken", FAILS(0)); /* its handler spawns */
  law_advance(law, 0);
  assert_int_equal(spawner_of(law, law_actor(law, "child")), PTG_NONE);
}

static ptg_status cancel_in_hook(struct law *law, enum event event,
                                 const char *name) {
  if ((event == ON_DRAIN || event == ON_CLOSED) && strcmp(name, "g") == 0)
    ptg_task_cancel(law->runtime, law_actor(law, "t")->task, NULL);
  return PTG_OK;
}

static void request_of_a_hook_comes_from_its_group(void **state) {
  struct law *law = *state;
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  law->react = cancel_in_hook;
  struct actor *t = law_spawn(law, law->root, "t", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, 0);
  assert_int_equal(t->originator, g);
}

static void null_pointers_are_left_alone(void **state) {
  struct law *law = *state;
  ptg_task task = 77;
  ptg_group group = 77;
  assert_int_equal(ptg_runtime_get_current(law->runtime, &task, NULL), PTG_OK);
  assert_int_equal(ptg_runtime_get_current(law->runtime, NULL, &group), PTG_OK);
  assert_int_equal(ptg_runtime_get_current(law->runtime, NULL, NULL), PTG_OK);
  assert_int_equal(task, PTG_NONE);
  assert_int_equal(group, PTG_NONE);
  task = group = 77;
  assert_int_equal(ptg_runtime_get_current(NULL, &task, &group), PTG_EINVAL);
  assert_int_equal(task, PTG_NONE);
  assert_int_equal(group, PTG_NONE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(current_is_right_in_every_callback),
      LAW(current_stays_through_all_that_a_callback_does),
      LAW(runtimes_inside_each_other_keep_theirs_apart),
      LAW(spawn_knows_the_task_that_it_comes_from),
      LAW(request_of_a_hook_comes_from_its_group),
      LAW(null_pointers_are_left_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
