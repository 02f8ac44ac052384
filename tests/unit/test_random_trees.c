/* test_random_trees.c - random trees of groups, shut down at random, against
 * what the rules allow.
 *
 * A tree follows from its seed alone. PTG_SEED=N makes N the first tree's seed,
 * so that a failure, which names the seed, can be seen again by itself. What
 * the header promises is checked from outside, while it happens: who is told
 * what and when, in which order groups close, and how late at the latest.
 */
#include <stdlib.h>
#include <string.h>

#include "random_tree.h"

#define TREES 10000

/* ----------------------------------------------------------------- nodes -- */

static ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                           void *user_data) {
  const struct node *group = user_data;
  (void)runtime;
  REQUIRE(!group->released && group->handle != error->failed_handler);
  if (group->parent >= 0 && one_in(4)) return PTG_EFAILED;
  t.handled++;
  note((uint64_t)error->age_ns);
  return PTG_OK;
}

static ptg_status fail_sometimes(void) {
  if (!one_in(20)) return PTG_OK;
  t.failures++;
  return PTG_EFAILED;
}

static ptg_status on_drain(ptg_runtime *runtime, ptg_group handle,
                           void *user_data) {
  struct node *group = user_data;
  (void)runtime;
  REQUIRE(handle == group->handle && group->drained++ == 0);
  REQUIRE(state_of((int)(group - t.nodes)) == PTG_GROUP_DRAINING);
  REQUIRE(group->lowest_cancelled == JOBS); /* before any cancel */
  see_own_phase((int)(group - t.nodes));
  check_law(handle);
  return fail_sometimes();
}

static const ptg_task_type PLAIN_TYPE, KILLABLE_TYPE;
static int spawn(int node, enum behaviour behaviour, uint32_t flags,
                 ptg_status *status);

static ptg_status on_closed(ptg_runtime *runtime, ptg_group handle,
                            void *user_data) {
  struct node *group = user_data;
  int node = (int)(group - t.nodes);
  (void)runtime;
  see_own_phase(node);
  REQUIRE(handle == group->handle && group->closed++ == 0);
  group->closed_rank = ++t.ranks;
  note((uint64_t)node);
  check_law(handle);
  int64_t now_ns = now();
  REQUIRE(now_ns <= group->bound_ns);
  REQUIRE(now_ns <= group->plan_ns);
  int is_leaf = 1;
  for (int i = 0; i < t.node_count; i++)
    is_leaf &= t.nodes[i].parent != node;
  if (is_leaf && group->deadline_ns != 0)
    REQUIRE(now_ns <= later(group->own_ns, group->deadline_ns));
  for (int i = 0; i < t.job_count; i++)
    if (t.jobs[i].node == node)
      REQUIRE(t.jobs[i].is_finished == t.jobs[i].done);
  ptg_status status;
  spawn(node, SHORT, PTG_SPAWN_CLEANUP, &status);
  REQUIRE(status == PTG_ECLOSED || t.job_count == JOBS);
  return fail_sometimes();
}

static void release_node(void *user_data) {
  struct node *group = user_data;
  REQUIRE(group->released++ == 0 && (group->closed || group->handle == 0));
}

