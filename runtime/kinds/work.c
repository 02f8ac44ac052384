/* work.c - the sort of task that is a function on a thread of libuv's pool.
 *
 * The thread shares the record with the runtime, which may be gone before the
 * function returns: so the record is from malloc, and whoever is the last to
 * leave it frees it (work_pool.h).
 */
#include <ptg/ptg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "kind.h"
#include "work_pool.h"

/* The outcome is the thread's until the job has ended, then the runtime's. */
struct ptg_work {
  struct ptg__job job;
  ptg_runtime *runtime;
  ptg_task task;
  ptg_work_options options; /* without the name */
  ptg_outcome outcome;      /* its message is ours */
  int has_outcome;          /* set by the function */
  atomic_int is_cancelled;
};

/* --------------------------------------------------------------- the job -- */

static struct ptg_work *work_of(struct ptg__job *job) {
  return (struct ptg_work *)job;
}

static void run(struct ptg__job *job) {
  struct ptg_work *work = work_of(job);
  ptg_status status = work->options.run(work, work->options.user_data);
  if (work->has_outcome) return;
  /* No status is positive, and none such would be taken. */
  work->outcome.status = status > 0 ? PTG_EFAILED : status;
}

static void ended(struct ptg__job *job) {
  struct ptg_work *work = work_of(job);
  /* PTG_ESTALE: somebody else has finished it. */
  ptg_task_finish(work->runtime, work->task, &work->outcome);
}

static void release_user_data(struct ptg__job *job) {
  const ptg_work_options *options = &work_of(job)->options;
  if (options->release != NULL) options->release(options->user_data);
}

static void destroy(struct ptg__job *job) {
  struct ptg_work *work = work_of(job);
  free((char *)work->outcome.message);
  free(work);
}

static const struct ptg__job_type JOB = {run, ended, release_user_data,
                                         destroy};

/* ------------------------------------------------------ for the function -- */

int32_t ptg_work_is_cancelled(const ptg_work *work) {
  return work != NULL && atomic_load(&work->is_cancelled) != 0;
}

/* Makes the message our own. Without memory it is lost, which is no error. */
static void copy_message(ptg_outcome *outcome) {
  const char *theirs = outcome->message;
  size_t length = outcome->message_length;
  outcome->message = NULL;
  outcome->message_length = 0;
  if (theirs == NULL) return;

  if (length == PTG_NUL_TERMINATED) length = strlen(theirs);
  char *ours = malloc(length + 1);
  if (ours == NULL) return;
  memcpy(ours, theirs, length);
  outcome->message = ours;
  outcome->message_length = length;
}

ptg_status ptg_work_set_outcome(ptg_work *work, const ptg_outcome *outcome) {
  if (work == NULL || outcome == NULL) return PTG_EINVAL;
  ptg_outcome ours;
  ptg_status status = ptg__kind_copy_options(&ours, sizeof(ours), outcome);
  if (status != PTG_OK) return status;
  if (ours.flags != 0 || ours.status > 0) return PTG_EINVAL;

  copy_message(&ours);
  free((char *)work->outcome.message);
  work->outcome = ours;
  work->has_outcome = 1;
  return PTG_OK;
}

/* -------------------------------------------------------------- the task -- */

static void finish(ptg_runtime *runtime, ptg_task task, ptg_status status,
                   const char *message) {
  ptg_outcome outcome = PTG_OUTCOME_INIT;
  outcome.status = status;
  outcome.message = message;
  ptg_task_finish(runtime, task, &outcome);
}

static ptg_status start(ptg_runtime *runtime, ptg_task task, void *user_data) {
  struct ptg_work *work = user_data;
  struct uv_loop_s *loop;
  work->task = task;
  ptg_status status = ptg_runtime_get_loop(runtime, &loop);
  if (status != PTG_OK) return status;
  int uv_status = ptg__pool_add(&work->job, runtime, loop);
  if (uv_status == UV_ENOMEM) return PTG_ENOMEM;
  if (uv_status == 0) return PTG_OK;
  finish(runtime, task, PTG_EUV, uv_strerror(uv_status));
  return PTG_OK;
}

static void cancel(ptg_runtime *runtime, ptg_task task,
                   const ptg_cancel_info *info, void *user_data) {
  struct ptg_work *work = user_data;
  (void)info;
  atomic_store(&work->is_cancelled, 1);
  if (ptg__pool_take_back(&work->job))
    finish(runtime, task, PTG_ECANCELED, "cancelled before it ran");
}

static void done(ptg_runtime *runtime, ptg_task task,
                 const ptg_outcome *outcome, void *user_data) {
  const ptg_work_options *options = &((struct ptg_work *)user_data)->options;
  if (options->done != NULL)
    options->done(runtime, task, outcome, options->user_data);
}

/* What the function may still be using is released when it has returned. */
static void release(void *user_data) {
  struct ptg_work *work = user_data;
  ptg_work_options options = work->options;
  /* Somebody else may have finished it. */
  atomic_store(&work->is_cancelled, 1);
  if (ptg__pool_leave(&work->job) && options.release != NULL)
    options.release(options.user_data);
}

static const ptg_task_type TYPE = {.size = sizeof(ptg_task_type),
                                   .name = "work",
                                   .start = start,
                                   .cancel = cancel,
                                   .done = done,
                                   .release = release};

/* -------------------------------------------------------------- the call -- */

static ptg_status refuse(ptg_runtime *runtime, const ptg_work_options *options,
                         ptg_status status, int uv_status,
                         const char *message) {
  if (options != NULL && KIND_HAS(options, user_data) &&
      options->release != NULL)
    options->release(options->user_data);
  return ptg_runtime_set_error(runtime, status, uv_status, message);
}

static struct ptg_work *create(ptg_runtime *runtime,
                               const ptg_work_options *options) {
  struct ptg_work *work = calloc(1, sizeof(*work));
  if (work == NULL) return NULL;
  ptg__job_init(&work->job, &JOB);
  work->runtime = runtime;
  work->options = *options;
  work->options.name = NULL;
  work->outcome.size = sizeof(work->outcome);
  atomic_init(&work->is_cancelled, 0);
  return work;
}

ptg_status ptg_work_spawn(ptg_runtime *runtime, ptg_group group,
                          const ptg_work_options *options, ptg_task *out) {
  int64_t now_ns;
  if (out != NULL) *out = PTG_NONE;
  /* Not for its answer, but because it knows the thread. */
  ptg_status status = ptg_runtime_get_time(runtime, &now_ns);
  if (status != PTG_OK) return refuse(runtime, options, status, 0, "");
  if (options == NULL)
    return refuse(runtime, options, PTG_EINVAL, 0, "options are missing");

  ptg_work_options ours;
  status = ptg__kind_copy_options(&ours, sizeof(ours), options);
  if (status != PTG_OK)
    return refuse(runtime, options, status, 0, "options of a wrong size");
  if (ours.run == NULL)
    return refuse(runtime, options, PTG_EINVAL, 0, "work needs run");

  int uv_status = ptg__pool_open();
  if (uv_status != 0)
    return refuse(runtime, options, PTG_EUV, uv_status,
                  "the pool cannot be reached");
  struct ptg_work *work = create(runtime, &ours);
  if (work == NULL)
    return refuse(runtime, options, PTG_ENOMEM, 0, "no memory for work");

  ptg_task_options task_options = PTG_TASK_OPTIONS_INIT;
  task_options.flags = ours.flags;
  task_options.name = ours.name;
  task_options.name_length = ours.name_length;
  task_options.spawner = ours.spawner;
  return ptg_task_spawn(runtime, group, &TYPE, &task_options, work, out);
}
