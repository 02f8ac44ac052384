/* order.c - see order.h. */
#include "order.h"

#include <stdio.h>
#include <string.h>

#include "check.h"
#include "group.h"

#define NOBODY PTG__NO_SLOT

/* ---------------------------------------------------------------- edges -- */

static int has_edge(const struct ptg__core *core, uint32_t first,
                    uint32_t later) {
  const struct ptg__edge *edge = ptg__group_at(core, first)->edges_out;
  while (edge != NULL && edge->later != later)
    edge = edge->next_out;
  return edge != NULL;
}

/* ---------------------------------------------------------------- ranks -- */

/* Siblings that have had an edge are kept in a list in which every edge leads
 * onward, and numbered along it; a rank of 0 is outside. So an edge between two
 * of them that leads onward closes no circle, nor does one to or from a sibling
 * that has had none. Ranks have gaps, in which others find room. */

#define RANK_GAP (UINT64_C(1) << 32)
#define RANK_START (UINT64_C(1) << 62) /* of a list, with room before it */

static uint64_t rank_of(const struct ptg__core *core, uint32_t slot) {
  return ptg__group_at(core, slot)->rank;
}

/* Invariant: ranks grow along the list, which leads back as it leads on. */
static int is_ranked(const struct ptg__core *core,
                     const struct ptg__group *parent) {
  uint32_t prev = NOBODY;
  uint64_t rank = 0;
  for (uint32_t at = parent->rank_first; at != NOBODY;
       at = ptg__group_at(core, at)->rank_next) {
    if (ptg__group_at(core, at)->rank_prev != prev) return 0;
    if (rank_of(core, at) <= rank) return 0;
    rank = rank_of(core, at);
    prev = at;
  }
  return parent->rank_last == prev;
}

static void widen_gaps(struct ptg__core *core,
                       const struct ptg__group *parent) {
  uint64_t rank = RANK_START;
  for (uint32_t at = parent->rank_first; at != NOBODY;
       at = ptg__group_at(core, at)->rank_next)
    ptg__group_at(core, at)->rank = rank += RANK_GAP;
}

/* The links of the list that lead on from prev, and back from next, which may
 * be nobody. */
static uint32_t *link_from(const struct ptg__core *core,
                           struct ptg__group *parent, uint32_t prev) {
  return prev == NOBODY ? &parent->rank_first
                        : &ptg__group_at(core, prev)->rank_next;
}

static uint32_t *link_back_from(const struct ptg__core *core,
                                struct ptg__group *parent, uint32_t next) {
  return next == NOBODY ? &parent->rank_last
                        : &ptg__group_at(core, next)->rank_prev;
}

static uint64_t gap_after(const struct ptg__core *core,
                          struct ptg__group *parent, uint32_t prev) {
  uint32_t next = *link_from(core, parent, prev);
  uint64_t low = prev == NOBODY ? 0 : rank_of(core, prev);
  return (next == NOBODY ? UINT64_MAX : rank_of(core, next)) - low;
}

/* Puts a sibling behind prev, which may be nobody. */
static void put_behind(struct ptg__core *core, struct ptg__group *parent,
                       uint32_t prev, uint32_t slot, uint64_t rank) {
  struct ptg__group *group = ptg__group_at(core, slot);
  uint32_t *to_it = link_from(core, parent, prev);
  group->rank = rank;
  group->rank_prev = prev;
  group->rank_next = *to_it;
  *to_it = slot;
  *link_back_from(core, parent, group->rank_next) = slot;
}

static void put_first(struct ptg__core *core, struct ptg__group *parent,
                      uint32_t slot) {
  if (gap_after(core, parent, NOBODY) < 2) widen_gaps(core, parent);
  uint64_t half = gap_after(core, parent, NOBODY) / 2;
  uint64_t top = rank_of(core, parent->rank_first);
  put_behind(core, parent, NOBODY, slot,
             top - (half < RANK_GAP ? half : RANK_GAP));
}

/* Puts a list of `count` siblings, through heap_next, behind prev. */
static void put_list(struct ptg__core *core, struct ptg__group *parent,
                     uint32_t prev, uint32_t list, uint64_t count) {
  if (gap_after(core, parent, prev) <= count) widen_gaps(core, parent);
  uint64_t step = gap_after(core, parent, prev) / (count + 1);
  if (step > RANK_GAP) step = RANK_GAP;
  uint64_t rank = prev == NOBODY ? 0 : rank_of(core, prev);
  for (uint32_t at = list; at != NOBODY;
       at = ptg__group_at(core, at)->heap_next) {
    put_behind(core, parent, prev, at, rank += step);
    prev = at;
  }
}