static int make_node(int parent) {
  if (t.node_count == NODES) return -1;
  struct node *group = &t.nodes[t.node_count];
  *group = (struct node){.parent = parent,
                         .bound_ns = NEVER,
                         .plan_ns = NEVER,
                         .lowest_cancelled = JOBS};
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.flags = one_in(3) ? PTG_GROUP_PARALLEL : 0;
  options.grace_ns = draw_limit();
  options.cancel_wait_ns = draw_limit();
  options.deadline_ns = group->deadline_ns = one_in(4) ? draw_limit() : 0;
  if (t.has_forever && one_in(6)) options.grace_ns = PTG_FOREVER;
  if (t.has_forever && one_in(6)) options.cancel_wait_ns = PTG_FOREVER;
  draw_manners(group, &options);
  options.on_error = parent < 0 || one_in(3) ? on_error : NULL;
  options.on_drain = on_drain;
  options.on_closed = on_closed;
  options.release = release_node;
  options.user_data = group;
  if (parent < 0) {
    if (options.grace_ns == 0) options.grace_ns = MS;
    if (options.cancel_wait_ns == 0) options.cancel_wait_ns = MS;
    ptg_runtime_options create = PTG_RUNTIME_OPTIONS_INIT;
    create.flags = PTG_RUNTIME_MANUAL_CLOCK;
    create.root = &options;
    REQUIRE(ptg_runtime_create(&create, &t.runtime) == PTG_OK);
    REQUIRE(ptg_runtime_get_root(t.runtime, &group->handle) == PTG_OK);
    return t.node_count++;
  }
  ptg_status status = ptg_group_create(t.runtime, t.nodes[parent].handle,
                                       &options, &group->handle);
  if (status != PTG_OK) {
    REQUIRE(status == PTG_ECLOSED || status == PTG_ESTALE);
    REQUIRE(group->released == 1 && group->handle == PTG_NONE);
    ptg_group_info info = PTG_GROUP_INFO_INIT;
    REQUIRE(ptg_group_get_info(t.runtime, t.nodes[parent].handle, &info) ==
                PTG_ESTALE ||
            info.state != PTG_GROUP_OPEN);
    return -1;
  }
  REQUIRE(!t.nodes[parent].closed);
  group->bound_ns = t.nodes[parent].bound_ns;
  forget_plan();
  return t.node_count++;
}

static void make_edge(void) {
  int a = (int)draw_below((uint64_t)t.node_count);
  int b = (int)draw_below((uint64_t)t.node_count);
  ptg_status status =
      ptg_group_stops_before(t.runtime, t.nodes[a].handle, t.nodes[b].handle);
  if (a == 0 || t.nodes[a].parent != t.nodes[b].parent) {
    REQUIRE(status == PTG_EINVAL);
  } else if (is_reachable(b, a)) {
    REQUIRE(status == PTG_ECYCLE);
  } else {
    REQUIRE(status == PTG_OK);
    t.edge[a][b] = 1;
  }
}

/* -------------------------------------------------------------- shutdown -- */

static void shut_down(int node) {
  struct node *group = &t.nodes[node];
  ptg_shutdown_options options = PTG_SHUTDOWN_OPTIONS_INIT;
  options.flags = one_in(5) ? PTG_SHUTDOWN_FORCE : 0;
  options.grace_ns = one_in(3) ? draw_limit() : 0;
  options.cancel_wait_ns = one_in(3) ? draw_limit() : 0;
  if (one_in(3) || (t.has_forever && node == 0))
    options.deadline_ns = (1 + (int64_t)draw_below(400)) * MS;

  ptg_group_info before = PTG_GROUP_INFO_INIT;
  ptg_status status = ptg_group_get_info(t.runtime, group->handle, &before);
  REQUIRE(status == ptg_group_shutdown(t.runtime, group->handle, &options));
  if (status == PTG_ESTALE) {
    REQUIRE(group->closed);
    return;
  }
  if (!before.is_ending) group->is_alone = 1;
  if (node == 0) t.is_ending = 1;
  ptg_group_info after = PTG_GROUP_INFO_INIT;
  REQUIRE(ptg_group_get_info(t.runtime, group->handle, &after) == PTG_OK);
  REQUIRE(after.is_ending && after.state >= before.state);
  if (options.deadline_ns != 0 || options.cancel_wait_ns != 0) forget_plan();
  if (options.deadline_ns == 0 || before.state == PTG_GROUP_CLOSED) return;
  /* One that waits for its turn is not moved forward, deadline or not. */
  if (after.state == PTG_GROUP_OPEN) return;
  int64_t bound_ns = now() + options.deadline_ns;
  for (int i = 0; i < t.node_count; i++)
    if (is_within(i, node) && t.nodes[i].bound_ns > bound_ns)
      t.nodes[i].bound_ns = bound_ns;
}

