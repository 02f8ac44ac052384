/* api.h - the functions of ptg.h that the adapter calls, in one table.
 *
 * The adapter calls an implementation through the table only. One program
 * fills it with the functions it is linked with (api_linked.c), the other with
 * those of a file that it is told of (api_loaded.c).
 */
#ifndef PTG_ADAPTER_API_H
#define PTG_ADAPTER_API_H

#include <ptg/ptg.h>

#define API_FUNCTIONS(X) \
  X(abi_version) \
  X(features) \
  X(runtime_create) \
  X(runtime_advance) \
  X(runtime_destroy) \
  X(runtime_request_shutdown) \
  X(runtime_get_root) \
  X(runtime_get_time) \
  X(runtime_get_current) \
  X(group_create) \
  X(group_stops_before) \
  X(group_shutdown) \
  X(group_get_info) \
  X(group_list_groups) \
  X(group_list_tasks) \
  X(group_list_abandoned) \
  X(group_list_failures) \
  X(group_list_history) \
  X(group_count_names) \
  X(group_get_plan) \
  X(group_get_report) \
  X(group_get_blame) \
  X(task_spawn) \
  X(task_finish) \
  X(task_cancel) \
  X(task_sleep) \
  X(task_extend_grace) \
  X(task_get_info) \
  X(watch_add) \
  X(watch_remove) \
  X(events_take) \
  X(remote_open) \
  X(remote_close) \
  X(remote_spawn) \
  X(remote_finish) \
  X(remote_cancel) \
  X(remote_shutdown) \
  X(remote_post) \
  X(snapshot_take) \
  X(snapshot_get_view) \
  X(snapshot_destroy) \
  X(timer_spawn) \
  X(timer_get_info) \
  X(queue_spawn) \
  X(queue_push) \
  X(queue_close) \
  X(queue_get_info)

struct api {
  const char *name; /* of the implementation */
  char version[32]; /* its own, or that of its ABI */
#define X(name) __typeof__(ptg_##name) *name;
  API_FUNCTIONS(X)
#undef X
};

/* Fills *api as the arguments of the program say. Returns 0, or says on stderr
 * why not and returns what the program is to exit with. */
int api_open(struct api *api, int argc, char **argv);

#endif
