/* signals.c - SIGTERM and SIGINT end the program in order.
 *
 * Plain handlers, not libuv's: a script that loops for ever keeps the loop
 * from turning, and the third signal must work all the same.
 */
#include "signals.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static _Atomic(ptg_runtime *) the_runtime;
static atomic_int count;
static atomic_int last;
static int status_at_once;

static void on_signal(int signum) {
  int number = atomic_fetch_add(&count, 1) + 1;
  atomic_store(&last, signum);
  ptg_runtime *runtime = atomic_load(&the_runtime);
  /* The children go with the program: each has a reaper that sees its end. */
  if (number >= 3) _exit(status_at_once);
  if (runtime != NULL) ptg_runtime_request_shutdown(runtime, number >= 2);
}

void ptg__signals_begin(ptg_runtime *runtime, int exit_status) {
  status_at_once = exit_status;
  atomic_store(&the_runtime, runtime);

  struct sigaction action;
  memset(&action, 0, sizeof(action));
  sigemptyset(&action.sa_mask);
  sigaddset(&action.sa_mask, SIGTERM);
  sigaddset(&action.sa_mask, SIGINT);
  action.sa_flags = SA_RESTART;
  action.sa_handler = on_signal;
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
}

void ptg__signals_move(ptg_runtime *runtime) {
  if (atomic_load(&the_runtime) == NULL) return;
  atomic_store(&the_runtime, runtime);
  if (ptg__signals_count() > 0)
    ptg_runtime_request_shutdown(runtime, ptg__signals_count() >= 2);
}

void ptg__signals_end(void) {
  atomic_store(&the_runtime, NULL);
}

int ptg__signals_count(void) {
  return atomic_load(&count);
}

int ptg__signals_last(void) {
  return atomic_load(&last);
}