static void read_plan(void) {
  ptg_plan_step steps[NODES];
  size_t count;
  ptg_status status = ptg_group_get_plan(t.runtime, t.nodes[0].handle, steps,
                                         sizeof(steps[0]), NODES, &count);
  if (t.is_ending) {
    REQUIRE(status == PTG_ECLOSED && count == 0);
    return;
  }
  REQUIRE(status == PTG_OK);
  int has_alone = 0;
  for (int i = 0; i < t.node_count; i++)
    has_alone |= t.nodes[i].is_alone;
  int64_t begin_ns = 0;
  for (size_t i = 0; i < count; i++) {
    REQUIRE(steps[i].size == sizeof(steps[i]) && steps[i].group != PTG_NONE);
    REQUIRE(steps[i].begin_ns == PTG_FOREVER || begin_ns <= steps[i].begin_ns);
    if (steps[i].begin_ns != PTG_FOREVER) begin_ns = steps[i].begin_ns;
    if (steps[i].closed_ns == PTG_FOREVER) continue;
    REQUIRE(steps[i].begin_ns <= steps[i].cancel_ns);
    REQUIRE(steps[i].cancel_ns <= steps[i].closed_ns);
    for (int n = 0; n < t.node_count && !has_alone; n++)
      if (t.nodes[n].handle == steps[i].group)
        t.nodes[n].plan_ns = now() + steps[i].closed_ns;
  }
  size_t open = 0;
  for (int i = 0; i < t.node_count; i++) {
    ptg_group_info info = PTG_GROUP_INFO_INIT;
    open += ptg_group_get_info(t.runtime, t.nodes[i].handle, &info) == PTG_OK &&
            info.state != PTG_GROUP_CLOSED;
  }
  REQUIRE(count == open);
}

/* ------------------------------------------------------------------ jobs -- */

static int is_given_up(const struct job *job) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  return ptg_task_get_info(t.runtime, job->handle, &info) == PTG_OK &&
         info.state == PTG_TASK_ABANDONED;
}

static void finish(struct job *job, ptg_status end) {
  int is_late = is_given_up(job);
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = end;
  outcome.message = end == PTG_EFAILED ? "as it was told to" : NULL;
  ptg_status status = ptg_task_finish(t.runtime, job->handle, &outcome);
  REQUIRE(status == (job->is_finished ? PTG_ESTALE : PTG_OK));
  if (job->is_finished) return;
  job->is_finished = 1;
  job->end = end;
  *(is_late ? &t.late_failures : &t.failures) += end == PTG_EFAILED;
  if (job->behaviour >= MORTAL && !job->killed) forget_plan();
}

static void nap(const struct job *job) {
  REQUIRE(ptg_task_sleep(t.runtime, job->handle,
                         (int64_t)draw_below(80) * MS) == PTG_OK);
}

static void cancel_some(void) {
  struct job *job = &t.jobs[draw_below((uint64_t)t.job_count)];
  ptg_task_info info = PTG_TASK_INFO_INIT;
  ptg_status known = ptg_task_get_info(t.runtime, job->handle, &info);
  ptg_status status = ptg_task_cancel(t.runtime, job->handle, NULL);
  if (job->is_finished || known == PTG_ESTALE) { /* or replaced just now */
    REQUIRE(status == PTG_ESTALE);
    return;
  }
  REQUIRE(status == PTG_OK && known == PTG_OK);
  job->is_asked |= !info.is_cancel_requested;
  if (info.state != PTG_TASK_PENDING) return;
  job->is_finished = 1;
  job->end = PTG_ECANCELED;
  if (job->behaviour >= MORTAL) forget_plan();
}

static void see(struct job *job, int what) {
  REQUIRE(!job->is_finished && !job->done && !job->released);
  note((uint64_t)what << 32 | (uint64_t)(job - t.jobs));
}

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct job *job = user_data;
  ptg_status status;
  (void)runtime;
  job->handle = task; /* also before spawn has told it */
  see(job, 1);
  REQUIRE(job->started++ == 0 && !t.nodes[job->node].closed);
  switch (job->behaviour) {
  case SHORT:
    if (one_in(3)) {
      job->is_finished = 1;
      job->end = one_in(2) ? PTG_EFAILED : PTG_ECANCELED;
      t.failures += job->end == PTG_EFAILED;
      return job->end;
    }
    finish(job, one_in(3) ? PTG_EFAILED : PTG_OK);
    return PTG_EFAILED; /* is ignored */
  case SLEEPER:
    nap(job);
    break;
  case SPAWNER:
    spawn(job->node, (enum behaviour)draw_below(MAKER), 0, &status);
    break;
  case MAKER:
    make_node(job->node);
    finish(job, PTG_OK);
    break;
  case MEDDLER:
    if (one_in(2)) cancel_some();
    break;
  default:
    break;
  }
  return PTG_OK;
}

