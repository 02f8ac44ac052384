/* group.c - see group.h. */
#include "group.h"

#include <stdio.h>

#include "check.h"
#include "memo.h"
#include "order.h"
#include "owner.h"
#include "task.h"
#include "watch.h"

#define NOBODY PTG__NO_SLOT

static ptg_status check_limit(struct ptg__core *core, int64_t limit_ns,
                              const char *what) {
  if (limit_ns >= PTG_AT_ONCE) return PTG_OK;
  return ptg__core_fail(core, PTG_EINVAL, "%s is negative", what);
}

static ptg_status check_options(struct ptg__core *core,
                                const ptg_group_options *options) {
  if (options->flags &
      ~(PTG_GROUP_PARALLEL | PTG_GROUP_ADMITS_ANYONE | PTG_GROUP_EVENTS))
    return ptg__core_fail(core, PTG_EINVAL, "unknown flags of a group: 0x%x",
                          options->flags);
  if (options->flags & PTG_GROUP_EVENTS &&
      (options->on_error || options->on_drain || options->on_closed))
    return ptg__core_fail(core, PTG_EINVAL,
                          "a group has events, and handlers or hooks as well");
  if (options->when_full > PTG_FULL_REPLACE_OLDEST ||
      options->on_failure > PTG_POLICY_SHUTDOWN_ROOT)
    return ptg__core_fail(core, PTG_EINVAL, "unknown when_full or on_failure");
  ptg_status status = check_limit(core, options->grace_ns, "grace_ns");
  if (status != PTG_OK) return status;
  status = check_limit(core, options->cancel_wait_ns, "cancel_wait_ns");
  if (status != PTG_OK) return status;
  return check_limit(core, options->deadline_ns, "deadline_ns");
}

static int64_t or_else(int64_t limit_ns, int64_t otherwise_ns) {
  return limit_ns != 0 ? limit_ns : otherwise_ns;
}

static void inherit(const struct ptg__core *core, struct ptg__group *group) {
  ptg_group_options *own = &group->options;
  int64_t grace_ns = PTG_DEFAULT_GRACE_NS;
  int64_t cancel_wait_ns = PTG_DEFAULT_CANCEL_WAIT_NS;
  if (group->parent != NOBODY) {
    const struct ptg__group *parent = ptg__group_at(core, group->parent);
    grace_ns = parent->options.grace_ns;
    cancel_wait_ns = parent->options.cancel_wait_ns;
  }
  own->grace_ns = or_else(own->grace_ns, grace_ns);
  own->cancel_wait_ns = or_else(own->cancel_wait_ns, cancel_wait_ns);
}

/* A group made below one that is ending, and whose own turn has not come, is
 * part of that shutdown. */
static void join_shutdown(struct ptg__core *core, struct ptg__group *group) {
  struct ptg__group *parent = ptg__group_at(core, group->parent);
  if (!parent->is_ending) return;
  parent->has_news = 1;
  group->is_ending = 1;
  group->originator = parent->originator;
  group->is_forced = parent->is_forced;
  group->grace_cap_ns = parent->grace_cap_ns;
  group->cancel_wait_cap_ns = parent->cancel_wait_cap_ns;
  group->share.close_by_ns = parent->share.close_by_ns;
  group->begun_ns = core->now_ns;
}

static void link_to_parent(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (group->parent == NOBODY) return;
  struct ptg__group *parent = ptg__group_at(core, group->parent);
  group->prev = parent->last_child;
  if (parent->last_child == NOBODY) {
    parent->first_child = slot;
  } else {
    ptg__group_at(core, parent->last_child)->next = slot;
  }
  parent->last_child = slot;
  parent->children++;
  join_shutdown(core, group);
}