static void put_last(struct ptg__core *core, struct ptg__group *parent,
                     uint32_t slot) {
  ptg__group_at(core, slot)->heap_next = NOBODY;
  put_list(core, parent, parent->rank_last, slot, 1);
}

void ptg__order_leave(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (group->rank == 0) return;
  struct ptg__group *parent = ptg__group_at(core, group->parent);
  *link_from(core, parent, group->rank_prev) = group->rank_next;
  *link_back_from(core, parent, group->rank_next) = group->rank_prev;
  group->rank = 0;
}

/* -------------------------------------------------------------- circles -- */

/* An edge that leads back closes a circle if there is a way from its later end
 * to its first. It is looked for from both, among the ranks between them, and
 * always on the side that has seen fewer edges. Once one side has seen all that
 * it can reach, there is no such way, and what it has reached moves past the
 * other end of the edge (Haeupler, Kavitha, Mathew, Sen, Tarjan, 2012). */
struct walk {
  uint32_t first; /* whom it has reached, through heap_next */
  uint32_t last;
  uint32_t at;    /* whose edges are seen next */
  uint64_t count; /* of whom it has reached */
  uint64_t edges; /* which it has seen */
  uint64_t mark;  /* of whom it has reached */
};

static void reach(struct ptg__core *core, struct walk *walk, uint32_t slot,
                  uint32_t from) {
  struct ptg__group *group = ptg__group_at(core, slot);
  group->mark = walk->mark;
  group->via = from;
  group->heap_next = NOBODY;
  if (walk->at == NOBODY) walk->at = slot;
  ptg__group_at(core, walk->last)->heap_next = slot;
  walk->last = slot;
  walk->count++;
}

static struct walk walk_from(struct ptg__core *core, uint32_t slot) {
  struct walk walk = {slot, slot, NOBODY, 0, 0, ++core->marks};
  reach(core, &walk, slot, NOBODY);
  ptg__group_at(core, slot)->heap_next = NOBODY;
  return walk;
}

/* Turns round the way on from there, so that `via` leads back all along. */
static void join_ways(struct ptg__core *core, uint32_t here, uint32_t there) {
  while (there != NOBODY) {
    uint32_t next = ptg__group_at(core, there)->via;
    ptg__group_at(core, there)->via = here;
    here = there;
    there = next;
  }
}

/* Sees the edges of one more group; answers 1 if the walks have met. */
static int go_on(struct ptg__core *core, struct walk *after, uint64_t met,
                 uint64_t bound) {
  uint32_t at = after->at;
  const struct ptg__edge *edge = ptg__group_at(core, at)->edges_out;
  after->at = ptg__group_at(core, at)->heap_next;
  for (; edge != NULL; edge = edge->next_out) {
    const struct ptg__group *group = ptg__group_at(core, edge->later);
    after->edges++;
    if (group->mark == met) {
      join_ways(core, at, edge->later);
      return 1;
    }
    if (group->rank < bound && group->mark != after->mark)
      reach(core, after, edge->later, at);
  }
  return 0;
}

static int go_back(struct ptg__core *core, struct walk *before, uint64_t met,
                   uint64_t bound) {
  uint32_t at = before->at;
  const struct ptg__edge *edge = ptg__group_at(core, at)->edges_in;
  before->at = ptg__group_at(core, at)->heap_next;
  for (; edge != NULL; edge = edge->next_in) {
    const struct ptg__group *group = ptg__group_at(core, edge->first);
    before->edges++;
    if (group->mark == met) {
      join_ways(core, edge->first, at);
      return 1;
    }
    if (group->rank > bound && group->mark != before->mark)
      reach(core, before, edge->first, at);
  }
  return 0;
}

static int has_lower_rank(const struct ptg__group *one,
                          const struct ptg__group *other) {
  return one->rank < other->rank;
}

/* Takes whom a walk has reached out of the list, in the order of their ranks.
 */
static uint32_t take_out(struct ptg__core *core, const struct walk *walk) {
  uint32_t list = ptg__group_sort(core, walk->first, has_lower_rank);
  for (uint32_t at = list; at != NOBODY;
       at = ptg__group_at(core, at)->heap_next)
    ptg__order_leave(core, at);
  return list;
}

/* Answers 0 if an edge, which leads back, would close a circle, along which
 * `via` then leads from first back to later. */
