/* shutdown.c - see shutdown.h. */
#include "shutdown.h"

#include "check.h"
#include "deadline.h"
#include "group.h"
#include "order.h"
#include "owner.h"
#include "task.h"
#include "watch.h"

#define NOBODY PTG__NO_SLOT

static int64_t least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

/* ---------------------------------------------------------------- limits -- */

/* Sets the alarm for the end of the phase that a group is in. */
static void arm(struct ptg__core *core, uint32_t slot) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  int64_t end_ns;
  if (group->state == PTG_GROUP_DRAINING) {
    end_ns = ptg__limit_cancel_at(group, &group->share, group->phase_ns,
                                  group->grace_until_ns);
  } else if (!group->is_killing) {
    end_ns = ptg__limit_give_up_at(group, &group->share, group->phase_ns);
  } else {
    end_ns =
        least(group->phase_ns + PTG_KILL_WAIT_NS, group->share.close_by_ns);
  }
  if (end_ns == INT64_MAX) {
    ptg__alarms_clear(&core->group_alarms, slot);
  } else {
    ptg__alarms_set(&core->group_alarms, slot,
                    end_ns > core->now_ns ? end_ns : core->now_ns);
  }
}

static void tell_tasks(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  group->cursor = group->last_task;
  ptg__core_queue_group(core, slot, PTG__GROUP_TELL);
}

static void begin_phase(const struct ptg__core *core,
                        struct ptg__group *group) {
  group->phase_ns = core->now_ns;
  group->phase_turn = core->turns;
}

static void begin_cancel(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  begin_phase(core, group);
  group->state = PTG_GROUP_CANCELLING;
  group->cancel_ns = core->now_ns;
  group->pending &= (uint8_t)~PTG__GROUP_DRAINED;
  arm(core, slot);
  tell_tasks(core, slot);
}

/* A task that has not started has nothing to be given up on: it never will. */
static void give_up(struct ptg__core *core, uint32_t slot) {
  if (ptg__task_at(core, slot)->state == PTG__TASK_PENDING) {
    (void)ptg__task_ask_by_group(core, slot);
  } else {
    ptg__task_give_up(core, slot);
  }
}

/* What cannot be killed is given up at once; the rest when the kill has not
 * helped either. Giving up is part of telling, so that its order is too. */
static void begin_killing(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  begin_phase(core, group);
  group->is_killing = 1;
  if (group->killable > 0) arm(core, slot);
  tell_tasks(core, slot);
}

static void give_up_all(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  uint32_t at = group->last_task;
  while (group->live > 0 && at != NOBODY) {
    const struct ptg__task *task = ptg__task_at(core, at);
    uint32_t prev = task->prev;
    if ((task->flags & PTG__TASK_GIVEN_UP) == 0) give_up(core, at);
    at = prev;
  }
  ptg__shutdown_look(core, slot);
}

void ptg__shutdown_limit(struct ptg__core *core, uint32_t slot) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  PTG_CHECK(group->is_own);
  if (group->state == PTG_GROUP_DRAINING) {
    begin_cancel(core, slot);
  } else if (!group->is_killing) {
    begin_killing(core, slot);
  } else {
    give_up_all(core, slot);
  }
}

/* ---------------------------------------------------------------- phases -- */

/* The children are closed: the group's own tasks' phase begins. */
static void begin_own(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  begin_phase(core, group);
  group->is_own = 1;
  group->drain_ns = core->now_ns;
  if (group->waited_for == PTG_NONE) group->waited_for = group->let_begin_by;
  int64_t cancel_at_ns =
      ptg__limit_cancel_at(group, &group->share, core->now_ns, 0);
  if (cancel_at_ns <= core->now_ns) {
    begin_cancel(core, slot);
    return;
  }
  arm(core, slot);
  if (group->options.on_drain != NULL ||
      group->options.flags & PTG_GROUP_EVENTS)
    ptg__core_queue_group(core, slot, PTG__GROUP_DRAINED);
  tell_tasks(core, slot);
}

static void let_begin(struct ptg__core *core, uint32_t slot, ptg_group by) {
  struct ptg__group *group = ptg__group_at(core, slot);
  PTG_CHECK(group->is_ending && !group->has_begun);
  group->has_begun = 1;
  group->awaits_edges = 0;
  group->let_begin_by = by;
  group->state = PTG_GROUP_DRAINING;
  if (group->parent != NOBODY)
    ptg__group_at(core, group->parent)->children_begun++;
  ptg__core_queue_group(core, slot, PTG__GROUP_BEGIN);
}

/* One at a time: the next in turn, unless one is on its way. Those that have
 * begun are dropped from the turns, or each step would pass them all again. */
