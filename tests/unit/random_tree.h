/* random_tree.h - a random tree as test_random_trees.c sees it, and what the
 * rules say of the order in which it ends.
 */
#ifndef PTG_TESTS_RANDOM_TREE_H
#define PTG_TESTS_RANDOM_TREE_H

#include <ptg/ptg.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define NODES 16
#define JOBS 96
#define MS INT64_C(1000000)
#define NEVER INT64_MAX
#define LONG_AFTER (60 * 1000 * MS)

enum behaviour {
  OBEDIENT,  /* ends when it is told to drain */
  TARDY,     /* some time after */
  CANCELLED, /* ends when it is told to cancel */
  SLUGGISH,  /* some time after, and perhaps failing */
  STUBBORN,  /* does not end */
  SHORT,     /* ends in its start, or fails there */
  SLEEPER,   /* ends by itself */
  SPAWNER,   /* spawns when it is told to drain, and to cancel */
  MAKER,     /* makes a group when it starts */
  MEDDLER,   /* calls a shutdown from inside */
  MORTAL,    /* ends when it is killed; from here on with a kill callback */
  IMMORTAL,  /* does not even then */
  BEHAVIOURS
};

struct node {
  ptg_group handle;
  int parent; /* -1: the root */
  uint32_t flags;
  int64_t deadline_ns;
  int64_t bound_ns; /* it has to be closed by then */
  int64_t plan_ns;  /* likewise, as the plan says; NEVER: it says nothing */
  int64_t own_ns;   /* its own phase was first seen */
  int is_alone;     /* its shutdown was asked for before any ancestor's, or
                       may be: by its owner's end, or by its policy */
  int owner;        /* index of a job; -1: none */
  int watched;      /* how many watches are to be told */
  int unwatched;    /* how many were removed */
  int over;         /* how many were told */
  int watches_released;
  int is_touched; /* its own phase, or that of a group below, was seen */
  int drained;
  int closed;
  int closed_rank;
  int released;
  int lowest_cancelled; /* of its jobs, told by the group's cancel */
};

struct job {
  ptg_task handle;
  int node;
  enum behaviour behaviour;
  int started, drained, cancelled, killed, done, released;
  int is_asked; /* by a call of ours, or to make room: not by a shutdown */
  int is_finished;
  ptg_status end;
};

static struct tree {
  uint64_t seed;
  uint64_t random;
  ptg_runtime *runtime;
  struct node nodes[NODES];
  int node_count;
  char edge[NODES][NODES];
  struct job jobs[JOBS];
  int job_count;
  int ranks;
  int failures;      /* of tasks and hooks */
  int late_failures; /* of tasks that were given up: those that come when the
                        root is gone have no handler */
  int handled;
  int is_ending; /* the root's shutdown has been asked for */
  int has_forever;
  uint64_t trace;
} t;

static void broken(int line, const char *what) {
  fail_msg("PTG_SEED=%llu, line %d: %s", (unsigned long long)t.seed, line,
           what);
}
#define REQUIRE(condition) \
  ((condition) ? (void)0 : broken(__LINE__, #condition))

static uint64_t draw_below(uint64_t limit) {
  t.random = t.random * UINT64_C(6364136223846793005) + UINT64_C(1442695041);
  return (t.random >> 33) % limit;
}

static int one_in(uint64_t n) {
  return draw_below(n) == 0;
}

static void note(uint64_t what) {
  t.trace = (t.trace ^ what) * UINT64_C(1099511628211);
}

static int64_t now(void) {
  int64_t now_ns;
  REQUIRE(ptg_runtime_get_time(t.runtime, &now_ns) == PTG_OK);
  return now_ns;
}

static int64_t draw_limit(void) {
  switch (draw_below(8)) {
  case 0:
    return PTG_AT_ONCE;
  case 1:
  case 2:
    return 0;
  case 3:
    return 1 + (int64_t)draw_below(5);
  default:
    return (1 + (int64_t)draw_below(100)) * MS;
  }
}

static int64_t later(int64_t at_ns, int64_t limit_ns) {
  return limit_ns == PTG_AT_ONCE ? at_ns : at_ns + limit_ns;
}

/* ---------------------------------------------------------------- checks -- */

static int is_within(int node, int top) {
  while (node >= 0 && node != top)
    node = t.nodes[node].parent;
  return node == top;
}

static uint32_t state_of(int node) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  REQUIRE(ptg_group_get_info(t.runtime, t.nodes[node].handle, &info) == PTG_OK);
  return info.state;
}

static void check_law(ptg_group group) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_status status = ptg_group_get_info(t.runtime, group, &info);
  if (status == PTG_ESTALE) return;
  REQUIRE(status == PTG_OK);
  REQUIRE(info.spawned == info.live + info.succeeded + info.failed +
                              info.cancelled + info.abandoned);
  REQUIRE(info.pending <= info.live && info.late <= info.abandoned);
  if (info.state == PTG_GROUP_CLOSED) REQUIRE(info.live + info.children == 0);
}

/* What has to be closed before anything at or below node may drain. */
static void check_turn(int node) {
  const struct node *group = &t.nodes[node];
  int up = group->parent;
  for (int i = 0; i < t.node_count; i++) {
    const struct node *other = &t.nodes[i];
    if (i == node || other->parent != up || up < 0) continue;
    if (group->is_alone || other->is_alone) continue;
    if (t.edge[i][node]) REQUIRE(other->closed);
    if ((t.nodes[up].flags & PTG_GROUP_PARALLEL) == 0)
      REQUIRE(other->closed || !other->is_touched);
  }
}

