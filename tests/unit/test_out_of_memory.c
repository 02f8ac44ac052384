/* test_out_of_memory.c - every allocation made to fail, one after the other.
 *
 * A scenario that uses everything runs once to count its allocations, then once
 * for each with that one failing, then with that one and all after it. A call
 * that fails says PTG_ENOMEM and has changed nothing; a shutdown never does.
 */
#include <ptg/ptg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define GROUPS 9
#define TASKS 64
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Short texts need no memory of their own. */
#define LONG(text) \
  text ", which is said at such length that it is not a short one"

/* ------------------------------------------------------------- allocator -- */

/* In front of each block: its size, and the proof that it is one of ours. */
struct header {
  size_t size;
  size_t proof;
};
#define PROOF ((size_t)0x70746721)

static struct memory {
  size_t blocks, bytes;
  size_t calls;   /* that wanted memory */
  size_t fail_at; /* the first to fail; 0: none */
  int fails_on;   /* and all after it */
  size_t failed;
} memory;

static int is_to_fail(void) {
  memory.calls++;
  if (memory.fail_at == 0) return 0;
  int fails = memory.fails_on ? memory.calls >= memory.fail_at
                              : memory.calls == memory.fail_at;
  memory.failed += fails;
  return fails;
}

static void check_block(const struct header *header, size_t size) {
  assert_int_equal(header->proof, PROOF);
  assert_int_equal(header->size, size);
}

static void *hook(void *data, void *block, size_t old_size, size_t new_size) {
  struct header *header = block == NULL ? NULL : (struct header *)block - 1;
  assert_ptr_equal(data, &memory);
  assert_true((block == NULL) == (old_size == 0));
  if (header != NULL) check_block(header, old_size);
  if (new_size > 0 && is_to_fail()) return NULL;

  memory.bytes += new_size - old_size;
  memory.blocks += (new_size > 0) - (size_t)(old_size > 0);
  if (new_size == 0) {
    if (header != NULL) header->proof = 0;
    free(header);
    return NULL;
  }
  header = realloc(header, sizeof(*header) + new_size);
  assert_non_null(header);
  /* What is raw has to be written before it is read. */
  if (new_size > old_size)
    memset((char *)(header + 1) + old_size, 0xA5, new_size - old_size);
  *header = (struct header){new_size, PROOF};
  return header + 1;
}

/* ----------------------------------------------------------------- bench -- */

static struct bench {
  ptg_runtime *runtime;
  ptg_group root;
  ptg_group groups[GROUPS];
  ptg_task tasks[TASKS];
  size_t group_count, task_count;
  int groups_given, groups_released;
  int tasks_given, tasks_released;
  int started, done, errors;
} b;

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  b.started++;
  return ptg_task_sleep(runtime, task, 1000 * MS);
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  assert_non_null(info->reason);
  assert_int_equal(info->reason_length, strlen(info->reason));
  assert_int_equal(ptg_task_finish(runtime, task, NULL), PTG_OK);
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
}

static void done(ptg_runtime *runtime, ptg_task task,
                 const ptg_outcome *outcome, void *user_data) {
  b.done++;
}

static void release_task(void *user_data) {
  b.tasks_released++;
}

static void release_group(void *user_data) {
  b.groups_released++;
}

static ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                           void *user_data) {
  b.errors++;
  return PTG_OK;
}

static ptg_status fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  return PTG_OK;
}

static const ptg_task_type OBEYS = {.size = sizeof(ptg_task_type),
                                    .name = "obeys",
                                    .start = start,
                                    .cancel = cancel,
                                    .wake = wake,
                                    .done = done,
                                    .release = release_task};
static const ptg_task_type STUBBORN = {.size = sizeof(ptg_task_type),
                                       .start = start,
                                       .wake = wake,
                                       .done = done,
                                       .release = release_task};

