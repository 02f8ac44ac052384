/* plan.c - see plan.h.
 *
 * The plan is the shutdown played through with every limit used up: down the
 * tree to see when turns come, up again to see when groups are closed.
 */
#include "plan.h"

#include "deadline.h"
#include "group.h"
#include "order.h"
#include "row.h"

#define NOBODY PTG__NO_SLOT

/* Takes first's closing as what slot waits for, if it is the last so far. */
static void wait_for(struct ptg__core *core, struct ptg__group *group,
                     uint32_t first) {
  int64_t closed_ns = ptg__group_at(core, first)->plan.closed_ns;
  if (closed_ns < group->plan.begin_ns) return;
  group->plan.begin_ns = closed_ns;
  group->plan.begins_after = first;
}

/* Siblings that come earlier in the order of turns are played through. */
static void play_begin(struct ptg__core *core, uint32_t top, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  group->plan.begin_ns = 0;
  group->plan.begins_after = NOBODY;
  if (slot == top) return;

  const struct ptg__group *parent = ptg__group_at(core, group->parent);
  group->plan.begin_ns = parent->plan.begin_ns;
  group->plan.begins_after = parent->plan.begins_after;
  if (parent->options.flags & PTG_GROUP_PARALLEL) {
    /* An edge has lost its force once either end's turn was over, or come. */
    const struct ptg__edge *edge = group->has_begun ? NULL : group->edges_in;
    for (; edge != NULL; edge = edge->next_in)
      if (ptg__group_at(core, edge->first)->state != PTG_GROUP_CLOSED)
        wait_for(core, group, edge->first);
  } else if (group->turn_prev != NOBODY) {
    wait_for(core, group, group->turn_prev);
  }
}

static void play_deadline(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (group->options.deadline_ns == 0) return;
  int64_t by_ns = ptg__limit_add(group->plan.begin_ns,
                                 ptg__limit(group->options.deadline_ns));
  if (by_ns >= group->plan.share.close_by_ns) return;
  group->plan.share.close_by_ns = by_ns;
  ptg__deadline_share(core, slot, group->plan.begin_ns, PTG__SHARE_PLAN);
}

static void play_own(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  const struct ptg__share *share = &group->plan.share;
  group->plan.drain_ns = group->plan.begin_ns;
  group->plan.drains_after = group->plan.begins_after;
  for (uint32_t at = group->turn_first; at != NOBODY;
       at = ptg__group_at(core, at)->turn_next) {
    int64_t closed_ns = ptg__group_at(core, at)->plan.closed_ns;
    if (closed_ns < group->plan.drain_ns) continue;
    group->plan.drain_ns = closed_ns;
    group->plan.drains_after = at;
  }
  group->plan.cancel_ns =
      ptg__limit_cancel_at(group, share, group->plan.drain_ns, 0);
  int64_t give_up_ns =
      ptg__limit_give_up_at(group, share, group->plan.cancel_ns);
  int64_t killed_ns = ptg__limit_add(give_up_ns, ptg__limit_kill_wait(group));
  /* Whose deadline was over before its turn is closed in the turn. */
  int64_t closed_ns =
      killed_ns < share->close_by_ns ? killed_ns : share->close_by_ns;
  group->plan.closed_ns =
      closed_ns > group->plan.cancel_ns ? closed_ns : group->plan.cancel_ns;
}

static void enter(struct ptg__core *core, uint32_t top, uint32_t slot) {
  play_begin(core, top, slot);
  play_deadline(core, slot);
  ptg__order_children(core, slot);
}

/* Down to the first leaf from slot, entering on the way. */
static uint32_t descend(struct ptg__core *core, uint32_t top, uint32_t slot) {
  for (;;) {
    enter(core, top, slot);
    uint32_t child = ptg__group_at(core, slot)->turn_first;
    if (child == NOBODY) return slot;
    slot = child;
  }
}

/* Plays the shutdown through; returns how many groups take part, and links
 * them through heap_next, the last one left first. */
static size_t play(struct ptg__core *core, uint32_t top, uint32_t *list) {
  size_t count = 0;
  *list = NOBODY;
  uint32_t slot = descend(core, top, top);
  for (;;) {
    struct ptg__group *group = ptg__group_at(core, slot);
    play_own(core, slot);
    group->is_critical = 0;
    group->heap_next = *list;
    *list = slot;
    count++;
    if (slot == top) return count;
    slot = group->turn_next != NOBODY ? descend(core, top, group->turn_next)
                                      : group->parent;
  }
}

static void mark_critical(struct ptg__core *core, uint32_t top) {
  uint32_t at = top;
  while (at != NOBODY) {
    struct ptg__group *group = ptg__group_at(core, at);
    group->is_critical = 1;
    at = group->plan.drains_after;
  }
}

static int64_t option_of(int64_t limit_ns) {
  return limit_ns == INT64_MAX ? PTG_FOREVER : limit_ns;
}

static ptg_plan_step step_of(const struct ptg__core *core, uint32_t slot) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  return (ptg_plan_step){.size = sizeof(ptg_plan_step),
                         .is_critical = group->is_critical,
                         .group = ptg__group_handle(core, slot),
                         .waits_for =
                             ptg__group_handle(core, group->plan.drains_after),
                         .begin_ns = option_of(group->plan.drain_ns),
                         .cancel_ns = option_of(group->plan.cancel_ns),
                         .closed_ns = option_of(group->plan.closed_ns)};
}

static int drains_earlier(const struct ptg__group *one,
                          const struct ptg__group *other) {
  return one->plan.drain_ns < other->plan.drain_ns;
}

size_t ptg__plan_make(struct ptg__core *core, uint32_t top, void *steps,
                      size_t step_size, size_t capacity) {
  for (uint32_t at = top; at != NOBODY; at = ptg__group_walk(core, top, at))
    ptg__group_at(core, at)->plan.share = (struct ptg__share){INT64_MAX, 0};

  uint32_t list;
  size_t count = play(core, top, &list);
  if (count > capacity) return count;
  mark_critical(core, top);
  unsigned char *out = steps;
  for (uint32_t at = ptg__group_sort(core, list, drains_earlier); at != NOBODY;
       at = ptg__group_at(core, at)->heap_next) {
    ptg_plan_step step = step_of(core, at);
    ptg__row_copy(out, step_size, &step, sizeof(step));
    out += step_size;
  }
  return count;
}