/* A group's own tasks, or its hooks, are being told of its end. */
static void see_own_phase(int node) {
  struct node *group = &t.nodes[node];
  REQUIRE(!group->closed);
  if (group->own_ns != 0) return;
  group->own_ns = now();
  for (int i = 0; i < t.node_count; i++)
    REQUIRE(t.nodes[i].parent != node || t.nodes[i].closed);
  /* The turns of what was shut down by itself are not its ancestors'. */
  for (int at = node; at >= 0 && !t.nodes[at].is_alone; at = t.nodes[at].parent)
    check_turn(at);
  for (int at = node; at >= 0; at = t.nodes[at].parent) {
    t.nodes[at].is_touched = 1;
    if (t.nodes[at].is_alone) break;
  }
}

static int is_reachable(int from, int to) {
  int seen[NODES] = {0};
  int stack[NODES], top = 0;
  stack[top++] = from;
  seen[from] = 1;
  while (top > 0) {
    int at = stack[--top];
    if (at == to) return 1;
    for (int i = 0; i < t.node_count; i++)
      if (t.edge[at][i] && !seen[i]) {
        seen[i] = 1;
        stack[top++] = i;
      }
  }
  return 0;
}

/* The rule, played through naively: the newest of those that no edge holds
 * back is next. Only where all the children took part in one shutdown. */
static void check_order_of_children(int parent) {
  int children[NODES], count = 0;
  for (int i = 0; i < t.node_count; i++) {
    if (t.nodes[i].parent != parent) continue;
    if (t.nodes[i].is_alone) return;
    children[count++] = i;
  }
  int is_closed[NODES] = {0};
  int last_rank = 0;
  for (int turn = 0; turn < count; turn++) {
    int newest = -1;
    for (int i = 0; i < count; i++) {
      int is_held = is_closed[children[i]];
      for (int j = 0; j < count; j++)
        is_held |= t.edge[children[j]][children[i]] && !is_closed[children[j]];
      if (!is_held) newest = children[i];
    }
    REQUIRE(newest >= 0);
    is_closed[newest] = 1;
    REQUIRE(t.nodes[newest].closed_rank > last_rank);
    last_rank = t.nodes[newest].closed_rank;
  }
}

/* ----------------------------------------------------------- bounds etc. -- */

static void forget_plan(void);

/* Some jobs of the group or of one above it are owners. */
static int draw_owner(int parent) {
  if (t.job_count == 0 || parent < 0 || !one_in(3)) return -1;
  int job = (int)draw_below((uint64_t)t.job_count);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  ptg_status known = ptg_task_get_info(t.runtime, t.jobs[job].handle, &info);
  int is_above = is_within(parent, t.jobs[job].node);
  return known == PTG_OK && info.state != PTG_TASK_ABANDONED && is_above ? job
                                                                         : -1;
}

/* What a group may be beyond its limits. */
static void draw_manners(struct node *group, ptg_group_options *options) {
  options->max_tasks = one_in(4) ? 1 + draw_below(4) : 0;
  options->when_full = (uint32_t)draw_below(3);
  options->max_queued = one_in(3) ? 1 + draw_below(4) : 0;
  if (one_in(8)) options->flags |= PTG_GROUP_ADMITS_ANYONE;
  if (group->parent >= 0 && one_in(16))
    options->on_failure = PTG_POLICY_SHUTDOWN_GROUP;
  group->owner = draw_owner(group->parent);
  if (group->owner >= 0) options->owner = t.jobs[group->owner].handle;
  group->flags = options->flags;
  group->is_alone =
      group->owner >= 0 || options->on_failure != PTG_POLICY_REPORT;
}

static void on_over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                    const ptg_outcome *outcome, void *user_data) {
  struct node *group = user_data;
  (void)runtime;
  (void)watch;
  REQUIRE(watched == group->handle && group->closed && !group->released);
  REQUIRE((outcome->status == PTG_ETIMEDOUT) == (outcome->value > 0));
  group->over++;
}

static void release_watch(void *user_data) {
  ((struct node *)user_data)->watches_released++;
}

static void watch_some(void) {
  struct node *group = &t.nodes[draw_below((uint64_t)t.node_count)];
  ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
  ptg_watch watch;
  options.over = on_over;
  options.release = release_watch;
  options.user_data = group;
  group->watched++;
  ptg_status status = ptg_watch_add(t.runtime, group->handle, &options, &watch);
  REQUIRE(status == PTG_OK || (status == PTG_ESTALE && group->closed));
  if (status == PTG_OK && !one_in(4)) return;
  if (status == PTG_OK) REQUIRE(ptg_watch_remove(t.runtime, watch) == PTG_OK);
  group->unwatched++;
}

/* What is given beyond the grace is in no plan, but in the deadline. */
static void ask_for_more(const struct job *job) {
  int64_t left_ns, wanted_ns = (int64_t)draw_below(200) * MS;
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  REQUIRE(ptg_task_extend_grace(t.runtime, job->handle, wanted_ns, &left_ns) ==
          PTG_OK);
  REQUIRE(ptg_group_get_info(t.runtime, t.nodes[job->node].handle, &info) ==
          PTG_OK);
  REQUIRE(left_ns == info.phase_left_ns);
  forget_plan();
}

/* A deadline that is too short is shared out in proportion to what is needed.
 * When less is needed than was planned, as a task that could be killed has
 * ended or a cancel wait was shortened, others may have more of it; and a new
 * group is in no plan. Then the deadline itself is all that can be relied on.
 */
static void forget_plan(void) {
  for (int i = 0; i < t.node_count; i++)
    t.nodes[i].plan_ns = NEVER;
}

#endif
