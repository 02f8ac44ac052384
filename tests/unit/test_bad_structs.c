/* test_bad_structs.c - structs of every wrong size, and every wrong field.
 *
 * A struct lies at the very end of readable memory, so that one byte read too
 * many is a crash.
 */
#include <ptg/ptg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TAIL 16 /* bytes of a newer version */

static struct bench {
  ptg_runtime *runtime;
  ptg_group root;
  ptg_group group;
  ptg_task task;
  ptg_group_info group_before;
  ptg_task_info task_before;
  int released;
} b;

static unsigned char *page; /* PAGE bytes, then nothing */
static size_t page_size;

/* ----------------------------------------------------------------- bench -- */

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  return PTG_OK;
}

static void release(void *user_data) {
  ++*(int *)user_data;
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
}

static ptg_status fire(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  return PTG_OK;
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .start = start,
                                   .wake = wake,
                                   .release = release};

static void set_up_runtime(void) {
  static int ignored;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  memset(&b, 0, sizeof(b));
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  assert_int_equal(ptg_runtime_create(&options, &b.runtime), PTG_OK);
  assert_int_equal(ptg_runtime_get_root(b.runtime, &b.root), PTG_OK);
  ptg_group_create(b.runtime, PTG_NONE, NULL, &b.group);
  ptg_task_spawn(b.runtime, b.group, &TYPE, NULL, &ignored, &b.task);
  assert_int_equal(ptg_runtime_advance(b.runtime, 0), PTG_OK);
  b.group_before.size = sizeof(b.group_before);
  b.task_before.size = sizeof(b.task_before);
  ptg_group_get_info(b.runtime, b.group, &b.group_before);
  ptg_task_get_info(b.runtime, b.task, &b.task_before);
}

static void tear_down_runtime(void) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = PTG_SHUTDOWN_FORCE;
  options.cancel_wait_ns = PTG_AT_ONCE;
  ptg_group_shutdown(b.runtime, b.root, &options);
  ptg_runtime_advance(b.runtime, INT64_C(10000000000));
  assert_int_equal(ptg_runtime_destroy(b.runtime), PTG_OK);
}

static int set_up(void **state) {
  page_size = (size_t)sysconf(_SC_PAGESIZE);
  page = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return -1;
  return mprotect(page + page_size, page_size, PROT_NONE);
}

static int tear_down(void **state) {
  return munmap(page, 2 * page_size);
}

static void check(const char *what, ptg_status status, ptg_status expected,
                  int released) {
  if (status != expected)
    fail_msg("%s: %s, not %s", what, ptg_status_name(status),
             ptg_status_name(expected));
  if (b.released != released)
    fail_msg("%s: released %d times, not %d", what, b.released, released);
  if (status == PTG_OK) return;

  ptg_error_info error = PTG_ERROR_INFO_INIT;
  ptg_group_info group = PTG_GROUP_INFO_INIT;
  ptg_task_info task = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_runtime_get_error(b.runtime, &error), PTG_OK);
  assert_int_equal(error.status, expected);
  assert_true(error.message_length > 0);
  assert_int_equal(ptg_group_get_info(b.runtime, b.group, &group), PTG_OK);
  assert_int_equal(ptg_task_get_info(b.runtime, b.task, &task), PTG_OK);
  assert_memory_equal(&group, &b.group_before, sizeof(group));
  assert_memory_equal(&task, &b.task_before, sizeof(task));
}

/* ------------------------------------------------------- options by size -- */

static ptg_status give_group(const void *options) {
  ptg_group out;
  ptg_status status = ptg_group_create(b.runtime, b.group, options, &out);
  assert_true((status == PTG_OK) == (out != PTG_NONE));
  return status;
}

static ptg_status give_shutdown(const void *options) {
  return ptg_group_shutdown(b.runtime, b.group, options);
}

static ptg_status give_task(const void *options) {
  ptg_task out;
  ptg_status status =
      ptg_task_spawn(b.runtime, b.group, &TYPE, options, &b.released, &out);
  assert_true((status == PTG_OK) == (out != PTG_NONE));
  return status;
}

