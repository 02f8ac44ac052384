/* test_core_alarm.c - the timing wheel against a list that is kept sorted.
 *
 * The list knows nothing of wheels: what it says is due first has to ring
 * first. An instant that is over when it is set counts as the wheel's own time.
 */
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/alarm.h"

#define RECORDS 300
#define YEAR_NS INT64_C(31536000000000000)

struct record {
  uint32_t link; /* the slab's, while free */
  uint32_t reserved;
  struct ptg__alarm alarm;
};

struct expected {
  int64_t due_ns;
  int64_t when_ns;
  uint32_t slot;
};

struct bench {
  struct ptg__memory memory;
  struct ptg__slab slab;
  struct ptg__alarms alarms;
  uint32_t slots[RECORDS];
  struct expected list[RECORDS]; /* the first one due first */
  size_t listed;
  int64_t now_ns;
};

static ptg_status take_number(uint32_t *number, uint32_t *generation) {
  *number = 3;
  *generation = 7;
  return PTG_OK;
}

static void give_number(uint32_t number, uint32_t generation) {
  assert_int_equal(number, 3);
  assert_true(generation >= 7);
}

static const struct ptg__block_source SOURCE = {take_number, give_number};

/* ------------------------------------------------------------ randomness -- */

static uint64_t seed = UINT64_C(0x9E3779B97F4A7C15);

static uint64_t draw(void) {
  seed ^= seed << 13;
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return seed;
}

static uint64_t draw_below(uint64_t limit) {
  return draw() % limit;
}

/* From a nanosecond to ten years, every order of magnitude as likely. */
static int64_t draw_duration(void) {
  uint64_t bits = draw_below(58);
  return (int64_t)(draw() & ((UINT64_C(2) << bits) - 1)) % (10 * YEAR_NS);
}

static int64_t later(int64_t instant_ns, int64_t duration_ns) {
  return instant_ns > INT64_MAX - duration_ns ? INT64_MAX
                                              : instant_ns + duration_ns;
}

/* -------------------------------------------------------------- the list -- */

static void list_remove(struct bench *bench, uint32_t slot) {
  for (size_t i = 0; i < bench->listed; i++) {
    if (bench->list[i].slot != slot) continue;
    bench->listed--;
    memmove(bench->list + i, bench->list + i + 1,
            (bench->listed - i) * sizeof(bench->list[0]));
    return;
  }
}

static void list_add(struct bench *bench, uint32_t slot, int64_t when_ns) {
  int64_t reached = (int64_t)bench->alarms.reached;
  int64_t due_ns = when_ns > reached ? when_ns : reached;
  size_t at = bench->listed++;
  for (; at > 0 && bench->list[at - 1].due_ns > due_ns; at--)
    bench->list[at] = bench->list[at - 1];
  bench->list[at] = (struct expected){due_ns, when_ns, slot};
}

/* ------------------------------------------------------------ operations -- */

static void begin(struct bench *bench, int64_t now_ns) {
  memset(bench, 0, sizeof(*bench));
  bench->memory.alloc = ptg__memory_default;
  ptg__slab_init(&bench->slab, &bench->memory, &SOURCE, PTG__KIND_TASK,
                 sizeof(struct record));
  ptg__alarms_init(&bench->alarms, &bench->slab,
                   offsetof(struct record, alarm));
  for (size_t i = 0; i < RECORDS; i++)
    assert_int_equal(ptg__slab_add(&bench->slab, &bench->slots[i]), PTG_OK);
  bench->now_ns = now_ns;
}

static void end(struct bench *bench) {
  for (size_t i = 0; i < RECORDS; i++)
    ptg__slab_remove(&bench->slab, bench->slots[i]);
  ptg__slab_fini(&bench->slab);
}

static void set(struct bench *bench, uint32_t slot, int64_t when_ns) {
  list_remove(bench, slot);
  ptg__alarms_set(&bench->alarms, slot, when_ns);
  list_add(bench, slot, when_ns);
}

