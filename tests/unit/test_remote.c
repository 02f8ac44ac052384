/* test_remote.c - what is sent from afar, on one thread: when it arrives, what
 * becomes of it, and of what cannot be sent.
 */
#include "event_bench.h"

/* As many letters can be on their way as the header leaves open: a case finds
 * out by sending until it is told that there is no room. */
#define LETTERS_MAX 100000

static ptg_remote *open_way(struct law *law) {
  ptg_remote *remote;
  assert_int_equal(ptg_remote_open(law->runtime, &remote), PTG_OK);
  assert_non_null(remote);
  return remote;
}

/* A task type that counts, for user_data is a struct far. */
struct far {
  int started, cancelled, done, released;
  ptg_outcome outcome;
  char reason[32];
};

static ptg_status on_start(ptg_runtime *runtime, ptg_task task, void *data) {
  ((struct far *)data)->started++;
  return PTG_OK;
}

static void on_cancel(ptg_runtime *runtime, ptg_task task,
                      const ptg_cancel_info *info, void *data) {
  ((struct far *)data)->cancelled++;
  assert_int_equal(ptg_task_finish(runtime, task, NULL), PTG_OK);
}

static void on_done(ptg_runtime *runtime, ptg_task task,
                    const ptg_outcome *outcome, void *data) {
  struct far *far = data;
  far->done++;
  far->outcome = *outcome;
  if (outcome->reason != NULL)
    memcpy(far->reason, outcome->reason, outcome->reason_length);
}

static void on_release(void *data) {
  ((struct far *)data)->released++;
}

static const ptg_task_type far_type = {.size = sizeof(ptg_task_type),
                                       .name = "far",
                                       .start = on_start,
                                       .cancel = on_cancel,
                                       .done = on_done,
                                       .release = on_release};

static ptg_task spawn_far(ptg_remote *remote, ptg_group group,
                          struct far *far) {
  ptg_task task;
  assert_int_equal(ptg_remote_spawn(remote, group, &far_type, NULL, far, &task),
                   PTG_OK);
  assert_int_not_equal(task, PTG_NONE);
  return task;
}

static void ended(const struct far *far, ptg_status status, uint32_t flags) {
  assert_int_equal(far->done, 1);
  assert_int_equal(far->released, 1);
  assert_int_equal(far->outcome.status, status);
  assert_int_equal(far->outcome.flags, flags);
}

/* --------------------------------------------------------------- arrival -- */

static void spawn_arrives_on_the_next_turn_under_its_handle(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  struct far far = {0};
  ptg_task task = spawn_far(remote, law->root, &far);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, task, &info), PTG_EBUSY);
  assert_int_equal(law_watch(law, task, PTG_NONE, "w")->added, PTG_EBUSY);
  assert_int_equal(ptg_task_finish(law->runtime, task, NULL), PTG_EBUSY);
  assert_int_equal(ptg_task_cancel(law->runtime, task, NULL), PTG_EBUSY);
  assert_int_equal(law_info(law, law->root).spawned, 0);
  law_advance(law, 0);
  assert_int_equal(far.started, 1);
  assert_int_equal(ptg_task_get_info(law->runtime, task, &info), PTG_OK);
  assert_int_equal(info.task, task);
  assert_int_equal(info.spawner, PTG_NONE);
  assert_int_equal(ptg_remote_finish(remote, task, NULL), PTG_OK);
  assert_int_equal(far.done, 0);
  law_advance(law, 0);
  ended(&far, PTG_OK, 0);
  ptg_remote_close(remote);
}

static void handle_can_be_used_at_once(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  struct far cancelled = {0}, finished = {0}, owner = {0}, child = {0};
  ptg_task task = spawn_far(remote, law->root, &cancelled);
  assert_int_equal(ptg_remote_cancel(remote, task, NULL), PTG_OK);
  task = spawn_far(remote, law->root, &finished);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.value = 7;
  assert_int_equal(ptg_remote_finish(remote, task, &outcome), PTG_OK);
  task = spawn_far(remote, law->root, &owner);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.spawner = task;
  ptg_task child_task;
  assert_int_equal(ptg_remote_spawn(remote, law->root, &far_type, &options,
                                    &child, &child_task),
                   PTG_OK);
  law_advance(law, 0);
  ended(&cancelled, PTG_ECANCELED,
        PTG_OUTCOME_NEVER_RAN | PTG_OUTCOME_CANCEL_REQUESTED);
  ended(&finished, PTG_OK, PTG_OUTCOME_NEVER_RAN);
  assert_int_equal(finished.outcome.value, 7);
  assert_int_equal(child.started, 1);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, child_task, &info), PTG_OK);
  assert_int_equal(info.spawner, task);
  law_force(law, law->root);
  law_advance(law, 0);
  ptg_remote_close(remote);
}

