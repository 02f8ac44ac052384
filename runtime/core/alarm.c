/* alarm.c - see alarm.h. */
#include "alarm.h"

#include "check.h"

#define DIGIT_BITS 6

struct place {
  uint32_t level;
  uint32_t slot;
};

static struct ptg__alarm *alarm_at(const struct ptg__alarms *alarms,
                                   uint32_t slot) {
  unsigned char *record = ptg__slab_at(alarms->slab, slot);
  return (struct ptg__alarm *)(record + alarms->offset);
}

/* Where an instant lies is known from it and from `reached` alone, so an
 * alarm need not remember it. Overdue ones lie in the slot that is next. */
static struct place place_of(const struct ptg__alarms *alarms,
                             int64_t when_ns) {
  uint64_t when = (uint64_t)when_ns;
  if (when < alarms->reached) when = alarms->reached;
  uint64_t differing = when ^ alarms->reached;
  uint32_t level =
      differing ? (63 - (uint32_t)__builtin_clzll(differing)) / DIGIT_BITS : 0;
  return (struct place){level, (uint32_t)(when >> (level * DIGIT_BITS)) &
                                   (PTG__ALARM_SLOTS - 1)};
}

static void insert(struct ptg__alarms *alarms, uint32_t slot) {
  struct ptg__alarm *alarm = alarm_at(alarms, slot);
  struct place place = place_of(alarms, alarm->when_ns);
  uint32_t *first = &alarms->first[place.level][place.slot];
  uint64_t bit = UINT64_C(1) << place.slot;

  if ((alarms->occupied[place.level] & bit) == 0) {
    alarms->occupied[place.level] |= bit;
    alarm->prev = alarm->next = slot;
    *first = slot;
    return;
  }
  struct ptg__alarm *head = alarm_at(alarms, *first);
  alarm->prev = head->prev;
  alarm->next = *first;
  alarm_at(alarms, head->prev)->next = slot;
  head->prev = slot;
}

void ptg__alarms_init(struct ptg__alarms *alarms, const struct ptg__slab *slab,
                      uint32_t offset) {
  *alarms = (struct ptg__alarms){.slab = slab, .offset = offset};
}

void ptg__alarms_set(struct ptg__alarms *alarms, uint32_t slot,
                     int64_t when_ns) {
  PTG_CHECK(when_ns > 0);
  ptg__alarms_clear(alarms, slot);
  alarm_at(alarms, slot)->when_ns = when_ns;
  insert(alarms, slot);
  alarms->set++;
}

void ptg__alarms_clear(struct ptg__alarms *alarms, uint32_t slot) {
  struct ptg__alarm *alarm = alarm_at(alarms, slot);
  if (alarm->when_ns == 0) return;

  struct place place = place_of(alarms, alarm->when_ns);
  uint32_t *first = &alarms->first[place.level][place.slot];
  PTG_CHECK(alarms->occupied[place.level] & UINT64_C(1) << place.slot);
  if (alarm->next == slot) {
    alarms->occupied[place.level] &= ~(UINT64_C(1) << place.slot);
  } else {
    alarm_at(alarms, alarm->prev)->next = alarm->next;
    alarm_at(alarms, alarm->next)->prev = alarm->prev;
    if (*first == slot) *first = alarm->next;
  }
  alarm->when_ns = 0;
  alarms->set--;
}

/* The first slot that holds anything; the level is PTG__ALARM_LEVELS when
 * there is none. */
static struct place first_place(const struct ptg__alarms *alarms) {
  struct place place = {0, 0};
  while (place.level < PTG__ALARM_LEVELS && alarms->occupied[place.level] == 0)
    place.level++;
  if (place.level < PTG__ALARM_LEVELS)
    place.slot = (uint32_t)__builtin_ctzll(alarms->occupied[place.level]);
  return place;
}

static uint64_t first_instant(const struct ptg__alarms *alarms,
                              struct place place) {
  uint32_t shift = place.level * DIGIT_BITS;
  uint64_t above = shift + DIGIT_BITS < 64
                       ? alarms->reached >> (shift + DIGIT_BITS)
                                                << (shift + DIGIT_BITS)
                       : 0;
  return above | (uint64_t)place.slot << shift;
}

int64_t ptg__alarms_next(const struct ptg__alarms *alarms) {
  struct place place = first_place(alarms);
  if (place.level == PTG__ALARM_LEVELS) return INT64_MAX;
  return (int64_t)first_instant(alarms, place);
}

int64_t ptg__alarms_earliest(const struct ptg__alarms *alarms) {
  struct place place = first_place(alarms);
  if (place.level == PTG__ALARM_LEVELS) return INT64_MAX;
  uint32_t first = alarms->first[place.level][place.slot];
  int64_t earliest_ns = INT64_MAX;
  uint32_t slot = first;
  do {
    const struct ptg__alarm *alarm = alarm_at(alarms, slot);
    if (alarm->when_ns < earliest_ns) earliest_ns = alarm->when_ns;
    slot = alarm->next;
  } while (slot != first);
  return earliest_ns;
}

/* Goes on to a slot's first instant, spreading its alarms in their order. */
static void spread(struct ptg__alarms *alarms, struct place place) {
  alarms->reached = first_instant(alarms, place);
  alarms->occupied[place.level] &= ~(UINT64_C(1) << place.slot);
  uint32_t first = alarms->first[place.level][place.slot];
  uint32_t last = alarm_at(alarms, first)->prev;
  for (uint32_t slot = first;;) {
    uint32_t next = alarm_at(alarms, slot)->next;
    insert(alarms, slot);
    if (slot == last) return;
    slot = next;
  }
}

int ptg__alarms_are_due(struct ptg__alarms *alarms, int64_t now_ns) {
  for (;;) {
    struct place place = first_place(alarms);
    if (place.level == PTG__ALARM_LEVELS) return 0;
    if (first_instant(alarms, place) > (uint64_t)now_ns) return 0;
    if (place.level == 0) return 1;
    spread(alarms, place);
  }
}

uint32_t ptg__alarms_pop(struct ptg__alarms *alarms, int64_t now_ns) {
  if (!ptg__alarms_are_due(alarms, now_ns)) return PTG__NO_SLOT;
  struct place place = first_place(alarms);
  uint32_t slot = alarms->first[0][place.slot];
  alarms->reached = first_instant(alarms, place);
  ptg__alarms_clear(alarms, slot);
  return slot;
}