/* Everything that can be seen from outside, without the pointers. */
static uint64_t look(void) {
  uint64_t hash = UINT64_C(14695981039346656037);
  union {
    ptg_group_info group;
    ptg_task_info task;
    uint64_t handles[TASKS];
    unsigned char bytes[sizeof(uint64_t) * TASKS];
  } seen;
  for (size_t i = 0; i < b.group_count + b.task_count; i++) {
    memset(&seen, 0, sizeof(seen));
    size_t count = 0;
    if (i < b.group_count) {
      seen.group.size = sizeof(seen.group);
      ptg_group_get_info(b.runtime, b.groups[i], &seen.group);
      ptg_group_list_groups(b.runtime, b.groups[i],
                            seen.handles + sizeof(seen.group) / 8,
                            TASKS - sizeof(seen.group) / 8, &count);
    } else {
      seen.task.size = sizeof(seen.task);
      ptg_task_get_info(b.runtime, b.tasks[i - b.group_count], &seen.task);
    }
    for (size_t n = 0; n < sizeof(seen); n++)
      hash = (hash ^ seen.bytes[n]) * UINT64_C(1099511628211);
    hash = (hash ^ count) * UINT64_C(1099511628211);
  }
  return hash;
}

/* Makes a call; if there is no memory for it, that has changed nothing, and
 * the next try succeeds unless there will never be any again. */
#define TRY(call) \
  do { \
    uint64_t seen = look(); \
    ptg_status status = (call); \
    if (status == PTG_OK) break; \
    check_failure(#call, status, seen); \
    if (memory.fails_on) break; \
    assert_int_equal((call), PTG_OK); \
  } while (0)

static void check_failure(const char *call, ptg_status status, uint64_t seen) {
  if (status != PTG_ENOMEM) fail_msg("%s: %s", call, ptg_status_name(status));
  assert_true(memory.failed > 0);
  if (look() != seen) fail_msg("%s has changed something", call);
  ptg_error_info info = PTG_ERROR_INFO_INIT;
  assert_int_equal(ptg_runtime_get_error(b.runtime, &info), PTG_OK);
  assert_int_equal(info.status, PTG_ENOMEM);
  assert_true(info.message_length > 0);
}

/* --------------------------------------------------------- the scenario -- */

static ptg_status create_runtime(void) {
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  ptg_group_options root = PTG_GROUP_OPTIONS_INIT;
  root.name = "the root";
  root.flags = PTG_GROUP_PARALLEL;
  root.on_error = on_error;
  root.release = release_group;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  options.alloc = hook;
  options.alloc_data = &memory;
  options.root = &root;
  b.groups_given++;
  ptg_status status = ptg_runtime_create(&options, &b.runtime);
  if (status == PTG_OK) {
    assert_int_equal(ptg_runtime_get_root(b.runtime, &b.root), PTG_OK);
    b.groups[b.group_count++] = b.root;
    return PTG_OK;
  }
  assert_int_equal(status, PTG_ENOMEM);
  assert_null(b.runtime);
  assert_int_equal(memory.bytes, 0);
  assert_int_equal(b.groups_released, b.groups_given);
  return status;
}

static ptg_status make_with(ptg_group parent, const char *name, ptg_task owner,
                            uint64_t history) {
  ptg_group group;
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.name = name;
  options.owner = owner;
  options.history = history;
  options.grace_ns = options.cancel_wait_ns = 10 * MS;
  options.release = release_group;
  b.groups_given++;
  int released = b.groups_released;
  ptg_status status = ptg_group_create(b.runtime, parent, &options, &group);
  assert_int_equal(b.groups_released, released + (status != PTG_OK));
  assert_true((group == PTG_NONE) == (status != PTG_OK));
  if (status == PTG_OK) b.groups[b.group_count++] = group;
  return status;
}

static ptg_status make(ptg_group parent, const char *name) {
  return make_with(parent, name, PTG_NONE, 0);
}

/* In the group that its owner is in. */
static ptg_status make_owned(ptg_task owner) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(b.runtime, owner, &info), PTG_OK);
  return make_with(info.group, "owned", owner, 5);
}

static void over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                 const ptg_outcome *outcome, void *user_data) {
}

static ptg_status watch(uint64_t watched) {
  ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
  ptg_watch handle;
  options.over = over;
  options.release = release_task;
  b.tasks_given++;
  int released = b.tasks_released;
  ptg_status status = ptg_watch_add(b.runtime, watched, &options, &handle);
  assert_int_equal(b.tasks_released, released + (status != PTG_OK));
  assert_true((handle == PTG_NONE) == (status != PTG_OK));
  return status;
}