static void unlink_from_parent(struct ptg__core *core,
                               const struct ptg__group *group) {
  if (group->parent == NOBODY) return;
  struct ptg__group *parent = ptg__group_at(core, group->parent);
  if (group->prev == NOBODY) {
    parent->first_child = group->next;
  } else {
    ptg__group_at(core, group->prev)->next = group->next;
  }
  if (group->next == NOBODY) {
    parent->last_child = group->prev;
  } else {
    ptg__group_at(core, group->next)->prev = group->prev;
  }
}

static ptg_status init_name(struct ptg__core *core, struct ptg__string *string,
                            uint32_t parent, const ptg_group_options *options) {
  size_t length = options->name_length;
  ptg_status status = ptg__core_check_name(core, options->name, &length);
  if (status != PTG_OK) return status;
  if (length > 0)
    return ptg__string_init(string, &core->memory, options->name, length);

  if (parent == NOBODY)
    return ptg__string_init(string, &core->memory, "root", 4);
  char made[32];
  int made_length = snprintf(made, sizeof(made), "group-%llu",
                             (unsigned long long)core->groups_made);
  return ptg__string_init(string, &core->memory, made, (size_t)made_length);
}

static void fill(struct ptg__core *core, struct ptg__group *group,
                 uint32_t parent, const ptg_group_options *options) {
  *group = (struct ptg__group){.queue_next = NOBODY,
                               .parent = parent,
                               .prev = NOBODY,
                               .next = NOBODY,
                               .first_child = NOBODY,
                               .last_child = NOBODY,
                               .first_task = NOBODY,
                               .last_task = NOBODY,
                               .options = *options,
                               .serial = ++core->groups_made,
                               .created_ns = core->now_ns,
                               .state = PTG_GROUP_OPEN,
                               .cursor = NOBODY,
                               .first_waiting = NOBODY,
                               .owner = NOBODY,
                               .owned_next = NOBODY,
                               .tree_top = NOBODY,
                               .watches = NOBODY,
                               .grace_cap_ns = INT64_MAX,
                               .cancel_wait_cap_ns = INT64_MAX,
                               .share = {INT64_MAX, 0},
                               .turn_next = NOBODY,
                               .turn_prev = NOBODY,
                               .turn_first = NOBODY,
                               .turn_last = NOBODY,
                               .rank_first = NOBODY,
                               .rank_last = NOBODY};
  group->options.name = NULL;
}

/* Takes a record with its name and owner, or changes nothing. */
static ptg_status take_record(struct ptg__core *core, uint32_t parent,
                              uint32_t owner, const ptg_group_options *options,
                              uint32_t *slot) {
  struct ptg__string name = {NULL, 0};
  ptg_status status = init_name(core, &name, parent, options);
  if (status != PTG_OK) return status;
  status = ptg__slab_add(&core->groups, slot);
  if (status != PTG_OK) goto no_record;
  fill(core, ptg__group_at(core, *slot), parent, options);
  ptg__group_at(core, *slot)->name = name;
  status = ptg__memo_init(core, ptg__group_at(core, *slot));
  if (status == PTG_OK && owner != NOBODY)
    status = ptg__owner_bind(core, *slot, owner);
  if (status == PTG_OK) return PTG_OK;

  ptg__memo_fini(core, ptg__group_at(core, *slot));
  ptg__slab_remove(&core->groups, *slot);
no_record:
  ptg__string_fini(&name, &core->memory);
  return status;
}

ptg_status ptg__group_create(struct ptg__core *core, uint32_t parent,
                             uint32_t owner, const ptg_group_options *options,
                             uint32_t *slot) {
  ptg_status status = check_options(core, options);
  if (status != PTG_OK) return status;
  if (parent != NOBODY && ptg__group_at(core, parent)->state != PTG_GROUP_OPEN)
    return ptg__core_fail(core, PTG_ECLOSED, "the group \"%s\" is not open",
                          ptg__group_at(core, parent)->name.bytes);
  status = take_record(core, parent, owner, options, slot);
  if (status == PTG_ENOMEM)
    return ptg__core_fail(core, status, "no memory for a group");
  if (status != PTG_OK) return status;
  inherit(core, ptg__group_at(core, *slot));
  link_to_parent(core, *slot);
  return PTG_OK;
}

