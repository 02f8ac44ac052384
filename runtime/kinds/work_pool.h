/* work_pool.h - jobs on the threads of libuv's pool, for many runtimes.
 *
 * libuv ties a job to a loop, which cannot be closed before the job has ended.
 * A job that never ends must not keep anybody's loop open: so all jobs are
 * tied to one loop of our own, which lives as long as the process and is run,
 * under a lock, by whoever comes along. A runtime hears of the ends of its
 * jobs at its desk: an async handle on its own loop, open while it has jobs.
 */
#ifndef PTG_KINDS_WORK_POOL_H
#define PTG_KINDS_WORK_POOL_H

#include <ptg/ptg.h>
#include <uv.h>

struct ptg__desk;
struct ptg__job;

struct ptg__job_type {
  /* The job itself, on a thread of the pool. */
  void (*run)(struct ptg__job *job);
  /* It has run: from the loop of its runtime. */
  void (*ended)(struct ptg__job *job);
  /* It has run, and had been left before: on the thread of the pool. */
  void (*outlived)(struct ptg__job *job);
  /* Nobody holds it any more. */
  void (*destroy)(struct ptg__job *job);
};

/* A job is held by who made it, and by the pool from when it is added to when
 * the thread is through with it. Invariant: desk != NULL while its end is to
 * be told. All but request is under the pool's lock. */
struct ptg__job {
  uv_work_t request;
  const struct ptg__job_type *type;
  struct ptg__desk *desk;
  struct ptg__job *next; /* of those that ended, at the desk */
  int holders;
  int is_over; /* it has run, or never will */
};

void ptg__job_init(struct ptg__job *job, const struct ptg__job_type *type);

/* Starts the pool, if it was not. Returns 0 or a status of libuv. */
int ptg__pool_open(void);

/* Gives a job to the pool; it is told to the runtime, whose loop this is.
 * Returns 0 or a status of libuv. */
int ptg__pool_add(struct ptg__job *job, ptg_runtime *runtime, uv_loop_t *loop);

/* Takes back a job that no thread has begun, which will not be told. Returns 0
 * if it is too late for that. */
int ptg__pool_take_back(struct ptg__job *job);

/* Ends the hold of who made the job. Returns 0 if it runs, and so will be told
 * by outlived. */
int ptg__pool_leave(struct ptg__job *job);

#endif
