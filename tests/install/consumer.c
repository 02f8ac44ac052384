/* consumer.c - runs `true` as a child, with an installed libptg. */
#include <stdio.h>

#include <ptg/ptg.h>

static void ended(ptg_runtime *runtime, ptg_task task,
                  const ptg_outcome *outcome, void *user_data) {
  (void)task;
  *(ptg_status *)user_data = outcome->status;
  ptg_runtime_request_shutdown(runtime, 0);
}

int main(void) {
  const char *argv[] = {"true", NULL};
  ptg_status outcome = PTG_EFAILED;
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  options.argv = argv;
  options.done = ended;
  options.user_data = &outcome;

  ptg_runtime *runtime;
  ptg_group root;
  ptg_status status = ptg_runtime_create(NULL, &runtime);
  if (status == PTG_OK) status = ptg_runtime_get_root(runtime, &root);
  if (status == PTG_OK)
    status = ptg_process_spawn(runtime, root, &options, NULL);
  if (status == PTG_OK) status = ptg_runtime_run(runtime);
  if (status == PTG_OK) status = ptg_runtime_destroy(runtime);
  printf("libptg: %s, true: %s\n", ptg_status_name(status),
         ptg_status_name(outcome));
  return status != PTG_OK || outcome != PTG_OK;
}