static ptg_status spawn(ptg_group group, const ptg_task_type *type,
                        const char *name) {
  ptg_task task;
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = name;
  options.place = name != NULL ? LONG("test.c:7") : NULL;
  b.tasks_given++;
  int released = b.tasks_released;
  ptg_status status =
      ptg_task_spawn(b.runtime, group, type, &options, NULL, &task);
  assert_int_equal(b.tasks_released, released + (status != PTG_OK));
  assert_true((task == PTG_NONE) == (status != PTG_OK));
  if (status == PTG_OK) b.tasks[b.task_count++] = task;
  return status;
}

static ptg_status spawn_timer(ptg_group group) {
  ptg_task task;
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.every_ns = 3 * MS;
  options.fire = fire;
  options.release = release_task;
  b.tasks_given++;
  int released = b.tasks_released;
  ptg_status status = ptg_timer_spawn(b.runtime, group, &options, &task);
  assert_int_equal(b.tasks_released, released + (status != PTG_OK));
  if (status == PTG_OK) b.tasks[b.task_count++] = task;
  return status;
}

static ptg_status cancel_with_reason(ptg_task task) {
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  options.reason = LONG("because it is a test");
  return ptg_task_cancel(b.runtime, task, &options);
}

/* A message may be lost, but never the end of a task. */
static void finish_with_message(ptg_task task) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = PTG_EFAILED;
  outcome.message = LONG("it failed, and this is why");
  assert_int_equal(ptg_task_finish(b.runtime, task, &outcome), PTG_OK);
}

static void advance(int64_t duration_ns) {
  assert_int_equal(ptg_runtime_advance(b.runtime, duration_ns), PTG_OK);
}

static void build(void) {
  for (size_t i = 0; i < 4; i++)
    TRY(make(b.root, i % 2 ? "a group with a name" : NULL));
  for (size_t i = 1; i + 1 < b.group_count && i < 4; i++)
    TRY(ptg_group_stops_before(b.runtime, b.groups[i], b.groups[i + 1]));
  size_t parents = b.group_count;
  for (size_t i = 1; i < parents; i++)
    if (b.group_count + 1 < GROUPS) TRY(make(b.groups[i], "inner"));
  for (size_t i = 0; i < 24; i++) {
    ptg_group group = b.groups[i % b.group_count];
    TRY(spawn(group, i % 3 ? &OBEYS : &STUBBORN, i % 2 ? "a task" : NULL));
  }
  TRY(spawn_timer(b.groups[b.group_count - 1]));
  if (b.task_count > 3) TRY(make_owned(b.tasks[3]));
  for (size_t i = 0; i < b.group_count; i++)
    TRY(watch(b.groups[i]));
  for (size_t i = 0; i < b.task_count; i++)
    TRY(watch(b.tasks[i]));
}

static void use(void) {
  advance(MS);
  for (size_t i = 0; i < b.task_count; i += 5)
    TRY(cancel_with_reason(b.tasks[i]));
  if (b.task_count > 9) {
    finish_with_message(b.tasks[7]);
    finish_with_message(b.tasks[8]);
  }
  advance(MS);

  ptg_plan_step steps[GROUPS];
  size_t count;
  size_t before = memory.calls;
  assert_int_equal(ptg_group_get_plan(b.runtime, b.root, steps,
                                      sizeof(steps[0]), GROUPS, &count),
                   PTG_OK);
  assert_int_equal(count, b.group_count);
  assert_int_equal(memory.calls, before);
}

/* Not one allocation from here to the end. */
static void shut_down(void) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  ptg_report_row rows[GROUPS];
  size_t count;
  size_t before = memory.calls;
  options.deadline_ns = 1000 * MS;
  assert_int_equal(ptg_group_shutdown(b.runtime, b.root, &options), PTG_OK);
  advance(15 * MS);
  options.deadline_ns = 500 * MS;
  assert_int_equal(ptg_group_shutdown(b.runtime, b.root, &options), PTG_OK);
  advance(15 * MS);
  options.flags = PTG_SHUTDOWN_FORCE;
  assert_int_equal(ptg_group_shutdown(b.runtime, b.root, &options), PTG_OK);
  advance(500 * MS);
  assert_int_equal(ptg_group_get_report(b.runtime, b.root, rows,
                                        sizeof(rows[0]), GROUPS, &count),
                   PTG_OK);
  assert_int_equal(count, b.group_count);
  for (size_t i = 0; i < count; i++)
    assert_int_equal(rows[i].state, PTG_GROUP_CLOSED);
  assert_int_equal(ptg_runtime_destroy(b.runtime), PTG_OK);
  assert_int_equal(memory.calls, before);
}