static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct job *job = user_data;
  (void)runtime;
  (void)task;
  see(job, 2);
  finish(job, one_in(5) ? PTG_EFAILED : PTG_OK);
}

static void drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct job *job = user_data;
  ptg_status status;
  (void)runtime;
  (void)task;
  see(job, 3);
  REQUIRE(job->started && job->drained++ == 0 && !job->cancelled);
  REQUIRE(state_of(job->node) == PTG_GROUP_DRAINING);
  see_own_phase(job->node);
  switch (job->behaviour) {
  case OBEDIENT:
    finish(job, PTG_OK);
    break;
  case TARDY:
    if (one_in(4)) ask_for_more(job);
    nap(job);
    break;
  case SPAWNER:
    spawn(job->node, (enum behaviour)draw_below(MAKER), 0, &status);
    REQUIRE(status == PTG_OK || status == PTG_EFULL);
    if (one_in(2)) finish(job, PTG_OK);
    break;
  case MEDDLER:
    shut_down((int)draw_below((uint64_t)t.node_count));
    break;
  default:
    break;
  }
}

static void check_newest_first(struct job *job) {
  if (job->is_asked) return;
  struct node *group = &t.nodes[job->node];
  int rank = (int)(job - t.jobs);
  REQUIRE(rank < group->lowest_cancelled);
  group->lowest_cancelled = rank;
  see_own_phase(job->node);
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  struct job *job = user_data;
  ptg_status status;
  (void)runtime;
  (void)task;
  see(job, 4);
  REQUIRE(job->started && job->cancelled++ == 0 && info->reason != NULL);
  REQUIRE(!t.nodes[job->node].closed || job->is_asked);
  job->is_asked |= strcmp(info->reason, "replaced") == 0;
  check_newest_first(job);
  switch (job->behaviour) {
  case OBEDIENT:
  case TARDY:
  case CANCELLED:
    finish(job, PTG_ECANCELED);
    break;
  case SLUGGISH:
    nap(job);
    break;
  case SPAWNER:
    spawn(job->node, one_in(2) ? SHORT : STUBBORN, PTG_SPAWN_CLEANUP, &status);
    finish(job, PTG_ECANCELED);
    break;
  case MEDDLER:
    shut_down((int)draw_below((uint64_t)t.node_count));
    finish(job, PTG_OK);
    break;
  default:
    break;
  }
}

static void end_by_force(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct job *job = user_data;
  (void)runtime;
  (void)task;
  see(job, 5);
  REQUIRE(job->started && job->cancelled && job->killed++ == 0);
  REQUIRE(state_of(job->node) == PTG_GROUP_CANCELLING);
  see_own_phase(job->node);
  if (job->behaviour == MORTAL) finish(job, PTG_ECANCELED);
}

static void done(ptg_runtime *runtime, ptg_task task,
                 const ptg_outcome *outcome, void *user_data) {
  struct job *job = user_data;
  uint32_t flags = outcome->flags;
  (void)runtime;
  REQUIRE(task == job->handle || job->handle == PTG_NONE);
  REQUIRE(job->done++ == 0 && !job->released);
  note((uint64_t)outcome->status);
  if (flags & PTG_OUTCOME_NEVER_RAN) REQUIRE(!job->started);
  REQUIRE(!(flags & PTG_OUTCOME_KILLED) == !job->killed);
  if (job->is_finished) REQUIRE(outcome->status == job->end);
  /* Otherwise its group ended it: before it began, or in destroy. */
  else
    REQUIRE(
        (flags & PTG_OUTCOME_NEVER_RAN && outcome->status == PTG_ECANCELED) ||
        (flags & PTG_OUTCOME_ABANDONED && outcome->status == PTG_ETIMEDOUT));
  if (t.nodes[job->node].closed) REQUIRE(flags & PTG_OUTCOME_ABANDONED);
  for (int i = 0; i < t.node_count; i++)
    REQUIRE(t.nodes[i].owner != job - t.jobs || t.nodes[i].closed);
  job->is_finished = 1;
}

