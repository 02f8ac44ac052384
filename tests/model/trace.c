/* trace.c - shuts trees of groups down on a manual clock, and prints what was
 * told, when and to whom.
 *
 *   trace SEED RUNS MODE... < TREE
 *
 * The tree is lines: "group NAME PARENT serial|parallel", the root first and
 * its own parent; "edge FIRST LATER"; "owner OWNED HOME". Each run puts tasks
 * of random manners into it; spec/model/check_trace judges what comes out.
 * Nothing is checked here but that calls succeed.
 */
#include <ptg/ptg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUPS 8
#define TASKS 32
#define NAME 16
#define MS INT64_C(1000000)
#define NEVER PTG_FOREVER
#define NO_OWNER (-1)

struct group {
  char name[NAME];
  int parent;
  uint32_t flags;
  ptg_group handle;
};

/* How long after it was started, or told, a task ends; NEVER: it does not. */
struct task {
  char name[NAME];
  struct group *home;
  ptg_task handle;
  int64_t after_start_ns, after_drain_ns, after_cancel_ns;
  int is_owner;
};

static struct tree {
  struct group groups[GROUPS];
  int group_count;
  struct {
    int first, later;
  } edges[GROUPS];
  int edge_count;
  int owned, home; /* owned is NO_OWNER: no group is */
} tree = {.owned = NO_OWNER};

static struct run {
  ptg_runtime *runtime;
  struct task tasks[TASKS];
  int task_count;
  int is_closed;
  int fails_late; /* abandoned tasks may fail */
  uint64_t random;
} run;

static void require(int condition, int line) {
  if (condition) return;
  fprintf(stderr, "trace.c:%d: not as required\n", line);
  exit(2);
}
#define REQUIRE(condition) require((condition), __LINE__)

static int64_t draw_below(int64_t limit) {
  run.random =
      run.random * UINT64_C(6364136223846793005) + UINT64_C(1442695041);
  return (int64_t)((run.random >> 33) % (uint64_t)limit);
}

static int one_in(int64_t n) {
  return draw_below(n) == 0;
}

static void say(const char *what, const char *task, const char *group) {
  int64_t now_ns;
  REQUIRE(ptg_runtime_get_time(run.runtime, &now_ns) == PTG_OK);
  printf("%lld %s %s %s", (long long)now_ns, what, group, task);
}

/* ------------------------------------------------------------- callbacks -- */

static ptg_status on_drain(ptg_runtime *runtime, ptg_group handle,
                           void *user_data) {
  (void)runtime;
  (void)handle;
  say("on_drain", "-", ((struct group *)user_data)->name);
  puts("");
  return PTG_OK;
}

static ptg_status on_closed(ptg_runtime *runtime, ptg_group handle,
                            void *user_data) {
  const struct group *group = user_data;
  (void)runtime;
  (void)handle;
  say("closed", "-", group->name);
  puts("");
  if (group == tree.groups) run.is_closed = 1;
  return PTG_OK;
}

static ptg_status on_error(ptg_runtime *runtime, const ptg_error *error,
                           void *user_data) {
  (void)runtime;
  say("error", error->name, ((struct group *)user_data)->name);
  puts("");
  return PTG_OK;
}

static void nap(const struct task *task, int64_t duration_ns) {
  if (duration_ns == NEVER) return;
  REQUIRE(ptg_task_sleep(run.runtime, task->handle, duration_ns) == PTG_OK);
}

static ptg_status start(ptg_runtime *runtime, ptg_task handle,
                        void *user_data) {
  struct task *task = user_data;
  (void)runtime;
  task->handle = handle;
  say("start", task->name, task->home->name);
  puts("");
  nap(task, task->after_start_ns);
  return PTG_OK;
}

static void drain(ptg_runtime *runtime, ptg_task handle, void *user_data) {
  const struct task *task = user_data;
  (void)runtime;
  (void)handle;
  say("drain", task->name, task->home->name);
  puts("");
  nap(task, task->after_drain_ns);
}

static void cancel(ptg_runtime *runtime, ptg_task handle,
                   const ptg_cancel_info *info, void *user_data) {
  const struct task *task = user_data;
  (void)runtime;
  (void)handle;
  (void)info;
  say("cancel", task->name, task->home->name);
  puts("");
  nap(task, task->after_cancel_ns);
}

/* An owner's end asks for the shutdown of what it owns. */
static void finish(const struct task *task) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  ptg_task_info info = PTG_TASK_INFO_INIT;
  REQUIRE(ptg_task_get_info(run.runtime, task->handle, &info) == PTG_OK);
  int may_fail = info.state != PTG_TASK_ABANDONED || run.fails_late;
  if (may_fail && one_in(3)) outcome.status = PTG_EFAILED;
  if (task->is_owner) {
    say("ask", "owner", tree.groups[tree.owned].name);
    puts(" 0");
  }
  REQUIRE(ptg_task_finish(run.runtime, task->handle, &outcome) == PTG_OK);
}