static ptg_status give_type(const void *type) {
  ptg_task out;
  ptg_status status =
      ptg_task_spawn(b.runtime, b.group, type, NULL, &b.released, &out);
  assert_true((status == PTG_OK) == (out != PTG_NONE));
  /* The type has to outlive the task: here it does not. */
  if (status == PTG_OK) tear_down_runtime();
  return status;
}

static ptg_status give_outcome(const void *outcome) {
  return ptg_task_finish(b.runtime, b.task, outcome);
}

static ptg_status give_cancel(const void *options) {
  return ptg_task_cancel(b.runtime, b.task, options);
}

static ptg_status give_timer(const void *options) {
  ptg_task out;
  ptg_status status = ptg_timer_spawn(b.runtime, b.group, options, &out);
  assert_true((status == PTG_OK) == (out != PTG_NONE));
  return status;
}

static ptg_status give_process(const void *options) {
  ptg_task out;
  ptg_status status = ptg_process_spawn(b.runtime, b.group, options, &out);
  assert_true((status == PTG_OK) == (out != PTG_NONE));
  return status;
}

static const ptg_group_options GROUP = {
    .size = sizeof(GROUP), .release = release, .user_data = &b.released};
static const ptg_shutdown_options SHUTDOWN = PTG_SHUTDOWN_OPTIONS_INIT;
static const ptg_task_options TASK = PTG_TASK_OPTIONS_INIT;
static const ptg_outcome OUTCOME = PTG_OUTCOME_INIT;
static const ptg_cancel_options CANCEL = PTG_CANCEL_OPTIONS_INIT;
static const ptg_timer_options TIMER = {.size = sizeof(TIMER),
                                        .after_ns = 1,
                                        .fire = fire,
                                        .release = release,
                                        .user_data = &b.released};
static const char *const ARGV[] = {"/bin/true", NULL};
static const ptg_process_options PROCESS = {.size = sizeof(PROCESS),
                                            .argv = ARGV,
                                            .release = release,
                                            .user_data = &b.released};

static const struct sized {
  const char *name;
  ptg_status (*give)(const void *bytes);
  const void *valid;
  uint32_t size;
  uint32_t releases_from; /* size from which on user_data is known; 0: always */
  int releases;
} SIZED[] = {
#define SIZED_ROW(name, give, valid, from, releases) \
  { name, give, &(valid), sizeof(valid), from, releases }
    SIZED_ROW("ptg_group_options", give_group, GROUP, sizeof(GROUP), 1),
    SIZED_ROW("ptg_shutdown_options", give_shutdown, SHUTDOWN, 0, 0),
    SIZED_ROW("ptg_task_options", give_task, TASK, 0, 1),
    SIZED_ROW("ptg_task_type", give_type, TYPE, sizeof(TYPE), 1),
    SIZED_ROW("ptg_outcome", give_outcome, OUTCOME, 0, 0),
    SIZED_ROW("ptg_cancel_options", give_cancel, CANCEL, 0, 0),
    SIZED_ROW("ptg_timer_options", give_timer, TIMER,
              offsetof(ptg_timer_options, spawner), 1),
    SIZED_ROW("ptg_process_options", give_process, PROCESS,
              offsetof(ptg_process_options, spawner), 1),
};

/* The struct at the end of the page, with so many bytes of it and a tail. */
static void *place(const struct sized *row, uint32_t said_size,
                   uint32_t real_size, unsigned char tail) {
  unsigned char *bytes = page + page_size - real_size;
  memset(page, 0xA5, page_size);
  memset(bytes, 0, real_size);
  memcpy(bytes, row->valid, real_size < row->size ? real_size : row->size);
  if (real_size > row->size) bytes[real_size - 1] = tail;
  memcpy(bytes, &said_size, sizeof(said_size));
  return bytes;
}

