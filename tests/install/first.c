/* first.c - two tasks in a group; one fails, and the other is none the worse.
 */
#include <ptg/ptg.h>
#include <stdio.h>

static ptg_status tick(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  int *ticks = user_data;
  printf("tick %d\n", ++*ticks);
  return *ticks < 3 ? PTG_OK : ptg_runtime_request_shutdown(runtime, 0);
}

static ptg_status fail(ptg_runtime *runtime, ptg_task timer, void *user_data,
                       ptg_task *started) {
  return PTG_EFAILED;
}

static ptg_status handle(ptg_runtime *runtime, const ptg_error *error,
                         void *user_data) {
  printf("%s failed: %s\n", error->name,
         ptg_status_name(error->outcome->status));
  return PTG_OK;
}

int main(void) {
  ptg_runtime *runtime;
  if (ptg_runtime_create(NULL, &runtime) != PTG_OK) return 1;

  ptg_group app;
  ptg_group_options group = PTG_GROUP_OPTIONS_INIT;
  group.name = "app";
  group.on_error = handle;
  ptg_group_create(runtime, PTG_NONE, &group, &app);

  int ticks = 0;
  ptg_timer_options timer = PTG_TIMER_OPTIONS_INIT;
  timer.name = "clock";
  timer.every_ns = 100000000; /* 100 ms */
  timer.fire = tick;
  timer.user_data = &ticks;
  ptg_timer_spawn(runtime, app, &timer, NULL);

  timer = (ptg_timer_options)PTG_TIMER_OPTIONS_INIT;
  timer.name = "clumsy";
  timer.after_ns = 150000000;
  timer.fire = fail;
  ptg_timer_spawn(runtime, app, &timer, NULL);

  ptg_runtime_run(runtime); /* until the root group is closed */
  return ptg_runtime_destroy(runtime) != PTG_OK;
}