ptg_status ptg__group_not_found(struct ptg__core *core, ptg_status status) {
  return ptg__core_fail(core, status, "%s",
                        status == PTG_ESTALE  ? "the group is gone"
                        : status == PTG_EKIND ? "the handle is a task's"
                                              : "not a handle of a group");
}

ptg_group ptg__group_handle(const struct ptg__core *core, uint32_t slot) {
  return slot == NOBODY ? PTG_NONE : ptg__slab_handle(&core->groups, slot);
}

static void free_late_tasks(struct ptg__core *core, struct ptg__group *group) {
  while (group->first_task != NOBODY) {
    uint32_t slot = group->first_task;
    struct ptg__task *task = ptg__task_at(core, slot);
    PTG_CHECK(task->state == PTG__TASK_ENDED);
    group->first_task = task->next;
    ptg__task_free(core, slot);
  }
}

static void remove_edge_in(struct ptg__group *later,
                           const struct ptg__edge *edge) {
  struct ptg__edge **link = &later->edges_in;
  while (*link != edge)
    link = &(*link)->next_in;
  *link = edge->next_in;
}

static void remove_edge_out(struct ptg__group *first,
                            const struct ptg__edge *edge) {
  struct ptg__edge **link = &first->edges_out;
  while (*link != edge)
    link = &(*link)->next_out;
  *link = edge->next_out;
}

static void free_edges(struct ptg__core *core, struct ptg__group *group) {
  uint32_t *within = group->edges_out || group->edges_in
                         ? &ptg__group_at(core, group->parent)->edges_within
                         : NULL;
  while (group->edges_out != NULL) {
    struct ptg__edge *edge = group->edges_out;
    group->edges_out = edge->next_out;
    remove_edge_in(ptg__group_at(core, edge->later), edge);
    ptg__memory_give(&core->memory, edge, sizeof(*edge));
    --*within;
  }
  while (group->edges_in != NULL) {
    struct ptg__edge *edge = group->edges_in;
    group->edges_in = edge->next_in;
    remove_edge_out(ptg__group_at(core, edge->first), edge);
    ptg__memory_give(&core->memory, edge, sizeof(*edge));
    --*within;
  }
}

/* Takes a group of which nothing is left out of the tree, but for its record.
 * Its handle is stale from now on. */
static void take_out(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  PTG_CHECK(group->first_child == NOBODY);
  PTG_CHECK(!group->is_queued);

  free_late_tasks(core, group);
  free_edges(core, group);
  ptg__order_leave(core, slot);
  unlink_from_parent(core, group);
  ptg__alarms_clear(&core->group_alarms, slot);
  ptg__string_fini(&group->name, &core->memory);
  ptg__memo_fini(core, group);
  ptg__slab_end(&core->groups, slot);
}

/* The host may do anything in a release: by then nothing of the tree can be
 * found any more. */
void ptg__group_free_tree(struct ptg__core *core, uint32_t top) {
  uint32_t first = NOBODY;
  uint32_t *link = &first;
  uint32_t slot = ptg__group_deepest(core, top);
  while (slot != NOBODY) {
    uint32_t next = ptg__group_walk_up(core, top, slot);
    take_out(core, slot);
    *link = slot;
    link = &ptg__group_at(core, slot)->heap_next;
    slot = next;
  }
  *link = NOBODY;
  while (first != NOBODY) {
    const struct ptg__group *group = ptg__group_at(core, first);
    ptg_release_fn release = group->options.release;
    void *user_data = group->options.user_data;
    slot = first;
    first = group->heap_next;
    ptg__slab_give_back(&core->groups, slot);
    if (release != NULL) release(user_data);
  }
}

/* In a tree that has ended: is something still to end late, or to be told? */
static int goes_on(const struct ptg__group *group) {
  return group->abandoned > group->late || group->untold > 0 ||
         group->is_queued;
}