static void what_is_said_is_copied(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  char name[] = "a name", place[] = "a place", reason[] = "a reason";
  char message[] = "a message";
  struct far far = {0};
  ptg_task task;
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = name;
  options.place = place;
  assert_int_equal(
      ptg_remote_spawn(remote, law->root, &far_type, &options, &far, &task),
      PTG_OK);
  memset(name, 'X', 6);
  memset(place, 'X', 7);
  law_advance(law, 0);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(law->runtime, task, &info), PTG_OK);
  assert_string_equal(info.name, "a name");
  assert_string_equal(info.place, "a place");
  ptg_task watched = task;
  struct watcher *w = law_watch(law, watched, PTG_NONE, "w");
  ptg_cancel_options cancel = PTG_CANCEL_OPTIONS_INIT;
  cancel.reason = reason;
  cancel.originator = law->root;
  assert_int_equal(ptg_remote_cancel(remote, task, &cancel), PTG_OK);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  outcome.message = message;
  assert_int_equal(ptg_remote_finish(remote, task, &outcome), PTG_OK);
  memset(reason, 'X', 8);
  memset(message, 'X', 9);
  law_advance(law, 0);
  assert_int_equal(w->outcome.status, PTG_EFAILED);
  assert_int_equal(w->outcome.message_length, 9);
  assert_string_equal(far.reason, "a reason");
  assert_int_equal(w->outcome.originator, law->root);
  ptg_failure_row row;
  size_t count;
  assert_int_equal(ptg_group_list_failures(law->runtime, law->root, &row,
                                           sizeof(row), 1, &count),
                   PTG_OK);
  assert_string_equal(row.message, "a message");
  ptg_remote_close(remote);
}

struct mail {
  struct law *law;
  char text[64];
  int released;
};

static struct mail *mail;
static char letters[] = "0123456789";

static void on_post(ptg_runtime *runtime, void *user_data) {
  assert_ptr_equal(runtime, mail->law->runtime);
  ptg_task task = 77;
  ptg_group group = 77;
  assert_int_equal(ptg_runtime_get_current(runtime, &task, &group), PTG_OK);
  assert_int_equal(task, PTG_NONE);
  assert_int_equal(group, PTG_NONE);
  strncat(mail->text, user_data, 1);
}

static void on_post_release(void *user_data) {
  mail->released++;
}

static void mail_of_one_sender_arrives_in_order(void **state) {
  struct law *law = *state;
  struct mail ours = {.law = law};
  mail = &ours;
  ptg_remote *remote = open_way(law);
  ptg_remote *other = open_way(law);
  for (int i = 0; i < 10; i++)
    assert_int_equal(ptg_remote_post(i % 2 ? remote : other, on_post,
                                     on_post_release, &letters[i]),
                     PTG_OK);
  assert_string_equal(ours.text, "");
  law_advance(law, 0);
  assert_string_equal(ours.text, letters);
  assert_int_equal(ours.released, 10);
  ptg_remote_close(remote);
  ptg_remote_close(other);
}

static void post_again(ptg_runtime *runtime, void *user_data) {
  assert_int_equal(
      ptg_remote_post(user_data, on_post, on_post_release, &letters[1]),
      PTG_OK);
  assert_int_equal(ptg_runtime_advance(runtime, 0), PTG_EREENTRANT);
}

static void function_that_was_posted_may_send(void **state) {
  struct law *law = *state;
  struct mail ours = {.law = law};
  mail = &ours;
  ptg_remote *remote = open_way(law);
  assert_int_equal(ptg_remote_post(remote, post_again, NULL, remote), PTG_OK);
  law_advance(law, 0);
  law_advance(law, 0);
  assert_string_equal(ours.text, "1");
  ptg_remote_close(remote);
}