static void wake(ptg_runtime *runtime, ptg_task handle, void *user_data) {
  (void)runtime;
  (void)handle;
  finish(user_data);
}

static void done(ptg_runtime *runtime, ptg_task handle,
                 const ptg_outcome *outcome, void *user_data) {
  const struct task *task = user_data;
  (void)runtime;
  (void)handle;
  int is_late = (outcome->flags & PTG_OUTCOME_ABANDONED) != 0;
  say(is_late ? "late" : "done", task->name, task->home->name);
  puts("");
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .name = "task",
                                   .start = start,
                                   .drain = drain,
                                   .cancel = cancel,
                                   .wake = wake,
                                   .done = done};

/* ------------------------------------------------------------------ tree -- */

static int find(const char *name) {
  for (int i = 0; i < tree.group_count; i++)
    if (strcmp(tree.groups[i].name, name) == 0) return i;
  REQUIRE(0);
  return -1;
}

static void read_group(const char *name, const char *parent,
                       const char *manner) {
  REQUIRE(tree.group_count < GROUPS);
  struct group *group = &tree.groups[tree.group_count++];
  snprintf(group->name, sizeof(group->name), "%s", name);
  group->parent = find(parent);
  group->flags = strcmp(manner, "parallel") == 0 ? PTG_GROUP_PARALLEL : 0;
}

static void read_tree(void) {
  char line[128], what[NAME], one[NAME], other[NAME], manner[NAME];
  while (fgets(line, sizeof(line), stdin) != NULL) {
    int count = sscanf(line, "%15s %15s %15s %15s", what, one, other, manner);
    if (strcmp(what, "group") == 0 && count == 4) {
      read_group(one, other, manner);
    } else if (strcmp(what, "edge") == 0 && count == 3) {
      REQUIRE(tree.edge_count < GROUPS);
      tree.edges[tree.edge_count].first = find(one);
      tree.edges[tree.edge_count++].later = find(other);
    } else {
      REQUIRE(strcmp(what, "owner") == 0 && count == 3);
      tree.owned = find(one);
      tree.home = find(other);
    }
  }
  REQUIRE(tree.group_count > 0);
}

/* Often never, or the order of ends would hide that of requests. */
static int64_t draw_end(void) {
  return one_in(3) ? NEVER : draw_below(60) * MS;
}

static struct task *spawn(struct group *home, int is_owner) {
  REQUIRE(run.task_count < TASKS);
  struct task *task = &run.tasks[run.task_count];
  *task = (struct task){.home = home,
                        .after_start_ns = one_in(4) ? draw_end() : NEVER,
                        .after_drain_ns = draw_end(),
                        .after_cancel_ns = draw_end(),
                        .is_owner = is_owner};
  snprintf(task->name, sizeof(task->name), is_owner ? "o%d" : "t%d",
           run.task_count++);
  ptg_task_options options = PTG_TASK_OPTIONS_INIT;
  options.name = task->name;
  REQUIRE(ptg_task_spawn(run.runtime, home->handle, &TYPE, &options, task,
                         &task->handle) == PTG_OK);
  return task;
}

static ptg_group_options draw_options(struct group *group) {
  ptg_group_options options = PTG_GROUP_OPTIONS_INIT;
  options.name = group->name;
  options.flags = group->flags;
  options.grace_ns = one_in(6) ? PTG_AT_ONCE : (1 + draw_below(50)) * MS;
  options.cancel_wait_ns = one_in(6) ? PTG_AT_ONCE : (1 + draw_below(30)) * MS;
  options.on_drain = on_drain;
  options.on_closed = on_closed;
  options.on_error = on_error;
  options.user_data = group;
  return options;
}

static void make_group(int index) {
  struct group *group = &tree.groups[index];
  ptg_group_options options = draw_options(group);
  if (index == 0) {
    ptg_runtime_options create = PTG_RUNTIME_OPTIONS_INIT;
    create.flags = PTG_RUNTIME_MANUAL_CLOCK;
    create.root = &options;
    REQUIRE(ptg_runtime_create(&create, &run.runtime) == PTG_OK);
    REQUIRE(ptg_runtime_get_root(run.runtime, &group->handle) == PTG_OK);
  } else {
    if (index == tree.owned)
      options.owner = spawn(&tree.groups[tree.home], 1)->handle;
    REQUIRE(ptg_group_create(run.runtime, tree.groups[group->parent].handle,
                             &options, &group->handle) == PTG_OK);
  }
  for (int64_t count = draw_below(4); count > 0; count--)
    spawn(group, 0);
  say("limits", "-", group->name);
  printf(" %lld\n", (long long)(options.cancel_wait_ns == PTG_AT_ONCE
                                    ? 0
                                    : options.cancel_wait_ns));
}

