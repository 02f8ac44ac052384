/* queue.h - the insides of the sort of task "queue".
 *
 * Everything happens in the queue's own callbacks: who pushes, closes or ends
 * a handler only changes counts and wakes it. So handlers are always called
 * from the loop, on behalf of the queue, and may do anything to it.
 */
#ifndef PTG_KINDS_QUEUE_H
#define PTG_KINDS_QUEUE_H

#include <ptg/ptg.h>

struct ptg__queue;

/* A message that is being handled by a task. */
struct ptg__queue_place {
  struct ptg__queue *queue;
  struct ptg__queue_place *next_free;
  ptg_task task;   /* PTG_NONE: the place is free */
  ptg_watch watch; /* PTG_NONE with a task: there was no memory for one */
};

/* Invariant: accepted == length + running + handled until its end; the
 * messages that wait are length from first on, in a ring. */
struct ptg__queue {
  ptg_runtime *runtime;
  ptg_task task;
  ptg_queue_options options; /* without the name */
  void **messages;
  struct ptg__queue_place *places;
  struct ptg__queue_place *free_place;
  uint64_t first;
  uint64_t length;
  uint64_t running;
  uint64_t unwatched; /* of running: without a watch */
  uint64_t accepted;
  uint64_t handled;
  uint64_t refused;
  int is_started;
  int is_woken; /* its wake is on its way */
  int is_closed;
  int is_draining;
  int is_room_wanted; /* by somebody who was told that it is full */
  int is_room_due;    /* who wants room is to be told of the drain instead */
};

extern const ptg_task_type ptg__queue_type;

/* Returns NULL when there is no memory. */
struct ptg__queue *ptg__queue_create(ptg_runtime *runtime,
                                     const ptg_queue_options *options);
void ptg__queue_destroy(struct ptg__queue *queue);

/* Has its wake called, on a later turn. */
void ptg__queue_wake(struct ptg__queue *queue);

#endif