void ptg__group_let_go_tree(struct ptg__core *core, uint32_t top) {
  uint32_t holders = 0;
  for (uint32_t slot = top; slot != NOBODY;
       slot = ptg__group_walk(core, top, slot)) {
    struct ptg__group *group = ptg__group_at(core, slot);
    group->tree_top = top;
    group->holds_tree = (uint8_t)goes_on(group);
    holders += group->holds_tree;
  }
  ptg__group_at(core, top)->holders = holders;
  if (holders == 0) ptg__group_free_tree(core, top);
}

void ptg__group_hold_tree(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (group->tree_top == NOBODY || group->holds_tree) return;
  group->holds_tree = 1;
  ptg__group_at(core, group->tree_top)->holders++;
}

void ptg__group_let_go(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (!group->holds_tree || goes_on(group)) return;
  group->holds_tree = 0;
  struct ptg__group *top = ptg__group_at(core, group->tree_top);
  PTG_CHECK(top->holders > 0);
  if (--top->holders == 0) ptg__group_free_tree(core, group->tree_top);
}

uint32_t ptg__group_walk(const struct ptg__core *core, uint32_t top,
                         uint32_t slot) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  if (group->first_child != NOBODY) return group->first_child;
  while (slot != top) {
    if (group->next != NOBODY) return group->next;
    slot = group->parent;
    group = ptg__group_at(core, slot);
  }
  return NOBODY;
}

uint32_t ptg__group_deepest(const struct ptg__core *core, uint32_t slot) {
  while (ptg__group_at(core, slot)->first_child != NOBODY)
    slot = ptg__group_at(core, slot)->first_child;
  return slot;
}

uint32_t ptg__group_walk_up(const struct ptg__core *core, uint32_t top,
                            uint32_t slot) {
  if (slot == top) return NOBODY;
  const struct ptg__group *group = ptg__group_at(core, slot);
  if (group->next == NOBODY) return group->parent;
  return ptg__group_deepest(core, group->next);
}

int ptg__group_is_within(const struct ptg__core *core, uint32_t slot,
                         uint32_t top) {
  while (slot != NOBODY && slot != top)
    slot = ptg__group_at(core, slot)->parent;
  return slot == top;
}

static int64_t phase_left(const struct ptg__core *core,
                          const struct ptg__group *group) {
  if (!group->is_own || group->state == PTG_GROUP_CLOSED) return 0;
  if (group->alarm.when_ns == 0) return PTG_FOREVER;
  int64_t left_ns = group->alarm.when_ns - core->now_ns;
  return left_ns > 0 ? left_ns : 0;
}

/* O(1) but for tasks that ended late and are kept for a report. */
static int64_t oldest_age(const struct ptg__core *core,
                          const struct ptg__group *group) {
  for (uint32_t at = group->first_task; at != NOBODY;
       at = ptg__task_at(core, at)->next)
    if (ptg__task_at(core, at)->state != PTG__TASK_ENDED)
      return core->now_ns - ptg__task_at(core, at)->spawned_ns;
  return 0;
}

void ptg__group_get_info(const struct ptg__core *core, uint32_t slot,
                         ptg_group_info *info) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  *info = (ptg_group_info){
      .size = sizeof(*info),
      .state = group->state,
      .group = ptg__group_handle(core, slot),
      .parent = ptg__group_handle(core, group->parent),
      .name = group->name.bytes,
      .name_length = group->name.length,
      .flags = group->options.flags,
      .is_ending = group->is_ending,
      .children = group->children,
      .spawned = group->spawned,
      .live = group->live,
      .pending = group->unstarted,
      .succeeded = group->counts.succeeded,
      .failed = group->counts.failed,
      .cancelled = group->counts.cancelled,
      .abandoned = group->abandoned,
      .late = group->late,
      .killed = group->killed,
      .refused = group->counts.refused,
      .created_ns = group->created_ns,
      .grace_ns = group->options.grace_ns,
      .cancel_wait_ns = group->options.cancel_wait_ns,
      .deadline_ns = group->options.deadline_ns,
      .phase_left_ns = phase_left(core, group),
      .queued = group->waiting,
      .peak = group->peak,
      .oldest_age_ns = oldest_age(core, group),
      .owner = ptg__owner_handle(core, slot),
  };
}

