/* process.c - the sort of task that is a child process: its calls and the
 * callbacks of its tasks. process.h says how the parts go together.
 */
#include "process.h"

#include <signal.h>
#include <string.h>

#include "kind.h"
#include "process_link.h"

/* -------------------------------------------------------------- the task -- */

/* Fails only for a task that somebody else has finished; it has no use for
 * being woken. */
void ptg__process_wake(struct ptg__process *process) {
  ptg_task_sleep(process->runtime, process->task, 0);
}

void ptg__process_end(struct ptg__process *process) {
  process->link = NULL;
  char text[768];
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  ptg__process_judge(process, &outcome, text, sizeof(text));
  ptg_task_finish(process->runtime, process->task, &outcome);
}

static ptg_status allocate_lines(struct ptg__process *process) {
  for (int i = 0; i < PTG__OUTPUTS; i++) {
    if (process->reaper_argv[PTG__REAPER_ARG_STDOUT + i][0] != '\0') continue;
    char *buffer =
        ptg_runtime_realloc(process->runtime, NULL, 0, PTG__LINES_CAPACITY);
    if (buffer == NULL) return PTG_ENOMEM;
    process->lines[i].buffer = buffer;
  }
  return PTG_OK;
}

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct ptg__process *process = user_data;
  process->task = task;
  struct uv_loop_s *loop;
  ptg_status status = ptg_runtime_get_loop(runtime, &loop);
  if (status != PTG_OK) return status;

  if (process->options.on_line != NULL) {
    status = allocate_lines(process);
    if (status != PTG_OK) return status;
  }
  return ptg__link_begin(process, loop);
}

static void deliver(struct ptg__process *process, int output) {
  const ptg_process_options *options = &process->options;
  const char *line;
  size_t length;
  int is_end = ptg__link_is_output_over(process->link, output);
  while (ptg__lines_next(&process->lines[output], is_end, &line, &length))
    options->on_line(process->runtime, process->task, output + PTG_STDOUT, line,
                     length, options->user_data);
}

static int has_started(const struct ptg__process *process) {
  return process->started.type == PTG__REAPER_STARTED;
}

static int has_ended(const struct ptg__process *process) {
  return process->ended.type != 0;
}

/* A line can be faster than the news that the child was started, which then
 * comes first all the same. Without that news there are no lines: what could
 * not be started wrote none. */
static void wake(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct ptg__process *process = user_data;
  const ptg_process_options *options = &process->options;
  if (process->link == NULL) return;

  if (has_started(process) && !process->is_started_told) {
    process->is_started_told = 1;
    if (options->started != NULL)
      options->started(runtime, task, options->user_data);
  }
  if (has_started(process))
    for (int i = 0; i < PTG__OUTPUTS; i++)
      deliver(process, i);
  ptg__link_go_on(process->link);
}

static void ask(struct ptg__process *process) {
  if (process->link == NULL || process->is_asked) return;
  process->is_asked = 1;
  ptg__link_send(process->link, PTG__REAPER_ASK, process->options.drain_signal);
}

static void drain(ptg_runtime *runtime, ptg_task task, void *user_data) {
  (void)runtime;
  (void)task;
  ask(user_data);
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  (void)runtime;
  (void)task;
  (void)info;
  ask(user_data);
}

static void kill_all(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct ptg__process *process = user_data;
  (void)runtime;
  (void)task;
  if (process->link != NULL) ptg__link_kill(process->link);
}

/* With a link when the task was abandoned and its runtime is being destroyed,
 * or when somebody else has finished it. */
static void done(ptg_runtime *runtime, ptg_task task,
                 const ptg_outcome *outcome, void *user_data) {
  struct ptg__process *process = user_data;
  const ptg_process_options *options = &process->options;
  if (process->link != NULL) ptg__link_abandon(process->link);
  process->link = NULL;
  if (options->done != NULL)
    options->done(runtime, task, outcome, options->user_data);
}

static void release(void *user_data) {
  struct ptg__process *process = user_data;
  const ptg_process_options *options = &process->options;
  if (options->release != NULL) options->release(options->user_data);
  ptg__process_destroy(process);
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .name = "process",
                                   .start = start,
                                   .drain = drain,
                                   .cancel = cancel,
                                   .kill = kill_all,
                                   .wake = wake,
                                   .done = done,
                                   .release = release};