static int turn_round(struct ptg__core *core, struct ptg__group *parent,
                      uint32_t first, uint32_t later) {
  struct walk after = walk_from(core, later);
  struct walk before = walk_from(core, first);
  uint64_t low = rank_of(core, later), high = rank_of(core, first);
  while (after.at != NOBODY && before.at != NOBODY) {
    int have_met = after.edges <= before.edges
                       ? go_on(core, &after, before.mark, high)
                       : go_back(core, &before, after.mark, low);
    if (have_met) return 0;
  }
  if (after.at == NOBODY) {
    uint32_t list = take_out(core, &after);
    put_list(core, parent, first, list, after.count);
  } else {
    uint32_t list = take_out(core, &before);
    put_list(core, parent, ptg__group_at(core, later)->rank_prev, list,
             before.count);
  }
  return 1;
}

/* Makes first's rank the lower one, or answers 0 as turn_round() does. */
static int rank_before(struct ptg__core *core, uint32_t first, uint32_t later) {
  if (first == later) return 0;
  struct ptg__group *parent =
      ptg__group_at(core, ptg__group_at(core, first)->parent);
  if (rank_of(core, later) == 0) {
    if (rank_of(core, first) == 0) put_last(core, parent, first);
    put_last(core, parent, later);
  } else if (rank_of(core, first) == 0) {
    put_first(core, parent, first);
  }
  return rank_of(core, first) < rank_of(core, later) ||
         turn_round(core, parent, first, later);
}

/* Names the circle that an edge first -> later would close, from first round
 * to first; `via` leads back from first to later. */
static ptg_status refuse_circle(struct ptg__core *core, uint32_t first,
                                uint32_t later) {
  char way[sizeof(core->error_message) / 2];
  size_t used = 0;
  way[0] = '\0';
  for (uint32_t at = first; used < sizeof(way) - 1;
       at = ptg__group_at(core, at)->via) {
    const char *name = ptg__group_at(core, at)->name.bytes;
    char longer[sizeof(way)];
    int length = snprintf(longer, sizeof(longer), " -> %s%s", name, way);
    used = length < 0 ? sizeof(way) : (size_t)length;
    memcpy(way, longer, sizeof(way));
    if (at == later) break;
  }
  way[sizeof(way) - 1] = '\0';
  return ptg__core_fail(core, PTG_ECYCLE, "the order would be a circle: %s%s",
                        ptg__group_at(core, first)->name.bytes, way);
}

static ptg_status check_ends(struct ptg__core *core, uint32_t first,
                             uint32_t later) {
  const struct ptg__group *a = ptg__group_at(core, first);
  const struct ptg__group *b = ptg__group_at(core, later);
  if (a->parent != b->parent || a->parent == NOBODY)
    return ptg__core_fail(core, PTG_EINVAL,
                          "\"%s\" and \"%s\" are not siblings", a->name.bytes,
                          b->name.bytes);
  const struct ptg__group *closing = a->is_ending ? a : b->is_ending ? b : NULL;
  if (closing == NULL) return PTG_OK;
  return ptg__core_fail(core, PTG_ECLOSED, "\"%s\" is being shut down",
                        closing->name.bytes);
}

ptg_status ptg__order_add_edge(struct ptg__core *core, uint32_t first,
                               uint32_t later) {
  ptg_status status = check_ends(core, first, later);
  if (status != PTG_OK) return status;
  if (has_edge(core, first, later)) return PTG_OK;
  if (!rank_before(core, first, later))
    return refuse_circle(core, first, later);

  struct ptg__edge *edge = ptg__memory_take(&core->memory, sizeof(*edge));
  if (edge == NULL)
    return ptg__core_fail(core, PTG_ENOMEM, "no memory for an order edge");
  struct ptg__group *a = ptg__group_at(core, first);
  struct ptg__group *b = ptg__group_at(core, later);
  *edge = (struct ptg__edge){first, later, a->edges_out, b->edges_in};
  a->edges_out = edge;
  b->edges_in = edge;
  PTG_CHECK_SLOW(is_ranked(core, ptg__group_at(core, a->parent)));
  ptg__group_at(core, a->parent)->edges_within++;
  return PTG_OK;
}

void ptg__order_hold_back(struct ptg__core *core, uint32_t slot) {
  const struct ptg__edge *edge = ptg__group_at(core, slot)->edges_out;
  for (; edge != NULL; edge = edge->next_out)
    ptg__group_at(core, edge->later)->held_back++;
}

/* ---------------------------------------------------------------- turns -- */

/* A pairing heap of groups, the newest on top (Fredman, Sedgewick, Sleator,
 * Tarjan, 1986): its links are in the groups, so it needs no memory. */