size_t ptg__group_list_groups(const struct ptg__core *core, uint32_t slot,
                              ptg_group *groups, size_t capacity) {
  size_t count = 0;
  uint32_t child = ptg__group_at(core, slot)->first_child;
  while (child != NOBODY) {
    if (count < capacity) groups[count] = ptg__group_handle(core, child);
    count++;
    child = ptg__group_at(core, child)->next;
  }
  return count;
}

typedef int is_before_fn(const struct ptg__group *, const struct ptg__group *);

/* Merges two sorted lists; `one` goes first among equals. */
static uint32_t merge(struct ptg__core *core, uint32_t one, uint32_t other,
                      is_before_fn *is_before) {
  uint32_t first = NOBODY;
  uint32_t *link = &first;
  while (one != NOBODY && other != NOBODY) {
    int is_other =
        is_before(ptg__group_at(core, other), ptg__group_at(core, one));
    uint32_t *from = is_other ? &other : &one;
    *link = *from;
    link = &ptg__group_at(core, *from)->heap_next;
    *from = *link;
  }
  *link = one != NOBODY ? one : other;
  return first;
}

/* A merge sort from the bottom up: runs[n] is sorted and holds 2^n groups, so
 * it needs neither memory nor a stack as deep as the list is long. */
uint32_t ptg__group_sort(struct ptg__core *core, uint32_t list,
                         is_before_fn *is_before) {
  uint32_t runs[32];
  size_t used = 0;
  while (list != NOBODY) {
    uint32_t run = list;
    list = ptg__group_at(core, run)->heap_next;
    ptg__group_at(core, run)->heap_next = NOBODY;
    size_t level = 0;
    for (; level < used && runs[level] != NOBODY; level++) {
      run = merge(core, run, runs[level], is_before);
      runs[level] = NOBODY;
    }
    if (level == used) used++;
    runs[level] = run;
  }
  uint32_t sorted = NOBODY;
  for (size_t level = 0; level < used; level++)
    sorted = merge(core, sorted, runs[level], is_before);
  return sorted;
}

int ptg__group_adds_up(const struct ptg__group *group) {
  const struct ptg__counts *counts = &group->counts;
  return group->spawned == group->live + counts->succeeded + counts->failed +
                               counts->cancelled + group->abandoned;
}

int ptg__group_is_sound(const struct ptg__core *core, uint32_t slot) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  uint64_t live = 0, unstarted = 0, killable = 0, abandoned = 0, late = 0;
  uint64_t waiting = 0, exempt = 0;
  for (uint32_t at = group->first_task; at != NOBODY;) {
    const struct ptg__task *task = ptg__task_at(core, at);
    if (task->group != slot) return 0;
    int is_abandoned = (task->flags & PTG__TASK_GIVEN_UP) != 0;
    abandoned += is_abandoned;
    late += is_abandoned && task->state == PTG__TASK_ENDED;
    live += !is_abandoned;
    waiting += (task->flags & PTG__TASK_WAITING) != 0;
    exempt += !is_abandoned && (task->flags & PTG__TASK_CLEANUP) != 0;
    unstarted += task->state == PTG__TASK_PENDING;
    killable += !is_abandoned && (task->flags & PTG__TASK_KILLABLE) != 0;
    at = task->next;
  }
  return live == group->live && unstarted == group->unstarted &&
         killable == group->killable && abandoned == group->abandoned &&
         late == group->late && waiting == group->waiting &&
         exempt == group->exempt && ptg__group_adds_up(group);
}