static void try_size(const struct sized *row, uint32_t said_size,
                     uint32_t real_size, unsigned char tail,
                     ptg_status expected, int released) {
  set_up_runtime();
  int is_type = row->give == give_type;
  ptg_status status = row->give(place(row, said_size, real_size, tail));
  if (status != PTG_OK || !is_type)
    check(row->name, status, expected, released);
  if (status == PTG_OK) assert_int_equal(status, expected);
  if (status != PTG_OK || !is_type) tear_down_runtime();
  if (row->releases > 0 && status == PTG_OK) assert_int_equal(b.released, 1);
}

static void a_struct_that_is_too_small_is_refused(void **state) {
  for (size_t i = 0; i < COUNT(SIZED); i++) {
    const struct sized *row = &SIZED[i];
    for (uint32_t size = 0; size < row->size; size++) {
      int releases = size >= row->releases_from ? row->releases : 0;
      uint32_t real_size = size < 8 ? 8 : (size + 7) / 8 * 8;
      try_size(row, size, real_size, 0, PTG_EINVAL, releases);
    }
  }
}

static void a_struct_of_today_is_taken(void **state) {
  for (size_t i = 0; i < COUNT(SIZED); i++)
    try_size(&SIZED[i], SIZED[i].size, SIZED[i].size, 0, PTG_OK, 0);
}

static void a_newer_struct_is_taken_if_its_news_is_zero(void **state) {
  for (size_t i = 0; i < COUNT(SIZED); i++)
    try_size(&SIZED[i], SIZED[i].size + TAIL, SIZED[i].size + TAIL, 0, PTG_OK,
             0);
}

static void a_newer_struct_with_news_is_refused(void **state) {
  for (size_t i = 0; i < COUNT(SIZED); i++) {
    const struct sized *row = &SIZED[i];
    try_size(row, row->size + TAIL, row->size + TAIL, 1, PTG_EABI,
             row->releases);
    try_size(row, row->size + 8, row->size + 8, 0x80, PTG_EABI, row->releases);
  }
}

/* Nothing of it is believed, so nothing of it is called but what came by
 * another way. */
static void a_size_out_of_reason_is_not_read(void **state) {
  static const uint32_t absurd[] = {4097, 65536, 0x7FFFFFFF, 0xA5A5A5A5,
                                    UINT32_MAX};
  for (size_t i = 0; i < COUNT(SIZED); i++)
    for (size_t j = 0; j < COUNT(absurd); j++) {
      int releases = SIZED[i].releases_from == 0 ? SIZED[i].releases : 0;
      try_size(&SIZED[i], absurd[j], SIZED[i].size, 0, PTG_EABI, releases);
    }
}

/* ---------------------------------------------------- the runtime's own -- */

static void create_refuses(const ptg_runtime_options *options,
                           ptg_status expected, int released) {
  ptg_runtime *runtime = (ptg_runtime *)&b;
  b.released = 0;
  assert_int_equal(ptg_runtime_create(options, &runtime), expected);
  assert_null(runtime);
  assert_int_equal(b.released, released);
}

static void a_runtime_is_not_made_of_bad_options(void **state) {
  struct {
    ptg_runtime_options options;
    uint64_t news;
  } newer = {PTG_RUNTIME_OPTIONS_INIT, 0};
  struct {
    ptg_group_options options;
    uint64_t news;
  } root = {PTG_GROUP_OPTIONS_INIT, 0};
  memset(&b, 0, sizeof(b));
  root.options.release = release;
  root.options.user_data = &b.released;
  newer.options.root = &root.options;

  newer.options.size = 0;
  create_refuses(&newer.options, PTG_EINVAL, 0);
  newer.options.size = sizeof(newer.options) - 1;
  create_refuses(&newer.options, PTG_EINVAL, 0);
  newer.options.size = UINT32_MAX;
  create_refuses(&newer.options, PTG_EABI, 0);
  newer.options.size = sizeof(newer);
  newer.news = 1;
  create_refuses(&newer.options, PTG_EABI, 1);
  newer.news = 0;
  newer.options.flags = 2;
  create_refuses(&newer.options, PTG_EINVAL, 1);
  newer.options.flags = PTG_RUNTIME_MANUAL_CLOCK;

  root.options.flags = 8;
  create_refuses(&newer.options, PTG_EINVAL, 1);
  root.options.flags = 0;
  root.options.grace_ns = -3;
  create_refuses(&newer.options, PTG_EINVAL, 1);
  root.options.grace_ns = 0;
  root.options.name = "\xFF";
  create_refuses(&newer.options, PTG_EINVAL, 1);
  root.options.name = NULL;
  root.options.size = sizeof(root);
  root.news = 1;
  create_refuses(&newer.options, PTG_EABI, 1);
  root.options.size = 12;
  create_refuses(&newer.options, PTG_EINVAL, 0);
  root.options.size = sizeof(root.options);

  b.released = 0;
  assert_int_equal(ptg_runtime_create(&newer.options, NULL), PTG_EINVAL);
  assert_int_equal(b.released, 1);
}