/* ------------------------------------------------------------- the calls -- */

static ptg_status refuse(ptg_runtime *runtime,
                         const ptg_process_options *options, ptg_status status,
                         const char *message) {
  if (options != NULL && KIND_HAS(options, user_data) &&
      options->release != NULL)
    options->release(options->user_data);
  return ptg_runtime_set_error(runtime, status, 0, message);
}

static int has_name(const ptg_process_options *options) {
  if (options->name == NULL || options->name_length == 0) return 0;
  return options->name_length != PTG_NUL_TERMINATED || options->name[0] != '\0';
}

/* argv[0] may be a longer path than a name can be: then its end is taken, from
 * the beginning of a character on. */
static void choose_name(const ptg_process_options *options,
                        ptg_task_options *task_options) {
  if (has_name(options)) {
    task_options->name = options->name;
    task_options->name_length = options->name_length;
    return;
  }
  const char *name = options->argv[0];
  size_t length = strlen(name);
  if (length > PTG_NAME_MAX) {
    name += length - PTG_NAME_MAX;
    while (((unsigned char)*name & 0xC0) == 0x80)
      name++;
  }
  task_options->name = name;
}

ptg_status ptg_process_spawn(ptg_runtime *runtime, ptg_group group,
                             const ptg_process_options *options,
                             ptg_task *out) {
  int64_t now_ns;
  if (out != NULL) *out = PTG_NONE;
  /* Not for its answer, but because it knows the thread. */
  ptg_status status = ptg_runtime_get_time(runtime, &now_ns);
  if (status != PTG_OK) return refuse(runtime, options, status, "");
  if (options == NULL)
    return refuse(runtime, options, PTG_EINVAL, "options are missing");

  ptg_process_options ours;
  status = ptg__kind_copy_options(&ours, sizeof(ours), options);
  if (status != PTG_OK)
    return refuse(runtime, options, status, "options of a wrong size");

  const char *message;
  struct ptg__process *process;
  status = ptg__process_create(runtime, &ours, &process, &message);
  if (status != PTG_OK) return refuse(runtime, options, status, message);

  ptg_task_options task_options = PTG_TASK_OPTIONS_INIT;
  task_options.flags = ours.flags;
  task_options.spawner = ours.spawner;
  choose_name(&ours, &task_options);
  return ptg_task_spawn(runtime, group, &TYPE, &task_options, process, out);
}

ptg_status ptg_process_signal(ptg_runtime *runtime, ptg_task task,
                              int32_t signum) {
  void *user_data;
  ptg_status status = ptg_task_get_user_data(runtime, task, &TYPE, &user_data);
  if (status != PTG_OK) return status;

  const struct ptg__process *process = user_data;
  if (signum < 1 || signum >= NSIG)
    return ptg_runtime_set_error(runtime, PTG_EINVAL, 0, "not a signal");
  if (has_ended(process))
    return ptg_runtime_set_error(runtime, PTG_ESTALE, 0, "it has ended");
  if (process->link == NULL || !has_started(process))
    return ptg_runtime_set_error(runtime, PTG_EBUSY, 0, "not started yet");

  int uv_status = ptg__link_send(process->link, PTG__REAPER_SIGNAL, signum);
  if (uv_status == 0) return PTG_OK;
  if (uv_status == UV_EPIPE)
    return ptg_runtime_set_error(runtime, PTG_ESTALE, 0, "it has ended");
  return ptg_runtime_set_error(runtime, PTG_EUV, uv_status,
                               "cannot reach ptg-reaper");
}

ptg_status ptg_process_get_pid(ptg_runtime *runtime, ptg_task task,
                               int64_t *pid) {
  void *user_data;
  if (pid != NULL) *pid = 0;
  ptg_status status = ptg_task_get_user_data(runtime, task, &TYPE, &user_data);
  if (status != PTG_OK) return status;
  if (pid == NULL)
    return ptg_runtime_set_error(runtime, PTG_EINVAL, 0, "pid is missing");

  const struct ptg__process *process = user_data;
  if (has_started(process)) *pid = process->started.value;
  return PTG_OK;
}