static void shutdown_from_afar_has_its_limits(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  law_spawn(law, g, "t", CANCELS(0));
  law_advance(law, SECOND);
  law->traced = TRACE(CANCEL) | TRACE(ON_CLOSED);
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.grace_ns = SECOND / 4;
  assert_int_equal(ptg_remote_shutdown(remote, g, &options), PTG_OK);
  assert_int_equal(law_info(law, g).is_ending, 0);
  law_advance(law, SECOND);
  law_traced(law, "t.cancel@1.25 g.closed@1.25");
  ptg_remote_close(remote);
}

/* -------------------------------------------------------------- refusals -- */

static void refused_spawn_ends_with_the_refusal(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  ptg_group_options bounded = law_options(law, "bounded");
  bounded.max_tasks = 1;
  ptg_group full = law_make(law, law->root, &bounded);
  law_spawn(law, full, "t", STUBBORN);
  ptg_group draining = law_group(law, law->root, "draining", SECOND, SECOND);
  law_spawn(law, draining, "u", STUBBORN);
  ptg_group gone = law_group(law, law->root, "gone", SECOND, SECOND);
  law_shutdown(law, gone);
  law_advance(law, 0);
  struct far far[4] = {{0}};
  spawn_far(remote, full, &far[0]);
  spawn_far(remote, draining, &far[1]);
  law_shutdown(law, draining); /* after it was sent */
  spawn_far(remote, gone, &far[2]);
  spawn_far(remote, PTG_NONE, &far[3]);
  law_advance(law, 0);
  ended(&far[0], PTG_EFULL, PTG_OUTCOME_NEVER_RAN);
  ended(&far[1], PTG_ECLOSED, PTG_OUTCOME_NEVER_RAN);
  ended(&far[2], PTG_ESTALE, PTG_OUTCOME_NEVER_RAN);
  ended(&far[3], PTG_EINVAL, PTG_OUTCOME_NEVER_RAN);
  assert_int_equal(law_info(law, full).refused, 1);
  assert_int_equal(law_info(law, draining).refused, 1);
  assert_int_equal(law_info(law, full).spawned, 1);
  ptg_remote_close(remote);
}

static void refusal_may_be_an_event(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  ptg_group gone = law_group(law, law->root, "gone", SECOND, SECOND);
  law_shutdown(law, gone);
  law_advance(law, 0);
  ptg_task task;
  assert_int_equal(ptg_remote_spawn(remote, gone, &evented, NULL, NULL, &task),
                   PTG_OK);
  law_advance(law, 0);
  ptg_event event = take_one(law);
  assert_int_equal(event.kind, PTG_EVENT_DONE);
  assert_int_equal(event.task, task);
  assert_int_equal(event.group, PTG_NONE);
  assert_int_equal(event.status, PTG_ESTALE);
  assert_int_equal(event.flags, PTG_OUTCOME_NEVER_RAN);
  ptg_remote_close(remote);
}

static void task_inside_may_spawn_from_afar_while_its_group_drains(void **s) {
  struct law *law = *s;
  ptg_remote *remote = open_way(law);
  ptg_group g = law_group(law, law->root, "g", SECOND, SECOND);
  struct actor *t = law_spawn(law, g, "t", STUBBORN);
  law_advance(law, 0);
  law_shutdown(law, g);
  law_advance(law, 0);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.spawner = t->task;
  struct far inside = {0}, outside = {0};
  assert_int_equal(
      ptg_remote_spawn(remote, g, &far_type, &options, &inside, NULL), PTG_OK);
  spawn_far(remote, g, &outside);
  law_advance(law, 0);
  assert_int_equal(inside.started, 1);
  ended(&outside, PTG_ECLOSED, PTG_OUTCOME_NEVER_RAN);
  law_advance(law, 5 * SECOND);
  ptg_remote_close(remote);
}

static int send_until_full(ptg_remote *remote, ptg_group group,
                           struct far *far) {
  int sent = 0;
  ptg_status status = PTG_OK;
  while (sent < LETTERS_MAX) {
    status = ptg_remote_spawn(remote, group, &far_type, NULL, far, NULL);
    if (status != PTG_OK) break;
    sent++;
  }
  assert_int_equal(status, PTG_EFULL);
  return sent;
}