static uint32_t meld(struct ptg__core *core, uint32_t one, uint32_t other) {
  if (one == NOBODY) return other;
  if (other == NOBODY) return one;
  if (ptg__group_at(core, one)->serial < ptg__group_at(core, other)->serial) {
    uint32_t swap = one;
    one = other;
    other = swap;
  }
  ptg__group_at(core, other)->heap_next = ptg__group_at(core, one)->heap_child;
  ptg__group_at(core, one)->heap_child = other;
  return one;
}

static uint32_t heap_add(struct ptg__core *core, uint32_t heap, uint32_t slot) {
  ptg__group_at(core, slot)->heap_child = NOBODY;
  ptg__group_at(core, slot)->heap_next = NOBODY;
  return meld(core, heap, slot);
}

/* Melds the children of what was the top pair by pair, then all together. */
static uint32_t heap_without_top(struct ptg__core *core, uint32_t heap) {
  uint32_t pairs = NOBODY;
  uint32_t child = ptg__group_at(core, heap)->heap_child;
  while (child != NOBODY) {
    uint32_t one = child;
    uint32_t other = ptg__group_at(core, one)->heap_next;
    child = other == NOBODY ? NOBODY : ptg__group_at(core, other)->heap_next;
    ptg__group_at(core, one)->heap_next = NOBODY;
    if (other != NOBODY) ptg__group_at(core, other)->heap_next = NOBODY;
    uint32_t pair = meld(core, one, other);
    ptg__group_at(core, pair)->heap_next = pairs;
    pairs = pair;
  }
  uint32_t melded = NOBODY;
  while (pairs != NOBODY) {
    uint32_t pair = pairs;
    pairs = ptg__group_at(core, pair)->heap_next;
    ptg__group_at(core, pair)->heap_next = NOBODY;
    melded = meld(core, melded, pair);
  }
  return melded;
}

static void append_turn(struct ptg__core *core, struct ptg__group *parent,
                        uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  group->turn_next = NOBODY;
  group->turn_prev = parent->turn_last;
  if (parent->turn_last == NOBODY) {
    parent->turn_first = slot;
  } else {
    ptg__group_at(core, parent->turn_last)->turn_next = slot;
  }
  parent->turn_last = slot;
}

/* Its turn is still to come: it has begun neither to end nor, which a group can
 * do no earlier, to be closed. */
static int is_to_come(const struct ptg__core *core, uint32_t slot) {
  return !ptg__group_at(core, slot)->has_begun;
}

/* The newest first. */
static void append_begun(struct ptg__core *core, struct ptg__group *parent) {
  for (uint32_t at = parent->last_child; at != NOBODY;
       at = ptg__group_at(core, at)->prev)
    if (!is_to_come(core, at) &&
        ptg__group_at(core, at)->state != PTG_GROUP_CLOSED)
      append_turn(core, parent, at);
}

/* Without edges the turns are simply newest first. */
static void append_plain(struct ptg__core *core, struct ptg__group *parent) {
  for (uint32_t at = parent->last_child; at != NOBODY;
       at = ptg__group_at(core, at)->prev)
    if (is_to_come(core, at)) append_turn(core, parent, at);
}

/* How many edges still lead to each child is counted in `via`. */
static uint32_t gather_free(struct ptg__core *core,
                            const struct ptg__group *parent) {
  uint32_t heap = NOBODY;
  for (uint32_t at = parent->first_child; at != NOBODY;
       at = ptg__group_at(core, at)->next) {
    struct ptg__group *group = ptg__group_at(core, at);
    group->via = 0;
    for (struct ptg__edge *edge = group->edges_in; edge; edge = edge->next_in)
      group->via += is_to_come(core, edge->first);
    if (group->via == 0 && is_to_come(core, at))
      heap = heap_add(core, heap, at);
  }
  return heap;
}

void ptg__order_children(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *parent = ptg__group_at(core, slot);
  parent->turn_first = parent->turn_last = NOBODY;
  append_begun(core, parent);
  if (parent->edges_within == 0) {
    append_plain(core, parent);
    return;
  }
  uint32_t heap = gather_free(core, parent);
  while (heap != NOBODY) {
    uint32_t newest = heap;
    heap = heap_without_top(core, heap);
    append_turn(core, parent, newest);
    struct ptg__edge *edge = ptg__group_at(core, newest)->edges_out;
    for (; edge != NULL; edge = edge->next_out) {
      if (!is_to_come(core, edge->later)) continue;
      if (--ptg__group_at(core, edge->later)->via == 0)
        heap = heap_add(core, heap, edge->later);
    }
  }
}
