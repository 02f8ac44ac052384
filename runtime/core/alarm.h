/* alarm.h - instants at which a record wants to be woken.
 *
 * A timing wheel of eleven levels of 64 slots, exact to the nanosecond: an
 * alarm lies at the level of the highest base-64 digit in which its instant
 * differs from the wheel's own time, `reached`. Going on to a slot's first
 * instant spreads that slot over the levels below. Setting and clearing are
 * O(1) and need no memory, an alarm moves at most once a level, and alarms of
 * the same instant ring in the order in which they were set. The idea is the
 * radix heap's (Ahuja, Mehlhorn, Orlin, Tarjan, 1990).
 */
#ifndef PTG_CORE_ALARM_H
#define PTG_CORE_ALARM_H

#include "slab.h"

#define PTG__ALARM_LEVELS 11
#define PTG__ALARM_SLOTS 64

/* Part of a record; zeroed is "not set". */
struct ptg__alarm {
  int64_t when_ns; /* 0: not set */
  uint32_t prev;   /* in a ring of the alarms of one wheel slot */
  uint32_t next;
};

struct ptg__alarms {
  const struct ptg__slab *slab;
  uint32_t offset; /* of the alarm in a record */
  uint32_t set;    /* how many are set */
  uint64_t reached;
  uint64_t occupied[PTG__ALARM_LEVELS];
  uint32_t first[PTG__ALARM_LEVELS][PTG__ALARM_SLOTS];
};

void ptg__alarms_init(struct ptg__alarms *alarms, const struct ptg__slab *slab,
                      uint32_t offset);

/* Sets the alarm of a record, in place of the one set before. An instant that
 * is over rings at once; when_ns must be above 0. */
void ptg__alarms_set(struct ptg__alarms *alarms, uint32_t slot,
                     int64_t when_ns);
void ptg__alarms_clear(struct ptg__alarms *alarms, uint32_t slot);

/* No alarm rings before this instant; INT64_MAX: none is set. Ask again when
 * it has come: only a wheel's lowest level knows the instant exactly. */
int64_t ptg__alarms_next(const struct ptg__alarms *alarms);

/* The earliest instant that is set, exactly; INT64_MAX: none is. Looks at every
 * alarm of a wheel slot. */
int64_t ptg__alarms_earliest(const struct ptg__alarms *alarms);

/* True if an alarm is due; goes on to the slots whose instants have come. */
int ptg__alarms_are_due(struct ptg__alarms *alarms, int64_t now_ns);

/* Takes off an alarm that is due, the earliest first, or PTG__NO_SLOT. */
uint32_t ptg__alarms_pop(struct ptg__alarms *alarms, int64_t now_ns);

#endif