static void bounded_number_can_be_on_its_way(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  struct far far = {0};
  for (int round = 0; round < 3; round++) {
    far = (struct far){0};
    int sent = send_until_full(remote, law->root, &far);
    assert_in_range(sent, 1, LETTERS_MAX - 1);
    assert_int_equal(far.released, 1); /* that of the refused one */
    struct mail ours = {.law = law};
    mail = &ours;
    assert_int_equal(ptg_remote_post(remote, on_post, on_post_release, letters),
                     PTG_EFULL);
    assert_int_equal(ours.released, 1);
    assert_int_equal(ptg_remote_finish(remote, law->root, NULL), PTG_EFULL);
    assert_int_equal(ptg_remote_cancel(remote, law->root, NULL), PTG_EFULL);
    assert_int_equal(ptg_remote_shutdown(remote, law->root, NULL), PTG_EFULL);
    law_advance(law, 0);
    assert_int_equal(far.started, sent);
  }
  law_force(law, law->root);
  law_advance(law, 0);
  ptg_remote_close(remote);
}

/* --------------------------------------------------------------- the end -- */

static void is_closed(ptg_remote *remote, struct law *law) {
  struct far far = {0};
  struct mail ours = {.law = law};
  mail = &ours;
  ptg_task task = 77;
  assert_int_equal(
      ptg_remote_spawn(remote, law->root, &far_type, NULL, &far, &task),
      PTG_ECLOSED);
  assert_int_equal(task, PTG_NONE);
  assert_int_equal(far.released, 1);
  assert_int_equal(ptg_remote_post(remote, on_post, on_post_release, letters),
                   PTG_ECLOSED);
  assert_int_equal(ours.released, 1);
  assert_int_equal(ptg_remote_finish(remote, law->root, NULL), PTG_ECLOSED);
  assert_int_equal(ptg_remote_cancel(remote, law->root, NULL), PTG_ECLOSED);
  assert_int_equal(ptg_remote_shutdown(remote, law->root, NULL), PTG_ECLOSED);
}

static void nothing_can_be_sent_once_the_root_is_closed(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  ptg_remote *closed_early = open_way(law);
  struct far far = {0};
  spawn_far(closed_early, law->root, &far);
  ptg_remote_close(NULL);
  ptg_remote_close(closed_early); /* what was sent arrives all the same */
  law_advance(law, 0);
  assert_int_equal(far.started, 1);
  assert_int_equal(ptg_remote_shutdown(remote, law->root, NULL), PTG_OK);
  law_advance(law, 60 * SECOND);
  assert_int_equal(far.done, 1);
  is_closed(remote, law);
  ptg_remote *late = open_way(law);
  is_closed(late, law);
  ptg_remote_close(late);
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_OK);
  law->runtime = NULL;
  is_closed(remote, law);
  ptg_remote_close(remote);
}

static void first_way_in_of_a_closed_runtime_is_closed_too(void **state) {
  struct law *law = *state;
  law_shutdown(law, law->root);
  law_advance(law, 0);
  ptg_remote *remote = open_way(law);
  is_closed(remote, law);
  assert_int_equal(ptg_runtime_destroy(law->runtime), PTG_OK);
  law->runtime = NULL;
  ptg_remote_close(remote);
}

/* ---------------------------------------------------------------- memory -- */

static void way_in_without_memory_is_refused(void **state) {
  struct law *law = *state;
  law->has_no_memory = 1;
  ptg_remote *remote = (ptg_remote *)(void *)law;
  assert_int_equal(ptg_remote_open(law->runtime, &remote), PTG_ENOMEM);
  assert_null(remote);
  law->has_no_memory = 0;
  remote = open_way(law);
  struct far far = {0};
  spawn_far(remote, law->root, &far);
  law_advance(law, 0);
  assert_int_equal(far.started, 1);
  law_force(law, law->root);
  law_advance(law, 0);
  ptg_remote_close(remote);
}

/* Each spawn wants a new record: without memory the letters run out, and come
 * back when there is some. */