static void clear(struct bench *bench, uint32_t slot) {
  list_remove(bench, slot);
  ptg__alarms_clear(&bench->alarms, slot);
}

static int64_t draw_instant(struct bench *bench) {
  switch (draw_below(8)) {
  case 0: /* the same instant as another's */
    if (bench->listed == 0) return 1;
    return bench->list[draw_below(bench->listed)].when_ns;
  case 1: /* over */
    return 1 + (int64_t)draw_below((uint64_t)bench->now_ns);
  case 2:
    return bench->now_ns;
  case 3: /* on the border of a wheel's slot */
    return later(bench->now_ns >> 12 << 12, (1 + (int64_t)draw_below(70))
                                                << 12);
  case 4:
    return draw_below(50) == 0 ? INT64_MAX : later(bench->now_ns, 1);
  default:
    return later(bench->now_ns, 1 + draw_duration());
  }
}

static void check_next(struct bench *bench) {
  int64_t next_ns = ptg__alarms_next(&bench->alarms);
  assert_int_equal(bench->alarms.set, bench->listed);
  assert_true(bench->alarms.reached <= (uint64_t)bench->now_ns);
  if (bench->listed == 0) {
    assert_int_equal(next_ns, INT64_MAX);
    assert_int_equal(ptg__alarms_earliest(&bench->alarms), INT64_MAX);
    return;
  }
  assert_true(next_ns <= bench->list[0].due_ns);
  /* Overdue ones may be earlier still than the first to ring. */
  assert_true(ptg__alarms_earliest(&bench->alarms) <= bench->list[0].due_ns);
  if (bench->list[0].due_ns > bench->now_ns)
    assert_int_equal(ptg__alarms_earliest(&bench->alarms),
                     bench->list[0].due_ns);
}

/* Pops one alarm, which has to be the list's first, if that is due. */
static int pop(struct bench *bench) {
  uint32_t slot = ptg__alarms_pop(&bench->alarms, bench->now_ns);
  if (bench->listed == 0 || bench->list[0].due_ns > bench->now_ns) {
    assert_int_equal(slot, PTG__NO_SLOT);
    /* Or else whoever sleeps until then would never sleep. */
    assert_true(bench->now_ns == INT64_MAX ||
                ptg__alarms_next(&bench->alarms) > bench->now_ns);
    return 0;
  }
  assert_int_equal(slot, bench->list[0].slot);
  list_remove(bench, slot);
  return 1;
}

static void move_time(struct bench *bench) {
  int64_t next_ns = ptg__alarms_next(&bench->alarms);
  if (draw_below(2) == 0 && next_ns != INT64_MAX) {
    if (next_ns > bench->now_ns) bench->now_ns = next_ns;
    return;
  }
  bench->now_ns =
      later(bench->now_ns, draw_duration() / (1 + (int64_t)draw_below(1000)));
}

static void step(struct bench *bench) {
  uint32_t slot = bench->slots[draw_below(RECORDS)];
  switch (draw_below(8)) {
  case 0:
    clear(bench, slot);
    break;
  case 1:
    move_time(bench);
    while (pop(bench)) {
    }
    break;
  case 2:
    pop(bench);
    break;
  default:
    set(bench, slot, draw_instant(bench));
    break;
  }
  check_next(bench);
}

/* ----------------------------------------------------------------- cases -- */

static void a_million_operations_ring_as_a_sorted_list_would(void **state) {
  (void)state;
  struct bench bench;
  for (int round = 0; round < 500; round++) {
    begin(&bench, 1 + draw_duration());
    for (int i = 0; i < 2000; i++)
      step(&bench);
    /* INT64_MAX rings too, at the end of time. */
    bench.now_ns = INT64_MAX;
    while (pop(&bench)) {
    }
    assert_int_equal(bench.listed, 0);
    end(&bench);
  }
}

