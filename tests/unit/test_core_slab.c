/* test_core_slab.c - handles: never one twice, and every wrong one refused. */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/slab.h"

#define BLOCKS 64
#define GENERATION_MAX ((UINT32_C(1) << 25) - 1)

struct record {
  uint32_t words[4];
};

/* ------------------------------------- a source of numbers, an allocator -- */

static struct {
  uint32_t generation;
  int is_taken;
} blocks[BLOCKS];
static uint32_t blocks_taken;

static ptg_status take_number(uint32_t *number, uint32_t *generation) {
  for (uint32_t i = 0; i < BLOCKS; i++) {
    if (blocks[i].is_taken || blocks[i].generation == GENERATION_MAX) continue;
    blocks[i].is_taken = 1;
    blocks_taken++;
    *number = i;
    *generation = blocks[i].generation;
    return PTG_OK;
  }
  return PTG_ENOMEM;
}

static void give_number(uint32_t number, uint32_t generation) {
  assert_true(number < BLOCKS && blocks[number].is_taken);
  assert_true(generation >= blocks[number].generation);
  blocks[number].is_taken = 0;
  blocks[number].generation = generation;
  blocks_taken--;
}

static const struct ptg__block_source SOURCE = {take_number, give_number};

struct counts {
  size_t bytes;
  size_t calls;
  size_t fail_at; /* the how-manieth allocation fails; 0: none */
};

static void *count_alloc(void *data, void *block, size_t old_size,
                         size_t new_size) {
  struct counts *counts = data;
  if (new_size > 0 && ++counts->calls == counts->fail_at) return NULL;
  assert_true(counts->bytes >= old_size);
  counts->bytes += new_size - old_size;
  return ptg__memory_default(NULL, block, old_size, new_size);
}

static struct counts counts;
static const struct ptg__memory MEMORY = {count_alloc, &counts};

static int set_up(void **state) {
  (void)state;
  memset(blocks, 0, sizeof(blocks));
  memset(&counts, 0, sizeof(counts));
  blocks_taken = 0;
  return 0;
}

/* A case that leaves memory or a number behind has failed. */
static int tear_down(void **state) {
  (void)state;
  return counts.bytes == 0 && blocks_taken == 0 ? 0 : -1;
}

static void init(struct ptg__slab *slab, enum ptg__kind kind) {
  ptg__slab_init(slab, &MEMORY, &SOURCE, kind, sizeof(struct record));
}

static uint32_t add(struct ptg__slab *slab) {
  uint32_t slot;
  assert_int_equal(ptg__slab_add(slab, &slot), PTG_OK);
  return slot;
}

/* ----------------------------------------------------- a set of handles -- */

struct seen {
  uint64_t *handles;
  size_t count;
  size_t capacity;
};

static void see(struct seen *seen, uint64_t handle) {
  assert_true(handle != 0 && handle < UINT64_C(1) << 53);
  if (seen->count == seen->capacity) {
    seen->capacity = seen->capacity ? seen->capacity * 2 : 1024;
    seen->handles =
        realloc(seen->handles, seen->capacity * sizeof(seen->handles[0]));
    assert_non_null(seen->handles);
  }
  seen->handles[seen->count++] = handle;
}

static int compare(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

static void check_all_different(struct seen *seen) {
  qsort(seen->handles, seen->count, sizeof(seen->handles[0]), compare);
  for (size_t i = 1; i < seen->count; i++)
    assert_true(seen->handles[i - 1] != seen->handles[i]);
  free(seen->handles);
}

static uint64_t seed = 42;
static uint32_t draw_below(uint32_t limit) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (uint32_t)(seed >> 33) % limit;
}

/* ----------------------------------------------------------------- cases -- */