static void letters_that_starved_come_back(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  struct far far = {0};
  int normally = send_until_full(remote, law->root, &far);
  law_advance(law, 0);
  law->has_no_memory = 1;
  int sent = normally;
  for (int round = 0; sent > 0 && round < 1000; round++) {
    sent = send_until_full(remote, law->root, &far);
    law_advance(law, 0);
  }
  assert_int_equal(sent, 0);
  law->has_no_memory = 0;
  law_advance(law, 0);
  assert_int_equal(send_until_full(remote, law->root, &far), normally);
  law_force(law, law->root);
  law_advance(law, 0);
  law_advance(law, 0);
  ptg_remote_close(remote);
}

static void *alloc_if_there_is(void *data, void *block, size_t old_size,
                               size_t new_size) {
  if (new_size > old_size && *(const int *)data == 0) return NULL;
  if (new_size > 0) return realloc(block, new_size);
  free(block);
  return NULL;
}

/* Nothing but the sender's own tries wakes the runtime. */
static void sender_that_finds_no_letter_wakes_the_runtime(void **state) {
  int has_memory = 1;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.alloc = alloc_if_there_is;
  options.alloc_data = &has_memory;
  ptg_runtime *runtime;
  assert_int_equal(ptg_runtime_create(&options, &runtime), PTG_OK);
  ptg_group root;
  assert_int_equal(ptg_runtime_get_root(runtime, &root), PTG_OK);
  ptg_remote *remote;
  assert_int_equal(ptg_remote_open(runtime, &remote), PTG_OK);
  struct far far = {0};
  has_memory = 0;
  for (int sent = 1; sent > 0;) {
    sent = send_until_full(remote, root, &far);
    for (int i = 0; i < 4; i++)
      assert_int_equal(ptg_runtime_turn(runtime, 0), PTG_OK);
  }
  has_memory = 1;
  assert_int_equal(ptg_remote_shutdown(remote, root, NULL), PTG_EFULL);
  assert_int_equal(ptg_runtime_turn(runtime, PTG_FOREVER), PTG_OK);
  assert_int_equal(ptg_runtime_turn(runtime, 0), PTG_OK);
  ptg_shutdown_options force = PTG_SHUTDOWN_OPTIONS_INIT;
  force.flags = PTG_SHUTDOWN_FORCE;
  assert_int_equal(ptg_remote_shutdown(remote, root, &force), PTG_OK);
  assert_int_equal(ptg_runtime_run(runtime), PTG_OK);
  assert_int_equal(far.started, far.done);
  assert_int_equal(ptg_runtime_destroy(runtime), PTG_OK);
  ptg_remote_close(remote);
}

/* ------------------------------------------------------------- bad input -- */

