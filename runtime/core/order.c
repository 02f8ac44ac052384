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

/* Ranks grow along every edge, so a circle can only go through groups whose
 * ranks lie between those of the edge's ends, and an edge that leads upward
 * closes none. One that leads downward has the ranks of the groups on its way
 * dealt out anew among them (Pearce, Kelly, 2006). */

static uint64_t rank_of(const struct ptg__core *core, uint32_t slot) {
  return ptg__group_at(core, slot)->rank;
}

/* A list of groups through heap_next. */
struct list {
  uint32_t first;
  uint32_t last;
};

static void reach(struct ptg__core *core, struct list *list, uint32_t slot,
                  uint32_t from, uint64_t mark) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (group->mark == mark) return;
  group->mark = mark;
  group->via = from;
  group->heap_next = NOBODY;
  if (list->first == NOBODY) {
    list->first = slot;
  } else {
    ptg__group_at(core, list->last)->heap_next = slot;
  }
  list->last = slot;
}

/* Lists what comes after later, as far as first's rank. Each one's `via`, from
 * first back, says where the way came from, if first is among them: then the
 * answer is 1. */
static int list_after(struct ptg__core *core, uint32_t later, uint32_t first,
                      struct list *list) {
  uint64_t mark = ++core->marks, bound = rank_of(core, first);
  *list = (struct list){NOBODY, NOBODY};
  reach(core, list, later, NOBODY, mark);
  for (uint32_t at = later; at != NOBODY;
       at = ptg__group_at(core, at)->heap_next) {
    if (at == first) return 1;
    const struct ptg__edge *edge = ptg__group_at(core, at)->edges_out;
    for (; edge != NULL; edge = edge->next_out)
      if (rank_of(core, edge->later) <= bound)
        reach(core, list, edge->later, at, mark);
  }
  return 0;
}

/* Lists what comes before first, as far down as later's rank. */
static void list_before(struct ptg__core *core, uint32_t first, uint32_t later,
                        struct list *list) {
  uint64_t mark = ++core->marks, bound = rank_of(core, later);
  *list = (struct list){NOBODY, NOBODY};
  reach(core, list, first, NOBODY, mark);
  for (uint32_t at = first; at != NOBODY;
       at = ptg__group_at(core, at)->heap_next) {
    const struct ptg__edge *edge = ptg__group_at(core, at)->edges_in;
    for (; edge != NULL; edge = edge->next_in)
      if (rank_of(core, edge->first) >= bound)
        reach(core, list, edge->first, at, mark);
  }
}

static int has_lower_rank(const struct ptg__group *one,
                          const struct ptg__group *other) {
  return one->rank < other->rank;
}

/* Links two sorted lists through turn_next, by rank; returns the first. */
static uint32_t link_by_rank(struct ptg__core *core, uint32_t one,
                             uint32_t other) {
  uint32_t first = NOBODY, *link = &first;
  while (one != NOBODY || other != NOBODY) {
    int is_one = other == NOBODY ||
                 (one != NOBODY && rank_of(core, one) < rank_of(core, other));
    uint32_t *from = is_one ? &one : &other;
    struct ptg__group *group = ptg__group_at(core, *from);
    *link = *from;
    link = &group->turn_next;
    *from = group->heap_next;
  }
  *link = NOBODY;
  return first;
}

/* Gives the ranks of both lists to the one and then to the other, each in its
 * order. */
static void deal_ranks(struct ptg__core *core, uint32_t before,
                       uint32_t after) {
  uint32_t lists[] = {ptg__group_sort(core, before, has_lower_rank),
                      ptg__group_sort(core, after, has_lower_rank)};
  uint32_t pool = link_by_rank(core, lists[0], lists[1]);
  for (int i = 0; i < 2; i++)
    for (uint32_t at = lists[i]; at != NOBODY;
         at = ptg__group_at(core, at)->heap_next) {
      ptg__group_at(core, at)->mark = rank_of(core, pool);
      pool = ptg__group_at(core, pool)->turn_next;
    }
  for (int i = 0; i < 2; i++)
    for (uint32_t at = lists[i]; at != NOBODY;
         at = ptg__group_at(core, at)->heap_next) {
      ptg__group_at(core, at)->rank = ptg__group_at(core, at)->mark;
      ptg__group_at(core, at)->mark = 0;
    }
}

/* Makes first's rank the lower one; answers 0 if an edge would close a circle,
 * which `via` then leads along. */
static int rank_before(struct ptg__core *core, uint32_t first, uint32_t later) {
  if (rank_of(core, first) < rank_of(core, later)) return 1;
  struct list after, before;
  if (list_after(core, later, first, &after)) return 0;
  list_before(core, first, later, &before);
  deal_ranks(core, before.first, after.first);
  return 1;
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
