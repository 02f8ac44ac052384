/* work_pool.c - see work_pool.h. */
#include "work_pool.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kind.h"

/* Where a runtime hears of its jobs' ends. */
struct ptg__desk {
  uv_async_t async;
  ptg_runtime *runtime;
  struct ptg__desk *next;
  struct ptg__job *first; /* that ended, in that order */
  struct ptg__job *last;
  size_t jobs; /* whose end is to be told */
};

/* A lock for everything below; held for a few instructions, or for a turn of
 * the loop without waiting, never while anybody's code runs. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static uv_loop_t pool_loop;
static int is_open;
static struct ptg__desk *desks;

static void enter(void) {
  KIND_CHECK(pthread_mutex_lock(&lock) == 0);
}

static void leave(void) {
  KIND_CHECK(pthread_mutex_unlock(&lock) == 0);
}

/* ----------------------------------------------------------------- desks -- */

static struct ptg__desk *find_desk(const ptg_runtime *runtime) {
  struct ptg__desk *desk = desks;
  while (desk != NULL && desk->runtime != runtime)
    desk = desk->next;
  return desk;
}

static void on_closed(uv_handle_t *handle) {
  free(handle->data);
}

/* To be called on the runtime's thread, without the lock. */
static void close_desk_if_idle(struct ptg__desk *desk) {
  enter();
  int is_idle = desk->jobs == 0;
  struct ptg__desk **link = &desks;
  while (is_idle && *link != desk)
    link = &(*link)->next;
  if (is_idle) *link = desk->next;
  leave();
  if (is_idle) uv_close((uv_handle_t *)&desk->async, on_closed);
}

/* With the lock: the job will not be told any more. */
static void take_from_desk(struct ptg__job *job) {
  struct ptg__desk *desk = job->desk;
  struct ptg__job *before = NULL;
  struct ptg__job *at = desk->first;
  while (at != NULL && at != job) {
    before = at;
    at = at->next;
  }
  if (at != NULL) {
    if (before == NULL) desk->first = job->next;
    if (before != NULL) before->next = job->next;
    if (desk->last == job) desk->last = before;
  }
  job->desk = NULL;
  desk->jobs--;
}

static struct ptg__job *next_ended(struct ptg__desk *desk) {
  enter();
  struct ptg__job *job = desk->first;
  if (job != NULL) take_from_desk(job);
  leave();
  return job;
}

static void collect(void);

static void on_ended(uv_async_t *async) {
  struct ptg__desk *desk = async->data;
  struct ptg__job *job;
  while ((job = next_ended(desk)) != NULL)
    job->type->ended(job);
  enter();
  collect();
  leave();
  close_desk_if_idle(desk);
}

static int open_desk(ptg_runtime *runtime, uv_loop_t *loop,
                     struct ptg__desk **out) {
  enter();
  struct ptg__desk *desk = *out = find_desk(runtime);
  leave();
  if (desk != NULL) return 0;

  desk = calloc(1, sizeof(*desk));
  if (desk == NULL) return UV_ENOMEM;
  int status = uv_async_init(loop, &desk->async, on_ended);
  if (status != 0) {
    free(desk);
    return status;
  }
  desk->async.data = desk;
  desk->runtime = runtime;
  enter();
  desk->next = desks;
  desks = desk;
  leave();
  *out = desk;
  return 0;
}

/* ------------------------------------------------------------------ jobs -- */

void ptg__job_init(struct ptg__job *job, const struct ptg__job_type *type) {
  memset(job, 0, sizeof(*job));
  job->type = type;
  job->holders = 1;
  job->is_over = 1; /* as long as nobody runs it */
}

/* With the lock. A job that nobody holds is not known to anybody. */
static void let_go(struct ptg__job *job) {
  KIND_CHECK(job->holders > 0);
  if (--job->holders == 0) job->type->destroy(job);
}

static void put_on_desk(struct ptg__job *job) {
  struct ptg__desk *desk = job->desk;
  job->next = NULL;
  if (desk->first == NULL) desk->first = job;
  if (desk->last != NULL) desk->last->next = job;
  desk->last = job;
  uv_async_send(&desk->async);
}

/* With the lock on while the desk is told, it cannot be closed under us. */
static void on_work(uv_work_t *request) {
  struct ptg__job *job = request->data;
  job->type->run(job);
  enter();
  int is_left = job->desk == NULL;
  job->is_over = 1;
  if (!is_left) put_on_desk(job);
  leave();
  if (is_left) job->type->outlived(job);
}

/* From collect(), so with the lock. */
static void on_collected(uv_work_t *request, int status) {
  (void)status;
  let_go(request->data);
}

/* With the lock. Lets go of what the threads are through with; one may be
 * between the end of its job and that, and is collected the next time. */
static void collect(void) {
  uv_run(&pool_loop, UV_RUN_NOWAIT);
}

/* ------------------------------------------------------------------ pool -- */

static void do_nothing(uv_work_t *request) {
  (void)request;
}

/* The threads are started by the first job, so that is one of our own. */
int ptg__pool_open(void) {
  static uv_work_t first;
  int status = 0;
  enter();
  if (!is_open) {
    status = uv_loop_init(&pool_loop);
    is_open = status == 0;
    if (is_open) uv_queue_work(&pool_loop, &first, do_nothing, NULL);
  }
  leave();
  return status;
}

int ptg__pool_add(struct ptg__job *job, ptg_runtime *runtime, uv_loop_t *loop) {
  struct ptg__desk *desk;
  int status = open_desk(runtime, loop, &desk);
  if (status != 0) return status;
  enter();
  job->request.data = job;
  status = uv_queue_work(&pool_loop, &job->request, on_work, on_collected);
  KIND_CHECK(status == 0); /* it fails only without a function */
  job->desk = desk;
  job->is_over = 0;
  job->holders++;
  desk->jobs++;
  leave();
  return 0;
}

/* With the lock. libuv still has to say so to its own loop. */
static void try_to_take_back(struct ptg__job *job) {
  if (job->is_over) return;
  job->is_over = uv_cancel((uv_req_t *)&job->request) == 0;
}

int ptg__pool_take_back(struct ptg__job *job) {
  enter();
  struct ptg__desk *desk = job->desk;
  int was_over = job->is_over;
  try_to_take_back(job);
  int is_taken = job->is_over && !was_over;
  if (is_taken) {
    take_from_desk(job);
    collect();
  }
  leave();
  if (is_taken) close_desk_if_idle(desk);
  return is_taken;
}

int ptg__pool_leave(struct ptg__job *job) {
  enter();
  struct ptg__desk *desk = job->desk;
  if (desk != NULL) {
    try_to_take_back(job);
    take_from_desk(job);
  }
  int is_over = job->is_over;
  let_go(job);
  if (desk != NULL) collect();
  leave();
  if (desk != NULL) close_desk_if_idle(desk);
  return is_over;
}