static void begin_next_child(struct ptg__core *core, uint32_t slot,
                             ptg_group by) {
  struct ptg__group *parent = ptg__group_at(core, slot);
  if (parent->children_begun > 0) return;
  uint32_t at = parent->turn_first;
  while (at != NOBODY && ptg__group_at(core, at)->has_begun)
    at = ptg__group_at(core, at)->turn_next;
  parent->turn_first = at;
  if (at != NOBODY) let_begin(core, at, by);
}

static void begin_unless_held_back(struct ptg__core *core, uint32_t slot,
                                   ptg_group by) {
  struct ptg__group *group = ptg__group_at(core, slot);
  group->awaits_edges = 1;
  if (group->held_back == 0) let_begin(core, slot, by);
}

static void begin_free_children(struct ptg__core *core, uint32_t slot,
                                ptg_group by) {
  uint32_t at = ptg__group_at(core, slot)->turn_first;
  for (; at != NOBODY; at = ptg__group_at(core, at)->turn_next) {
    struct ptg__group *child = ptg__group_at(core, at);
    if (child->has_begun) continue;
    begin_unless_held_back(core, at, by);
  }
}

static int is_parallel(const struct ptg__group *group) {
  return (group->options.flags & PTG_GROUP_PARALLEL) != 0;
}

/* Its turn has not only come: its children have got theirs. */
static int was_worked_off(const struct ptg__group *group) {
  return group->has_begun && (group->pending & PTG__GROUP_BEGIN) == 0;
}

/* Applies what was tightened to a phase under way. */
static void hurry(struct ptg__core *core, uint32_t slot) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  if (!group->is_own || group->state == PTG_GROUP_CLOSED) return;
  if (group->state == PTG_GROUP_DRAINING && group->is_forced) {
    begin_cancel(core, slot);
  } else {
    arm(core, slot);
  }
}

static void hurry_all(struct ptg__core *core, uint32_t top) {
  for (uint32_t at = top; at != NOBODY; at = ptg__group_walk(core, top, at))
    hurry(core, at);
}

/* Whoever is in a phase already has it end as the new share says. */
static void share_out(struct ptg__core *core, uint32_t slot) {
  ptg__deadline_share(core, slot, core->now_ns, PTG__SHARE_REAL);
  hurry_all(core, slot);
}

/* Takes a deadline that is tighter than the one there is. A looser one leaves
 * the shares alone: to share anew, with less time left than there was, would
 * take from the cancel phases still to come. */
static void tighten(struct ptg__core *core, uint32_t slot,
                    int64_t deadline_ns) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (deadline_ns == 0) return;
  int64_t by_ns = ptg__limit_add(core->now_ns, ptg__limit(deadline_ns));
  if (by_ns >= group->share.close_by_ns) return;
  group->share.close_by_ns = by_ns;
  group->has_deadline = 1;
  share_out(core, slot);
}

static void begin(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  /* What was shared out must be shared with the newcomers too. */
  if (group->has_news) ptg__deadline_forget(core, slot);
  tighten(core, slot, group->options.deadline_ns);
  if (group->has_news && group->share.close_by_ns < INT64_MAX)
    share_out(core, slot);
  if (group->children == 0) {
    begin_own(core, slot);
    return;
  }
  ptg__order_children(core, slot);
  if (is_parallel(group)) {
    begin_free_children(core, slot, group->let_begin_by);
  } else {
    begin_next_child(core, slot, group->let_begin_by);
  }
}

static void close_group(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  PTG_CHECK(group->children == 0 && group->live == 0 && group->untold == 0);
  PTG_CHECK_SLOW(ptg__group_is_sound(core, slot));
  group->state = PTG_GROUP_CLOSED;
  group->closed_ns = core->now_ns;
  group->closed_serial = ++core->groups_closed;
  group->pending &= (uint8_t) ~(PTG__GROUP_TELL | PTG__GROUP_DRAINED);
  ptg__alarms_clear(&core->group_alarms, slot);
  ptg__core_queue_group(core, slot, PTG__GROUP_TOLD);
}

void ptg__shutdown_look(struct ptg__core *core, uint32_t slot) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  if (group->state == PTG_GROUP_CLOSED) {
    ptg__group_let_go(core, slot);
    return;
  }
  if (!group->is_own || group->live > 0 || group->untold > 0) return;
  if (group->pending & PTG__GROUP_DRAINED) return;
  if (group->hook_status != PTG_OK || group->noted_status != PTG_OK) return;
  close_group(core, slot);
}

