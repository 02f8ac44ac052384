/* elsewhere.c - see elsewhere.h. */
#include "elsewhere.h"

#include <pthread.h>
#include <stdlib.h>

struct errand {
  elsewhere_fn *function;
  void *data;
  ptg_status status;
};

static void *run(void *argument) {
  struct errand *errand = argument;
  errand->status = errand->function(errand->data);
  return NULL;
}

ptg_status elsewhere_run(elsewhere_fn *function, void *data) {
  struct errand errand = {function, data, PTG_OK};
  pthread_t thread;
  if (pthread_create(&thread, NULL, run, &errand) != 0) abort();
  pthread_join(thread, NULL);
  return errand.status;
}
