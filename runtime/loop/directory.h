/* directory.h - the runtimes of the process, and asking one for a picture from
 * any thread.
 *
 * One mutex guards the list and what is asked; one condition says that
 * something was asked or answered. A thread that waits for an answer goes on
 * answering for its own runtimes, so two that ask each other do not wait for
 * each other.
 */
#ifndef PTG_LOOP_DIRECTORY_H
#define PTG_LOOP_DIRECTORY_H

#include "core/picture.h"
#include "runtime.h"

enum {
  PTG__REQUEST_IDLE = 0,
  PTG__REQUEST_SENT,
  PTG__REQUEST_ANSWERED,
  PTG__REQUEST_GONE /* the runtime is */
};

/* What a runtime is asked: to measure, or to fill a picture with room. */
struct ptg__request {
  struct ptg__request *next;
  uint64_t number; /* whom it is for */
  struct ptg__picture picture;
  int is_measure;
  int has_fit;
  int state; /* PTG__REQUEST_*; under the mutex while it is sent */
};

void ptg__directory_add(ptg_runtime *runtime);
/* What was asked of it and not answered is told that it is gone. */
void ptg__directory_remove(ptg_runtime *runtime);

/* Answers what a runtime has been asked; cheap when that is nothing. */
void ptg__directory_answer(ptg_runtime *runtime);

/* Copies the numbers of the first capacity runtimes; returns how many runtimes
 * there are. */
size_t ptg__directory_list(uint64_t *numbers, size_t capacity);

/* Asks a runtime; one of this thread answers at once. */
void ptg__directory_ask(struct ptg__request *request);

/* Waits until uv_hrtime() is deadline_ns for one of count requests, and returns
 * it, answered or gone. NULL: none of them is sent any more; at the deadline
 * they have been taken back. */
struct ptg__request *ptg__directory_wait(struct ptg__request *requests,
                                         size_t count, uint64_t deadline_ns);

#endif