/* A task wants its group's drain phase to last until then. */
int64_t ptg__shutdown_extend(struct ptg__core *core, uint32_t slot,
                             int64_t until_ns) {
  struct ptg__group *group = ptg__group_at(core, slot);
  int can_give = group->share.close_by_ns < INT64_MAX;
  if (can_give && until_ns > group->grace_until_ns)
    group->grace_until_ns = until_ns;
  arm(core, slot);
  int64_t end_ns = group->alarm.when_ns;
  if (end_ns == 0) return PTG_FOREVER;
  return end_ns > core->now_ns ? end_ns - core->now_ns : 0;
}

/* --------------------------------------------------------------- request -- */

static void join(struct ptg__core *core, uint32_t slot,
                 const ptg_shutdown_options *options) {
  struct ptg__group *group = ptg__group_at(core, slot);
  group->tree_top = NOBODY; /* one that closed before is in this tree now */
  group->holds_tree = 0;
  if (!group->is_ending) {
    ptg__order_hold_back(core, slot);
    group->is_ending = 1;
    group->begun_ns = core->now_ns;
    group->before = group->counts;
    group->originator = options->originator;
  }
  if (options->flags & PTG_SHUTDOWN_FORCE) group->is_forced = 1;
  if (options->grace_ns != 0) {
    int64_t grace_ns = ptg__limit(options->grace_ns);
    group->grace_cap_ns = least(group->grace_cap_ns, grace_ns);
    group->grace_until_ns =
        least(group->grace_until_ns, ptg__limit_add(group->phase_ns, grace_ns));
  }
  if (options->cancel_wait_ns != 0)
    group->cancel_wait_cap_ns =
        least(group->cancel_wait_cap_ns, ptg__limit(options->cancel_wait_ns));
}

void ptg__shutdown_request(struct ptg__core *core, uint32_t top,
                           const ptg_shutdown_options *options) {
  struct ptg__group *group = ptg__group_at(core, top);
  if (group->state == PTG_GROUP_CLOSED) return;
  int is_news = !group->is_ending;
  int is_tighter = options->flags != 0 || options->grace_ns != 0 ||
                   options->cancel_wait_ns != 0 || options->deadline_ns != 0;
  if (!is_news && !is_tighter) return;

  for (uint32_t at = top; at != NOBODY; at = ptg__group_walk(core, top, at))
    join(core, at, options);
  tighten(core, top, options->deadline_ns);
  hurry_all(core, top);
  if (is_news) begin_unless_held_back(core, top, PTG_NONE);
}

void ptg__shutdown_request_for(struct ptg__core *core, uint32_t top,
                               uint32_t task) {
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.originator = ptg__task_handle(core, task);
  ptg__shutdown_request(core, top, &options);
}

/* ------------------------------------------------------------------ tell -- */

static enum ptg__action_kind kind_to_tell(const struct ptg__group *group) {
  if (group->state == PTG_GROUP_DRAINING) return PTG__ACT_DRAIN;
  return group->is_killing ? PTG__ACT_KILL : PTG__ACT_CANCEL;
}

static int tell_drain(struct ptg__core *core, uint32_t slot,
                      struct ptg__action *action) {
  const struct ptg__task *task = ptg__task_at(core, slot);
  /* Who was asked to end now need not be told to finish soon. */
  if (task->flags & PTG__TASK_ASKED) return 0;
  if (task->state == PTG__TASK_PENDING) {
    /* One that waits for a place is told when it starts. */
    if ((task->flags & PTG__TASK_WAITING) == 0)
      ptg__core_queue_task(core, slot, PTG__TASK_DRAIN);
    return 0;
  }
  return ptg__task_tell(core, slot, PTG__ACT_DRAIN, action);
}

static int tell_kill(struct ptg__core *core, uint32_t slot,
                     struct ptg__action *action) {
  struct ptg__task *task = ptg__task_at(core, slot);
  if (task->state == PTG__TASK_PENDING ||
      !ptg__task_tell(core, slot, PTG__ACT_KILL, action)) {
    give_up(core, slot);
    return 0;
  }
  task->flags |= PTG__TASK_KILLED;
  ptg__group_at(core, task->group)->killed++;
  return 1;
}

static int tell_cancel(struct ptg__core *core, uint32_t slot,
                       struct ptg__action *action) {
  return ptg__task_ask_by_group(core, slot) &&
         ptg__task_tell(core, slot, PTG__ACT_CANCEL, action);
}

/* Tells the task at the cursor, newest first. */
static int tell_next(struct ptg__core *core, uint32_t slot,
                     struct ptg__action *action) {
  struct ptg__group *group = ptg__group_at(core, slot);
  enum ptg__action_kind kind = kind_to_tell(group);
  while (group->cursor != NOBODY) {
    uint32_t at = group->cursor;
    const struct ptg__task *task = ptg__task_at(core, at);
    group->cursor = task->prev;
    if (task->flags & PTG__TASK_GIVEN_UP) continue;
    if (kind == PTG__ACT_CANCEL  ? tell_cancel(core, at, action)
        : kind == PTG__ACT_DRAIN ? tell_drain(core, at, action)
                                 : tell_kill(core, at, action))
      return 1;
  }
  group->pending &= (uint8_t)~PTG__GROUP_TELL;
  ptg__shutdown_look(core, slot);
  return 0;
}