static void no_handle_is_given_out_twice(void **state) {
  (void)state;
  enum { LIVE = 5000 };
  static uint32_t slots[LIVE];
  struct seen seen = {0};
  struct ptg__slab slab;
  init(&slab, PTG__KIND_TASK);
  for (int i = 0; i < LIVE; i++) {
    slots[i] = add(&slab);
    see(&seen, ptg__slab_handle(&slab, slots[i]));
  }
  for (int i = 0; i < 500000; i++) {
    uint32_t at = draw_below(LIVE);
    ptg__slab_remove(&slab, slots[at]);
    slots[at] = add(&slab);
    see(&seen, ptg__slab_handle(&slab, slots[at]));
  }
  for (int i = 0; i < LIVE; i++)
    ptg__slab_remove(&slab, slots[i]);
  ptg__slab_fini(&slab);
  check_all_different(&seen);
}

/* As many runtimes would: two slabs each, blocks handed from one to the next.
 */
static void no_handle_is_given_out_twice_by_any_slab(void **state) {
  (void)state;
  enum { SLABS = 6, EACH = 1500 };
  static uint32_t slots[SLABS][EACH];
  struct seen seen = {0};
  struct ptg__slab slabs[SLABS];
  for (int round = 0; round < 40; round++) {
    for (int i = 0; i < SLABS; i++)
      init(&slabs[i], i % 2 ? PTG__KIND_TASK : PTG__KIND_GROUP);
    for (int n = 0; n < EACH; n++)
      for (int i = 0; i < SLABS; i++) {
        slots[i][n] = add(&slabs[i]);
        see(&seen, ptg__slab_handle(&slabs[i], slots[i][n]));
        if (draw_below(2) == 0) continue;
        ptg__slab_remove(&slabs[i], slots[i][n]);
        slots[i][n] = add(&slabs[i]);
        see(&seen, ptg__slab_handle(&slabs[i], slots[i][n]));
      }
    for (int i = 0; i < SLABS; i++) {
      /* What is alive in one is nothing in the others. */
      uint64_t handle = ptg__slab_handle(&slabs[i], slots[i][0]);
      uint32_t found;
      for (int j = 0; j < SLABS; j++)
        assert_int_equal(ptg__slab_find(&slabs[j], handle, &found),
                         j == i           ? PTG_OK
                         : j % 2 == i % 2 ? PTG_ESTALE
                                          : PTG_EKIND);
      for (int n = 0; n < EACH; n++)
        ptg__slab_remove(&slabs[i], slots[i][n]);
    }
    for (int i = 0; i < SLABS; i++)
      ptg__slab_fini(&slabs[(i + round) % SLABS]);
  }
  check_all_different(&seen);
}

static void a_stale_handle_stays_stale_for_a_million_uses(void **state) {
  (void)state;
  struct ptg__slab slab;
  init(&slab, PTG__KIND_GROUP);
  uint32_t slot = add(&slab), found;
  uint64_t stale = ptg__slab_handle(&slab, slot);
  assert_int_equal(ptg__slab_find(&slab, stale, &found), PTG_OK);
  assert_int_equal(found, slot);
  ptg__slab_remove(&slab, slot);
  for (int i = 0; i < 1000000; i++) {
    uint32_t again = add(&slab);
    assert_int_equal(again, slot);
    assert_int_equal(ptg__slab_find(&slab, stale, &found), PTG_ESTALE);
    ptg__slab_remove(&slab, again);
    assert_int_equal(ptg__slab_find(&slab, stale, &found), PTG_ESTALE);
  }
  ptg__slab_fini(&slab);
}

/* The next slab has its block, and has not used as much of it. */
static void a_handle_of_a_slab_that_is_gone_is_stale(void **state) {
  (void)state;
  enum { EACH = 5 };
  uint32_t slots[EACH], found;
  uint64_t stale[EACH];
  struct ptg__slab slab;
  init(&slab, PTG__KIND_GROUP);
  for (int i = 0; i < EACH; i++) {
    slots[i] = add(&slab);
    stale[i] = ptg__slab_handle(&slab, slots[i]);
  }
  for (int i = 0; i < EACH; i++)
    ptg__slab_remove(&slab, slots[i]);
  ptg__slab_fini(&slab);

  init(&slab, PTG__KIND_GROUP);
  assert_int_equal(add(&slab), slots[0]);
  for (int i = 0; i < EACH; i++)
    assert_int_equal(ptg__slab_find(&slab, stale[i], &found), PTG_ESTALE);
  ptg__slab_remove(&slab, slots[0]);
  ptg__slab_fini(&slab);
}