static void release_job(void *user_data) {
  struct job *job = user_data;
  REQUIRE(job->released++ == 0);
}

#define CALLBACKS \
  .start = start, .drain = drain, .cancel = cancel, .wake = wake, \
  .done = done, .release = release_job
static const ptg_task_type PLAIN_TYPE = {
    .size = sizeof(ptg_task_type), .name = "plain", CALLBACKS};
static const ptg_task_type KILLABLE_TYPE = {.size = sizeof(ptg_task_type),
                                            .name = "killable",
                                            .kill = end_by_force,
                                            CALLBACKS};

static int spawn(int node, enum behaviour behaviour, uint32_t flags,
                 ptg_status *status) {
  *status = PTG_EFULL;
  if (t.job_count == JOBS) return -1;
  struct job *job = &t.jobs[t.job_count++];
  *job = (struct job){.node = node, .behaviour = behaviour};
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.flags = flags;
  options.name = one_in(4) ? "a name" : NULL;
  *status = ptg_task_spawn(t.runtime, t.nodes[node].handle,
                           behaviour >= MORTAL ? &KILLABLE_TYPE : &PLAIN_TYPE,
                           &options, job, &job->handle);
  if (*status == PTG_OK) return 0;
  REQUIRE(job->released == 1 && job->handle == PTG_NONE && !job->started);
  t.job_count--;
  return -1;
}

/* ---------------------------------------------------------------- driver -- */

static void spawn_from_outside(int node) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_status status =
      ptg_group_get_info(t.runtime, t.nodes[node].handle, &info);
  uint64_t kinds = t.is_ending ? MORTAL : BEHAVIOURS;
  ptg_status spawned;
  if (t.job_count == JOBS) return;
  spawn(node, (enum behaviour)draw_below(kinds), 0, &spawned);
  if (status == PTG_ESTALE) {
    REQUIRE(spawned == PTG_ESTALE);
  } else if (info.state > PTG_GROUP_DRAINING ||
             (info.state == PTG_GROUP_DRAINING &&
              !(info.flags & PTG_GROUP_ADMITS_ANYONE))) {
    REQUIRE(spawned == PTG_ECLOSED);
  } else {
    REQUIRE(spawned == PTG_OK || spawned == PTG_EFULL);
  }
}

static void finish_some(void) {
  struct job *job = &t.jobs[draw_below((uint64_t)t.job_count)];
  if (job->started || job->is_finished) finish(job, PTG_OK);
}

static void check_report(void) {
  ptg_report_row rows[NODES];
  size_t count;
  ptg_status status = ptg_group_get_report(t.runtime, t.nodes[0].handle, rows,
                                           sizeof(rows[0]), NODES, &count);
  REQUIRE(status == (t.is_ending ? PTG_OK : PTG_EBUSY));
  int is_open = 0;
  for (size_t i = 0; i < count; i++) {
    REQUIRE(rows[i].state != PTG_GROUP_CLOSED || !is_open);
    is_open |= rows[i].state != PTG_GROUP_CLOSED;
    if (rows[i].drain_ns) REQUIRE(rows[i].begun_ns <= rows[i].drain_ns);
    if (rows[i].cancel_ns) REQUIRE(rows[i].drain_ns <= rows[i].cancel_ns);
    if (rows[i].closed_ns) REQUIRE(rows[i].drain_ns <= rows[i].closed_ns);
    check_law(rows[i].group);
  }
}