static void tell_hook(struct ptg__core *core, uint32_t slot,
                      enum ptg__action_kind kind, struct ptg__action *action) {
  const struct ptg__group *group = ptg__group_at(core, slot);
  action->kind = kind;
  action->slot = action->inside = slot;
  action->group = action->current = ptg__group_handle(core, slot);
  action->user_data = group->options.user_data;
  action->hook = kind == PTG__ACT_GROUP_DRAIN ? group->options.on_drain
                                              : group->options.on_closed;
}

static void tell_hook_error(struct ptg__core *core, uint32_t slot,
                            struct ptg__action *action) {
  struct ptg__group *group = ptg__group_at(core, slot);
  action->kind = PTG__ACT_ERROR;
  action->slot = action->inside = slot;
  action->task = PTG_NONE;
  action->outcome = (ptg_outcome){.size = sizeof(action->outcome),
                                  .status = group->hook_status};
  action->error = (ptg_error){.size = sizeof(action->error),
                              .flags = PTG_ERROR_FROM_HOOK,
                              .group = ptg__group_handle(core, slot),
                              .name = "",
                              .group_state = group->state};
  group->hook_status = PTG_OK;
}

int ptg__shutdown_next(struct ptg__core *core, uint32_t slot,
                       struct ptg__action *action) {
  struct ptg__group *group = ptg__group_at(core, slot);
  if (group->hook_status != PTG_OK) {
    tell_hook_error(core, slot, action);
    return 1;
  }
  if (group->pending & PTG__GROUP_BEGIN) {
    group->pending &= (uint8_t)~PTG__GROUP_BEGIN;
    begin(core, slot);
  }
  if (group->pending & PTG__GROUP_DRAINED) {
    group->pending &= (uint8_t)~PTG__GROUP_DRAINED;
    tell_hook(core, slot, PTG__ACT_GROUP_DRAIN, action);
    return 1;
  }
  if (group->pending & PTG__GROUP_TELL && tell_next(core, slot, action))
    return 1;
  if (group->pending & PTG__GROUP_TOLD) {
    group->pending &= (uint8_t)~PTG__GROUP_TOLD;
    tell_hook(core, slot, PTG__ACT_GROUP_CLOSED, action);
    return 1;
  }
  if (group->pending & PTG__GROUP_WATCHED &&
      ptg__watch_next(core, &group->watches, action)) {
    action->slot = slot;
    action->task = PTG_NONE;
    action->group = ptg__group_handle(core, slot);
    action->outcome = ptg__watch_group_outcome(core, slot);
    return 1;
  }
  group->pending &= (uint8_t)~PTG__GROUP_WATCHED;
  return 0;
}

/* ------------------------------------------------------------------ told -- */

/* Siblings that were waiting for this one alone go on; but when their parent is
 * ending they have their turns as its children do. */
static void release_later(struct ptg__core *core,
                          const struct ptg__group *group, ptg_group by) {
  const struct ptg__group *parent = ptg__group_at(core, group->parent);
  int may_go_on =
      !parent->is_ending || (was_worked_off(parent) && is_parallel(parent));
  const struct ptg__edge *edge = group->edges_out;
  for (; edge != NULL; edge = edge->next_out) {
    struct ptg__group *later = ptg__group_at(core, edge->later);
    PTG_CHECK(later->held_back > 0);
    if (--later->held_back == 0 && later->awaits_edges && may_go_on)
      let_begin(core, edge->later, by);
  }
}

void ptg__shutdown_told(struct ptg__core *core, uint32_t slot) {
  struct ptg__group *group = ptg__group_at(core, slot);
  group->pending &= (uint8_t)~PTG__GROUP_GONE;
  group->is_gone = 1;
  ptg__owner_let_go(core, slot);
  uint32_t up = group->parent;
  if (up == NOBODY) return;

  struct ptg__group *parent = ptg__group_at(core, up);
  ptg_group by = ptg__group_handle(core, slot);
  parent->children--;
  parent->children_begun--;
  release_later(core, group, by);
  if (parent->has_begun && parent->children == 0) parent->waited_for = by;
  if (was_worked_off(parent)) {
    if (parent->children == 0) {
      begin_own(core, up);
    } else if (!is_parallel(parent)) {
      begin_next_child(core, up, by);
    }
  }
  if (!parent->is_ending) ptg__group_let_go_tree(core, slot);
}