/* ------------------------------------------------------- infos by size -- */

static ptg_status fill_group(void *info) {
  return ptg_group_get_info(b.runtime, b.group, info);
}
static ptg_status fill_task(void *info) {
  return ptg_task_get_info(b.runtime, b.task, info);
}
static ptg_status fill_error(void *info) {
  return ptg_runtime_get_error(b.runtime, info);
}

static ptg_task timer;

static ptg_status fill_timer(void *info) {
  return ptg_timer_get_info(b.runtime, timer, info);
}

static const struct filled {
  const char *name;
  ptg_status (*fill)(void *info);
  uint32_t size;
} FILLED[] = {{"ptg_group_info", fill_group, sizeof(ptg_group_info)},
              {"ptg_task_info", fill_task, sizeof(ptg_task_info)},
              {"ptg_error_info", fill_error, sizeof(ptg_error_info)},
              {"ptg_timer_info", fill_timer, sizeof(ptg_timer_info)}};

static void try_fill(const struct filled *row, uint32_t size) {
  uint32_t real_size = size < 8 ? 8 : (size + 7) / 8 * 8;
  unsigned char *info = page + page_size - real_size;
  if (size > row->size) info = page + page_size - row->size;
  memset(page, 0xA5, page_size);
  memcpy(info, &size, sizeof(size));
  ptg_status status = row->fill(info);
  if (status != (size < sizeof(size) ? PTG_EINVAL : PTG_OK))
    fail_msg("%s of %u bytes: %s", row->name, size, ptg_status_name(status));
  /* Not a byte before, not a byte behind. */
  assert_int_equal(info[-1], 0xA5);
  for (unsigned char *byte = info + (size < 4 ? 4 : size);
       byte < page + page_size; byte++)
    assert_int_equal(*byte, 0xA5);
}

static void an_info_is_filled_as_far_as_it_goes(void **state) {
  set_up_runtime();
  ptg_timer_options options = PTG_TIMER_OPTIONS_INIT;
  options.after_ns = 1;
  options.fire = fire;
  assert_int_equal(ptg_timer_spawn(b.runtime, b.group, &options, &timer),
                   PTG_OK);
  for (size_t i = 0; i < COUNT(FILLED); i++) {
    for (uint32_t size = 0; size <= FILLED[i].size; size++)
      try_fill(&FILLED[i], size);
    try_fill(&FILLED[i], FILLED[i].size + 1);
    try_fill(&FILLED[i], UINT32_MAX);
  }
  tear_down_runtime();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_struct_that_is_too_small_is_refused),
      cmocka_unit_test(a_struct_of_today_is_taken),
      cmocka_unit_test(a_newer_struct_is_taken_if_its_news_is_zero),
      cmocka_unit_test(a_newer_struct_with_news_is_refused),
      cmocka_unit_test(a_runtime_is_not_made_of_bad_options),
      cmocka_unit_test(an_info_is_filled_as_far_as_it_goes),
      cmocka_unit_test(a_size_out_of_reason_is_not_read),
  };
  return cmocka_run_group_tests_name("bad structs", tests, set_up, tear_down);
}