static void meddle(void) {
  int node = (int)draw_below((uint64_t)t.node_count);
  switch (draw_below(12)) {
  case 10:
    watch_some();
    break;
  case 0:
    shut_down(node > 0 || t.is_ending ? node : 0);
    break;
  case 1:
    if (t.job_count > 0) cancel_some();
    break;
  case 2:
    if (t.job_count > 0) finish_some();
    break;
  case 3:
    check_report();
    break;
  case 4:
    if (one_in(4)) make_node(node);
    break;
  default:
    spawn_from_outside(node);
    break;
  }
}

static void build(uint64_t seed) {
  memset(&t, 0, sizeof(t));
  t.seed = seed;
  t.random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
  t.trace = UINT64_C(14695981039346656037);
  t.has_forever = one_in(4);
  make_node(-1);
  int wanted = 1 + (int)draw_below(NODES - 3);
  while (t.node_count < wanted)
    make_node((int)draw_below((uint64_t)t.node_count));
  for (uint64_t edges = draw_below(20); edges > 0; edges--)
    make_edge();
  for (uint64_t jobs = draw_below(JOBS / 2); jobs > 0; jobs--)
    spawn_from_outside((int)draw_below((uint64_t)t.node_count));
}

static void advance(int64_t limit_ns) {
  int64_t step_ns = (int64_t)draw_below((uint64_t)limit_ns);
  if (one_in(3)) step_ns = 0;
  REQUIRE(ptg_runtime_advance(t.runtime, step_ns) == PTG_OK);
}

static void tear_down(void) {
  for (int i = 0; i < 8 && t.job_count > 0; i++)
    finish_some();
  advance(10 * MS);
  REQUIRE(ptg_runtime_destroy(t.runtime) == PTG_OK);
  for (int i = 0; i < t.job_count; i++)
    REQUIRE(t.jobs[i].done == 1 && t.jobs[i].released == 1);
  for (int i = 0; i < t.node_count; i++) {
    const struct node *group = &t.nodes[i];
    REQUIRE(group->closed == 1 && group->released == 1);
    REQUIRE(group->over == group->watched - group->unwatched);
    REQUIRE(group->watches_released == group->watched);
    if ((t.nodes[i].flags & PTG_GROUP_PARALLEL) == 0)
      check_order_of_children(i);
  }
  REQUIRE(t.handled >= t.failures && t.handled <= t.failures + t.late_failures);
}

static uint64_t run_tree(uint64_t seed) {
  build(seed);
  int is_calm = one_in(2); /* nothing but one shutdown, so the plan holds */
  if (!one_in(4)) advance(50 * MS);
  for (uint64_t calls = is_calm ? 0 : draw_below(10); calls > 0; calls--) {
    meddle();
    if (one_in(2)) advance(50 * MS);
  }
  REQUIRE(ptg_runtime_advance(t.runtime, 0) == PTG_OK);
  read_plan();
  shut_down(0);
  int64_t begun_ns = now();
  while (!t.nodes[0].closed) {
    REQUIRE(now() - begun_ns < LONG_AFTER);
    if (!is_calm || one_in(10)) meddle();
    advance(60 * MS);
  }
  check_report();
  tear_down();
  return t.trace;
}

/* ----------------------------------------------------------------- cases -- */

static uint64_t first_seed(void) {
  const char *given = getenv("PTG_SEED");
  return given != NULL ? strtoull(given, NULL, 10) : 1;
}

static void random_trees_end_as_the_rules_say(void **state) {
  (void)state;
  uint64_t seed = first_seed();
  print_message("PTG_SEED=%llu, %d trees\n", (unsigned long long)seed, TREES);
  for (uint64_t i = 0; i < TREES; i++)
    run_tree(seed + i);
}

static void the_same_tree_ends_in_the_same_order_every_time(void **state) {
  (void)state;
  uint64_t seed = first_seed();
  for (uint64_t i = 0; i < 200; i++) {
    uint64_t trace = run_tree(seed + i);
    if (run_tree(seed + i) != trace) broken(__LINE__, "the same order");
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_trees_end_as_the_rules_say),
      cmocka_unit_test(the_same_tree_ends_in_the_same_order_every_time),
  };
  return cmocka_run_group_tests_name("random trees", tests, NULL, NULL);
}
