/* deadline.c - see deadline.h. */
#include "deadline.h"

#include "group.h"
#include "order.h"

#define NOBODY PTG__NO_SLOT

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}
static int64_t most(int64_t a, int64_t b) {
  return a > b ? a : b;
}

int64_t ptg__limit(int64_t option_ns) {
  if (option_ns == PTG_FOREVER) return INT64_MAX;
  return option_ns == PTG_AT_ONCE ? 0 : option_ns;
}

int64_t ptg__limit_add(int64_t a, int64_t b) {
  return a > INT64_MAX - b ? INT64_MAX : a + b;
}

int64_t ptg__limit_grace(const struct ptg__group *group) {
  if (group->is_forced) return 0;
  return least(ptg__limit(group->options.grace_ns), group->grace_cap_ns);
}

int64_t ptg__limit_cancel_wait(const struct ptg__group *group) {
  return least(ptg__limit(group->options.cancel_wait_ns),
               group->cancel_wait_cap_ns);
}

int64_t ptg__limit_kill_wait(const struct ptg__group *group) {
  return group->killable > 0 ? PTG_KILL_WAIT_NS : 0;
}

int64_t ptg__limit_cancel_at(const struct ptg__group *group,
                             const struct ptg__share *share, int64_t drain_ns,
                             int64_t given_ns) {
  int64_t at_ns = ptg__limit_add(drain_ns, ptg__limit_grace(group));
  if (share->close_by_ns == INT64_MAX) return at_ns;
  /* Only a deadline can tell how much may be given beyond the grace. */
  at_ns = most(at_ns, given_ns);
  return most(drain_ns, least(at_ns, share->close_by_ns - share->reserve_ns));
}

int64_t ptg__limit_give_up_at(const struct ptg__group *group,
                              const struct ptg__share *share,
                              int64_t cancel_ns) {
  int64_t at_ns = ptg__limit_add(cancel_ns, ptg__limit_cancel_wait(group));
  if (share->close_by_ns == INT64_MAX) return at_ns;
  /* Killing takes its part of a reserve that is too short for both. */
  int64_t kill_ns = least(ptg__limit_kill_wait(group), share->reserve_ns / 2);
  return most(cancel_ns, least(at_ns, share->close_by_ns - kill_ns));
}

static struct ptg__share *share_of(struct ptg__group *group,
                                   enum ptg__share_for which) {
  return which == PTG__SHARE_REAL ? &group->share : &group->plan.share;
}

/* A deadline that is being shared out. */
struct sharing {
  enum ptg__share_for which;
  int64_t now_ns;
  int64_t left_ns;
};

/* What a group needs for its own cancel phase, or for the rest of it. */
static int64_t own_need(const struct ptg__group *group,
                        const struct sharing *sharing) {
  if (group->state == PTG_GROUP_CLOSED) return 0;
  int64_t need_ns = ptg__limit_cancel_wait(group);
  int64_t kill_ns = ptg__limit_kill_wait(group);
  int is_under_way =
      group->state == PTG_GROUP_CANCELLING && sharing->which == PTG__SHARE_REAL;
  if (is_under_way && (group->alarm.when_ns != 0 || group->is_killing)) {
    need_ns = most(0, group->alarm.when_ns - sharing->now_ns);
    if (group->is_killing) kill_ns = 0;
  }
  return least(ptg__limit_add(need_ns, kill_ns), sharing->left_ns);
}

/* Sets need_ns of a group, and tail_ns of its children: what is needed after
 * each of them by its siblings. The children's needs are known. */
static void sum_up(struct ptg__core *core, uint32_t slot,
                   const struct sharing *sharing) {
  ptg__order_children(core, slot);
  struct ptg__group *parent = ptg__group_at(core, slot);
  int is_parallel = (parent->options.flags & PTG_GROUP_PARALLEL) != 0;
  int64_t span_ns = 0;
  for (uint32_t at = parent->turn_last; at != NOBODY;) {
    struct ptg__group *child = ptg__group_at(core, at);
    child->tail_ns = is_parallel ? 0 : span_ns;
    const struct ptg__edge *edge = is_parallel ? child->edges_out : NULL;
    for (; edge != NULL; edge = edge->next_out) {
      const struct ptg__group *later = ptg__group_at(core, edge->later);
      if (later->has_begun) continue;
      child->tail_ns =
          most(child->tail_ns, ptg__limit_add(later->need_ns, later->tail_ns));
    }
    span_ns = most(span_ns, ptg__limit_add(child->need_ns, child->tail_ns));
    at = child->turn_prev;
  }
  parent->need_ns = ptg__limit_add(span_ns, own_need(parent, sharing));
}

/* part of a whole that has shrunk from need_ns to left_ns. */
static int64_t scaled(int64_t part_ns, int64_t need_ns, int64_t left_ns) {
  __extension__ typedef unsigned __int128 wide;
  if (need_ns <= left_ns) return part_ns;
  return (int64_t)((wide)part_ns * (wide)left_ns / (wide)need_ns);
}

void ptg__deadline_forget(struct ptg__core *core, uint32_t top) {
  ptg__group_at(core, top)->keeps_share = 0;
  uint32_t at = ptg__group_walk(core, top, top);
  for (; at != NOBODY; at = ptg__group_walk(core, top, at)) {
    struct ptg__group *group = ptg__group_at(core, at);
    const struct ptg__group *parent = ptg__group_at(core, group->parent);
    group->keeps_share = parent->keeps_share || group->has_deadline;
    if (!group->keeps_share) group->share = (struct ptg__share){INT64_MAX, 0};
  }
}

void ptg__deadline_share(struct ptg__core *core, uint32_t top, int64_t now_ns,
                         enum ptg__share_for which) {
  int64_t left_ns =
      most(0, share_of(ptg__group_at(core, top), which)->close_by_ns - now_ns);
  const struct sharing sharing = {which, now_ns, left_ns};
  for (uint32_t at = ptg__group_deepest(core, top); at != NOBODY;
       at = ptg__group_walk_up(core, top, at))
    sum_up(core, at, &sharing);

  int64_t need_ns = ptg__group_at(core, top)->need_ns;
  for (uint32_t at = top; at != NOBODY; at = ptg__group_walk(core, top, at)) {
    struct ptg__group *group = ptg__group_at(core, at);
    struct ptg__share *share = share_of(group, which);
    int64_t reserve_ns = scaled(own_need(group, &sharing), need_ns, left_ns);
    group->keeps_share = 0;
    if (at == top) {
      share->reserve_ns = reserve_ns;
      continue;
    }
    /* A share of before that ends no later stays, with all below it: parts of
     * two ways to share would not add up. */
    struct ptg__group *parent = ptg__group_at(core, group->parent);
    int64_t after_ns =
        ptg__limit_add(own_need(parent, &sharing), group->tail_ns);
    int64_t by_ns = share_of(parent, which)->close_by_ns -
                    scaled(after_ns, need_ns, left_ns);
    group->keeps_share = parent->keeps_share || by_ns >= share->close_by_ns;
    if (!group->keeps_share) *share = (struct ptg__share){by_ns, reserve_ns};
  }
}