static void a_spent_slot_is_retired(void **state) {
  (void)state;
  enum { LIVES = 3 };
  struct seen seen = {0};
  blocks[0].generation = GENERATION_MAX - LIVES;
  struct ptg__slab slab;
  init(&slab, PTG__KIND_TASK);
  uint32_t last = PTG__NO_SLOT;
  for (uint32_t i = 0; i < LIVES * PTG__BLOCK_RECORDS; i++) {
    if (last != PTG__NO_SLOT) ptg__slab_remove(&slab, last);
    last = add(&slab);
    see(&seen, ptg__slab_handle(&slab, last));
    if (i % PTG__BLOCK_RECORDS != 0) continue;
    /* A neighbour, so that the free ones take turns. */
    uint32_t other = add(&slab);
    see(&seen, ptg__slab_handle(&slab, other));
    ptg__slab_remove(&slab, last);
    last = other;
  }
  for (uint32_t i = 0; i < 10 * PTG__BLOCK_RECORDS; i++) {
    ptg__slab_remove(&slab, last);
    last = add(&slab);
    see(&seen, ptg__slab_handle(&slab, last));
  }
  assert_true(last >> PTG__BLOCK_BITS > 0); /* the first block is worn out */
  ptg__slab_remove(&slab, last);
  ptg__slab_fini(&slab);
  assert_int_equal(blocks[0].generation, GENERATION_MAX);
  check_all_different(&seen);
}

/* The longest rest a slot can have before its next use. */
static void slots_are_used_again_in_the_order_they_were_freed(void **state) {
  (void)state;
  enum { MANY = 100 };
  uint32_t slots[MANY];
  struct ptg__slab slab;
  init(&slab, PTG__KIND_TASK);
  for (int i = 0; i < MANY; i++)
    slots[i] = add(&slab);
  for (int i = 0; i < MANY; i++)
    ptg__slab_remove(&slab, slots[(i * 37) % MANY]);
  for (int i = 0; i < MANY; i++)
    assert_int_equal(add(&slab), slots[(i * 37) % MANY]);
  for (int i = 0; i < MANY; i++)
    ptg__slab_remove(&slab, slots[i]);
  ptg__slab_fini(&slab);
}

static void a_record_is_zeroed_and_never_moves(void **state) {
  (void)state;
  enum { MANY = 3 * PTG__BLOCK_RECORDS };
  static struct record *records[MANY];
  static uint32_t slots[MANY];
  struct ptg__slab slab;
  init(&slab, PTG__KIND_TASK);
  for (int round = 0; round < 2; round++) {
    for (uint32_t i = 0; i < MANY; i++) {
      slots[i] = add(&slab);
      records[i] = ptg__slab_at(&slab, slots[i]);
      for (int w = 0; w < 4; w++) {
        assert_int_equal(records[i]->words[w], 0);
        records[i]->words[w] = i + 1;
      }
    }
    for (uint32_t i = 0; i < MANY; i++) {
      assert_ptr_equal(ptg__slab_at(&slab, slots[i]), records[i]);
      assert_int_equal(records[i]->words[3], i + 1);
      ptg__slab_remove(&slab, slots[i]);
    }
  }
  ptg__slab_fini(&slab);
}