static void malformed_mail_is_refused(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  struct far far = {0};
  struct mail ours = {.law = law};
  mail = &ours;
  char long_text[PTG_NAME_MAX + 2];
  memset(long_text, 'x', sizeof(long_text) - 1);
  long_text[PTG_NAME_MAX + 1] = '\0';
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = long_text;
  ptg_task task = 77;
  assert_int_equal(
      ptg_remote_spawn(remote, law->root, &far_type, &options, &far, &task),
      PTG_EINVAL);
  assert_int_equal(task, PTG_NONE);
  assert_int_equal(far.released, 1);
  options.name = "\xff";
  assert_int_equal(
      ptg_remote_spawn(remote, law->root, &far_type, &options, &far, NULL),
      PTG_EINVAL);
  options.name = NULL;
  options.flags = 4;
  assert_int_equal(
      ptg_remote_spawn(remote, law->root, &far_type, &options, &far, NULL),
      PTG_EINVAL);
  assert_int_equal(far.released, 3);
  assert_int_equal(ptg_remote_spawn(NULL, law->root, &far_type, NULL, &far, 0),
                   PTG_EINVAL);
  assert_int_equal(far.released, 4);
  ptg_task_type bad = far_type;
  bad.start = NULL;
  assert_int_equal(ptg_remote_spawn(remote, law->root, &bad, NULL, &far, NULL),
                   PTG_EINVAL);
  assert_int_equal(ptg_remote_spawn(remote, law->root, NULL, NULL, &far, NULL),
                   PTG_EINVAL);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.flags = PTG_OUTCOME_NEVER_RAN;
  assert_int_equal(ptg_remote_finish(remote, law->root, &outcome), PTG_EINVAL);
  outcome = (ptg_outcome)PTG_OUTCOME_INIT;
  outcome.status = 1;
  assert_int_equal(ptg_remote_finish(remote, law->root, &outcome), PTG_EINVAL);
  assert_int_equal(ptg_remote_finish(NULL, law->root, NULL), PTG_EINVAL);
  ptg_cancel_options cancel = PTG_CANCEL_OPTIONS_INIT;
  cancel.flags = 1;
  assert_int_equal(ptg_remote_cancel(remote, law->root, &cancel), PTG_EINVAL);
  cancel.flags = 0;
  cancel.reason = long_text;
  assert_int_equal(ptg_remote_cancel(remote, law->root, &cancel), PTG_EINVAL);
  assert_int_equal(ptg_remote_cancel(NULL, law->root, NULL), PTG_EINVAL);
  assert_int_equal(ptg_remote_shutdown(NULL, law->root, NULL), PTG_EINVAL);
  ptg_shutdown_options limits = PTG_SHUTDOWN_OPTIONS_INIT;
  limits.flags = 2;
  assert_int_equal(ptg_remote_shutdown(remote, law->root, &limits), PTG_EINVAL);
  limits.flags = 0;
  limits.deadline_ns = -5;
  assert_int_equal(ptg_remote_shutdown(remote, law->root, &limits), PTG_EINVAL);
  assert_int_equal(ptg_remote_post(remote, NULL, on_post_release, letters),
                   PTG_EINVAL);
  assert_int_equal(ptg_remote_post(NULL, on_post, on_post_release, letters),
                   PTG_EINVAL);
  assert_int_equal(ours.released, 2);
  struct {
    ptg_shutdown_options options;
    uint64_t newer;
  } later = {PTG_SHUTDOWN_OPTIONS_INIT, 1};
  later.options.size = sizeof(later);
  assert_int_equal(ptg_remote_shutdown(remote, law->root, &later.options),
                   PTG_EABI);
  ptg_remote *none = remote;
  assert_int_equal(ptg_remote_open(NULL, &none), PTG_EINVAL);
  assert_null(none);
  assert_int_equal(ptg_remote_open(law->runtime, NULL), PTG_EINVAL);
  law_advance(law, 0);
  assert_int_equal(law_info(law, law->root).is_ending, 0);
  ptg_remote_close(remote);
}

/* What fails on arrival is told to nobody, and harms nobody. */
static void mail_about_nothing_is_dropped(void **state) {
  struct law *law = *state;
  ptg_remote *remote = open_way(law);
  assert_int_equal(ptg_remote_finish(remote, UINT64_MAX, NULL), PTG_OK);
  assert_int_equal(ptg_remote_finish(remote, law->root, NULL), PTG_OK);
  assert_int_equal(ptg_remote_cancel(remote, PTG_NONE, NULL), PTG_OK);
  assert_int_equal(ptg_remote_shutdown(remote, UINT64_MAX, NULL), PTG_OK);
  law_advance(law, 0);
  assert_int_equal(law_info(law, law->root).is_ending, 0);
  ptg_remote_close(remote);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      LAW(spawn_arrives_on_the_next_turn_under_its_handle),
      LAW(handle_can_be_used_at_once),
      LAW(what_is_said_is_copied),
      LAW(mail_of_one_sender_arrives_in_order),
      LAW(function_that_was_posted_may_send),
      LAW(shutdown_from_afar_has_its_limits),
      LAW(refused_spawn_ends_with_the_refusal),
      LAW(refusal_may_be_an_event),
      LAW(task_inside_may_spawn_from_afar_while_its_group_drains),
      LAW(bounded_number_can_be_on_its_way),
      LAW(nothing_can_be_sent_once_the_root_is_closed),
      LAW(first_way_in_of_a_closed_runtime_is_closed_too),
      LAW(way_in_without_memory_is_refused),
      LAW(letters_that_starved_come_back),
      cmocka_unit_test(sender_that_finds_no_letter_wakes_the_runtime),
      LAW(malformed_mail_is_refused),
      LAW(mail_about_nothing_is_dropped),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