static size_t run_scenario(size_t fail_at, int fails_on) {
  memset(&b, 0, sizeof(b));
  memory = (struct memory){.fail_at = fail_at, .fails_on = fails_on};
  ptg_status status = create_runtime();
  if (status != PTG_OK && !fails_on) status = create_runtime();
  if (status == PTG_OK) {
    build();
    use();
    shut_down();
  }
  assert_int_equal(memory.blocks, 0);
  assert_int_equal(memory.bytes, 0);
  assert_int_equal(b.groups_released, b.groups_given);
  assert_int_equal(b.tasks_released, b.tasks_given);
  return memory.calls;
}

/* ----------------------------------------------------------------- cases -- */

static void a_scenario_leaves_no_memory_behind(void **state) {
  size_t calls = run_scenario(0, 0);
  assert_true(calls > 50);
  assert_int_equal(b.started, 24);
  assert_int_equal(b.errors, 2);
  /* The same every time, or the sweeps would prove nothing. */
  assert_int_equal(run_scenario(0, 0), calls);
}

static void each_allocation_may_fail_once(void **state) {
  size_t calls = run_scenario(0, 0);
  for (size_t n = 1; n <= calls; n++) {
    run_scenario(n, 0);
    assert_int_equal(memory.failed, 1);
    assert_int_equal(b.started, 24);
  }
}

static void memory_may_run_out_for_good_at_any_point(void **state) {
  size_t calls = run_scenario(0, 0);
  for (size_t n = 1; n <= calls; n++) {
    run_scenario(n, 1);
    assert_true(memory.failed > 0);
  }
}

/* Work under way may want memory in a shutdown; the shutdown goes on. */
static ptg_status start_greedy(ptg_runtime *runtime, ptg_task task,
                               void *user_data) {
  return PTG_OK;
}

static void drain_greedily(ptg_runtime *runtime, ptg_task task,
                           void *user_data) {
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  options.name = "one more";
  assert_int_equal(
      ptg_task_spawn(runtime, b.root, &OBEYS, &options, NULL, NULL),
      PTG_ENOMEM);
  assert_int_equal(cancel_with_reason(task), PTG_ENOMEM);
  outcome.message = LONG("this is lost");
  assert_int_equal(ptg_task_finish(runtime, task, &outcome), PTG_OK);
}

static void a_shutdown_without_any_memory_ends(void **state) {
  static const ptg_task_type GREEDY = {.size = sizeof(ptg_task_type),
                                       .start = start_greedy,
                                       .drain = drain_greedily,
                                       .done = done};
  memset(&b, 0, sizeof(b));
  memory = (struct memory){0};
  assert_int_equal(create_runtime(), PTG_OK);
  for (int i = 0; i < 10; i++)
    assert_int_equal(
        ptg_task_spawn(b.runtime, b.root, &GREEDY, NULL, NULL, NULL), PTG_OK);
  advance(0);
  memory.fail_at = 1;
  memory.fails_on = 1;
  assert_int_equal(ptg_runtime_request_shutdown(b.runtime, 0), PTG_OK);
  advance(0);
  assert_int_equal(b.done, 10);
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  assert_int_equal(ptg_group_get_info(b.runtime, b.root, &info), PTG_OK);
  assert_int_equal(info.state, PTG_GROUP_CLOSED);
  assert_int_equal(info.succeeded, 10);
  assert_int_equal(ptg_runtime_destroy(b.runtime), PTG_OK);
  assert_int_equal(memory.bytes, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_scenario_leaves_no_memory_behind),
      cmocka_unit_test(each_allocation_may_fail_once),
      cmocka_unit_test(memory_may_run_out_for_good_at_any_point),
      cmocka_unit_test(a_shutdown_without_any_memory_ends),
  };
  return cmocka_run_group_tests_name("out of memory", tests, NULL, NULL);
}