static void build(void) {
  for (int i = 0; i < tree.group_count; i++)
    make_group(i);
  for (int i = 0; i < tree.edge_count; i++)
    REQUIRE(ptg_group_stops_before(
                run.runtime, tree.groups[tree.edges[i].first].handle,
                tree.groups[tree.edges[i].later].handle) == PTG_OK);
}

/* ----------------------------------------------------------------- modes -- */

static void advance(int64_t duration_ns) {
  REQUIRE(ptg_runtime_advance(run.runtime, duration_ns) == PTG_OK);
}

static void ask(int index, const char *how, ptg_shutdown_options options) {
  ptg_group_info info = PTG_GROUP_INFO_INIT;
  ptg_group handle = tree.groups[index].handle;
  if (ptg_group_get_info(run.runtime, handle, &info) == PTG_ESTALE) return;
  say("ask", how, tree.groups[index].name);
  printf(" %lld\n", (long long)options.deadline_ns);
  REQUIRE(ptg_group_shutdown(run.runtime, handle, &options) == PTG_OK);
}

static ptg_shutdown_options plain(void) {
  return (ptg_shutdown_options)PTG_SHUTDOWN_OPTIONS_INIT;
}

static ptg_shutdown_options force(void) {
  ptg_shutdown_options options = plain();
  options.flags = PTG_SHUTDOWN_FORCE;
  return options;
}

static ptg_shutdown_options draw_deadline(void) {
  ptg_shutdown_options options = plain();
  options.deadline_ns = (1 + draw_below(150)) * MS;
  return options;
}

static void graceful(void) {
  ask(0, "plain", plain());
}

static void forced(void) {
  ask(0, "force", force());
}

static void escalated(void) {
  ptg_shutdown_options shorter = plain();
  shorter.grace_ns = MS;
  shorter.cancel_wait_ns = MS;
  graceful();
  advance(draw_below(80) * MS);
  if (one_in(2)) ask(0, "shorten", shorter);
  advance(draw_below(40) * MS);
  forced();
}

static void owned(void) {
  for (int i = 0; i < run.task_count; i++) {
    struct task *task = &run.tasks[i];
    ptg_task_info info = PTG_TASK_INFO_INIT;
    if (task->is_owner &&
        ptg_task_get_info(run.runtime, task->handle, &info) == PTG_OK)
      finish(task);
  }
  advance(draw_below(80) * MS);
  if (one_in(2)) {
    graceful();
  } else {
    forced();
  }
}

static void deadline(void) {
  ask(0, "deadline", draw_deadline());
  advance(draw_below(60) * MS);
  if (one_in(2)) ask(0, "deadline", draw_deadline());
}

/* Some groups by themselves, then all. */
static void early(void) {
  for (int64_t count = 1 + draw_below(3); count > 0; count--) {
    int index = 1 + (int)draw_below(tree.group_count - 1);
    if (one_in(3)) {
      ask(index, "force", force());
    } else {
      ask(index, "plain", plain());
    }
    if (one_in(2)) advance(draw_below(40) * MS);
  }
  if (one_in(2)) {
    graceful();
  } else {
    deadline();
  }
}

static const struct mode {
  const char *name;
  void (*shut_down)(void);
} MODES[] = {{"graceful", graceful},   {"forced", forced},
             {"escalated", escalated}, {"owned", owned},
             {"deadline", deadline},   {"late", graceful},
             {"early", early}};

static void run_once(const struct mode *mode, uint64_t seed) {
  memset(&run, 0, sizeof(run));
  run.random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
  run.fails_late = strcmp(mode->name, "late") == 0;
  printf("run %llu %s\n", (unsigned long long)seed, mode->name);
  build();
  advance(draw_below(10) * MS);
  mode->shut_down();
  for (int i = 0; i < 1000 && !run.is_closed; i++)
    advance(MS);
  advance(100 * MS); /* late ends */
  REQUIRE(run.is_closed);
  REQUIRE(ptg_runtime_destroy(run.runtime) == PTG_OK);
  puts("end");
}

static const struct mode *find_mode(const char *name) {
  for (size_t i = 0; i < sizeof(MODES) / sizeof(MODES[0]); i++)
    if (strcmp(MODES[i].name, name) == 0) return &MODES[i];
  REQUIRE(0);
  return NULL;
}

int main(int argc, char **argv) {
  REQUIRE(argc > 3);
  uint64_t seed = strtoull(argv[1], NULL, 10);
  uint64_t runs = strtoull(argv[2], NULL, 10);
  read_tree();
  for (uint64_t i = 0; i < runs; i++) {
    const char *name = argv[3 + i % (uint64_t)(argc - 3)];
    run_once(find_mode(name), seed + i);
  }
  return 0;
}