static void equal_instants_ring_in_the_order_they_were_set(void **state) {
  (void)state;
  struct bench bench;
  begin(&bench, 1);
  int64_t when_ns = 12345678901;
  /* Half of them from afar, half when the wheel has come close. */
  for (size_t i = 0; i < RECORDS / 2; i++)
    ptg__alarms_set(&bench.alarms, bench.slots[i], when_ns);
  for (int64_t now_ns = 1; now_ns < when_ns; now_ns += 100000007)
    assert_int_equal(ptg__alarms_pop(&bench.alarms, now_ns), PTG__NO_SLOT);
  for (size_t i = RECORDS / 2; i < RECORDS; i++)
    ptg__alarms_set(&bench.alarms, bench.slots[i], when_ns);

  assert_int_equal(ptg__alarms_pop(&bench.alarms, when_ns - 1), PTG__NO_SLOT);
  for (size_t i = 0; i < RECORDS; i++)
    assert_int_equal(ptg__alarms_pop(&bench.alarms, when_ns), bench.slots[i]);
  assert_int_equal(ptg__alarms_pop(&bench.alarms, when_ns), PTG__NO_SLOT);
  end(&bench);
}

static void whoever_asks_again_gets_there_within_the_levels(void **state) {
  (void)state;
  struct bench bench;
  for (int round = 0; round < 2000; round++) {
    begin(&bench, 1 + draw_duration());
    int64_t when_ns = bench.now_ns + 1 + draw_duration();
    ptg__alarms_set(&bench.alarms, bench.slots[0], when_ns);
    int asked = 0;
    int64_t next_ns;
    do {
      assert_true(++asked <= PTG__ALARM_LEVELS + 1);
      next_ns = ptg__alarms_next(&bench.alarms);
      assert_true(next_ns <= when_ns);
    } while (ptg__alarms_pop(&bench.alarms, next_ns) == PTG__NO_SLOT);
    assert_int_equal(next_ns, when_ns);
    end(&bench);
  }
}

static void overdue_alarms_ring_at_once(void **state) {
  (void)state;
  struct bench bench;
  begin(&bench, 1);
  ptg__alarms_set(&bench.alarms, bench.slots[0], 1000);
  assert_int_equal(ptg__alarms_pop(&bench.alarms, 5000), bench.slots[0]);
  ptg__alarms_set(&bench.alarms, bench.slots[1], 2);
  ptg__alarms_set(&bench.alarms, bench.slots[2], 999);
  assert_true(ptg__alarms_next(&bench.alarms) <= 5000);
  /* One that is taken back before it rings must be found where it lies. */
  ptg__alarms_clear(&bench.alarms, bench.slots[1]);
  assert_int_equal(ptg__alarms_pop(&bench.alarms, 5000), bench.slots[2]);
  assert_int_equal(ptg__alarms_pop(&bench.alarms, 5000), PTG__NO_SLOT);
  end(&bench);
}

static void a_cleared_alarm_never_rings(void **state) {
  (void)state;
  struct bench bench;
  begin(&bench, 1);
  for (size_t i = 0; i < RECORDS; i++)
    ptg__alarms_set(&bench.alarms, bench.slots[i], 1 + draw_duration());
  for (size_t i = 0; i < RECORDS; i++) {
    ptg__alarms_clear(&bench.alarms, bench.slots[i]);
    ptg__alarms_clear(&bench.alarms, bench.slots[i]);
  }
  assert_int_equal(bench.alarms.set, 0);
  assert_int_equal(ptg__alarms_next(&bench.alarms), INT64_MAX);
  assert_int_equal(ptg__alarms_pop(&bench.alarms, INT64_MAX), PTG__NO_SLOT);
  end(&bench);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_million_operations_ring_as_a_sorted_list_would),
      cmocka_unit_test(equal_instants_ring_in_the_order_they_were_set),
      cmocka_unit_test(whoever_asks_again_gets_there_within_the_levels),
      cmocka_unit_test(overdue_alarms_ring_at_once),
      cmocka_unit_test(a_cleared_alarm_never_rings),
  };
  return cmocka_run_group_tests_name("core/alarm", tests, NULL, NULL);
}