static void garbage_is_no_handle(void **state) {
  (void)state;
  struct ptg__slab groups, tasks;
  init(&groups, PTG__KIND_GROUP);
  init(&tasks, PTG__KIND_TASK);
  uint32_t group = add(&groups), task = add(&tasks), found;
  uint64_t handle = ptg__slab_handle(&groups, group);
  uint64_t of_task = ptg__slab_handle(&tasks, task);

  assert_int_equal(ptg__slab_find(&groups, 0, &found), PTG_EINVAL);
  assert_int_equal(ptg__slab_find(&groups, 1, &found), PTG_EINVAL);
  assert_int_equal(ptg__slab_find(&groups, UINT64_MAX, &found), PTG_EINVAL);
  assert_int_equal(ptg__slab_find(&groups, of_task, &found), PTG_EKIND);
  assert_int_equal(ptg__slab_find(&tasks, handle, &found), PTG_EKIND);
  for (int bit = 0; bit < 64; bit++)
    assert_true(ptg__slab_find(&groups, handle ^ UINT64_C(1) << bit, &found) <
                0);
  for (int i = 0; i < 1000000; i++) {
    uint64_t garbage = (uint64_t)draw_below(UINT32_MAX) << 32 |
                       (uint64_t)draw_below(UINT32_MAX);
    if (i % 2) garbage = (garbage & 0xFFFFFFFFFF) | handle >> 49 << 49;
    if (garbage == handle) continue;
    ptg_status status = ptg__slab_find(&groups, garbage, &found);
    assert_true(status == PTG_EINVAL || status == PTG_EKIND ||
                status == PTG_ESTALE);
  }
  ptg__slab_remove(&groups, group);
  ptg__slab_remove(&tasks, task);
  ptg__slab_fini(&groups);
  ptg__slab_fini(&tasks);
}

static void out_of_memory_changes_nothing(void **state) {
  (void)state;
  enum { MANY = 5 * PTG__BLOCK_RECORDS + 1 };
  static uint32_t slots[MANY];
  size_t failed = 0;
  for (size_t n = 1; n < 40; n++) {
    counts = (struct counts){.fail_at = n};
    struct ptg__slab slab;
    init(&slab, PTG__KIND_TASK);
    for (uint32_t i = 0; i < MANY; i++) {
      size_t bytes = counts.bytes;
      uint32_t taken = blocks_taken;
      ptg_status status = ptg__slab_add(&slab, &slots[i]);
      if (status == PTG_OK) continue;
      failed++;
      assert_int_equal(status, PTG_ENOMEM);
      assert_int_equal(counts.bytes, bytes);
      assert_int_equal(blocks_taken, taken);
      assert_int_equal(slab.live, i);
      slots[i] = add(&slab);
    }
    for (uint32_t i = 0; i < MANY; i++)
      ptg__slab_remove(&slab, slots[i]);
    ptg__slab_fini(&slab);
    assert_int_equal(counts.bytes, 0);
  }
  /* An allocation a block, and the map of blocks twice. */
  assert_int_equal(failed, 6 + 2);
}

static void the_end_of_the_numbers_is_out_of_memory(void **state) {
  (void)state;
  enum { MANY = BLOCKS * PTG__BLOCK_RECORDS };
  static uint32_t slots[MANY];
  struct ptg__slab slab;
  init(&slab, PTG__KIND_TASK);
  for (uint32_t i = 0; i < MANY; i++)
    slots[i] = add(&slab);
  uint32_t one_more;
  assert_int_equal(ptg__slab_add(&slab, &one_more), PTG_ENOMEM);
  ptg__slab_remove(&slab, slots[7]);
  assert_int_equal(add(&slab), slots[7]);
  for (uint32_t i = 0; i < MANY; i++)
    ptg__slab_remove(&slab, slots[i]);
  ptg__slab_fini(&slab);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(no_handle_is_given_out_twice),
      CASE(no_handle_is_given_out_twice_by_any_slab),
      CASE(a_stale_handle_stays_stale_for_a_million_uses),
      CASE(a_handle_of_a_slab_that_is_gone_is_stale),
      CASE(a_spent_slot_is_retired),
      CASE(slots_are_used_again_in_the_order_they_were_freed),
      CASE(a_record_is_zeroed_and_never_moves),
      CASE(garbage_is_no_handle),
      CASE(out_of_memory_changes_nothing),
      CASE(the_end_of_the_numbers_is_out_of_memory),
  };
  return cmocka_run_group_tests_name("core/slab", tests, NULL, NULL);
}
