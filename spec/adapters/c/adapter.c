/* adapter.c - the life of the runtime; see adapter.h. */
#include "adapter.h"

#include <stdio.h>
#include <stdlib.h>

#include "given.h"

/* Attempts at ending a runtime, each of which waits out a kill. */
#define ATTEMPTS 100
#define EXIT_CANNOT_END 3

ptg_status adapter_begin(struct adapter *adapter,
                         const ptg_group_options *root) {
  const struct api *api = &adapter->api;
  ptg_runtime_options options = PTG_RUNTIME_OPTIONS_INIT;
  options.flags = PTG_RUNTIME_MANUAL_CLOCK;
  options.root = root;
  ptg_status status = api->runtime_create(&options, &adapter->runtime);
  if (status != PTG_OK) return status;

  ptg_group group = PTG_NONE;
  api->runtime_get_root(adapter->runtime, &group);
  names_add(&adapter->names, "root", group);
  api->runtime_get_time(adapter->runtime, &adapter->begin_ns);
  if (api->features() & PTG_FEATURE_REMOTE)
    api->remote_open(adapter->runtime, &adapter->remote);
  return PTG_OK;
}

ptg_status adapter_destroy(struct adapter *adapter) {
  ptg_status status = adapter->api.runtime_destroy(adapter->runtime);
  if (status == PTG_OK) adapter->runtime = NULL;
  return status;
}

static void take_events(struct adapter *adapter) {
  if (!(adapter->api.features() & PTG_FEATURE_EVENTS)) return;
  ptg_event events[64];
  size_t count;
  do {
    count = 0;
    adapter->api.events_take(adapter->runtime, events, sizeof(events[0]), 64,
                             &count);
  } while (count == 64);
}

static void end_runtime(struct adapter *adapter) {
  const struct api *api = &adapter->api;
  ptg_shutdown_options at_once = PTG_SHUTDOWN_OPTIONS_INIT;
  at_once.flags = PTG_SHUTDOWN_FORCE;
  at_once.grace_ns = at_once.cancel_wait_ns = PTG_AT_ONCE;
  at_once.deadline_ns = PTG_AT_ONCE;
  uint64_t root = names_find(&adapter->names, "root", NULL);
  ptg_status status = PTG_OK;
  for (int i = 0; i < ATTEMPTS && adapter->runtime != NULL; i++) {
    api->group_shutdown(adapter->runtime, root, &at_once);
    api->runtime_advance(adapter->runtime, i * PTG_KILL_WAIT_NS);
    take_events(adapter);
    status = adapter_destroy(adapter);
  }
  if (adapter->runtime == NULL) return;
  fprintf(stderr, "%s: the runtime cannot be ended: status %d\n",
          adapter->api.name, (int)status);
  exit(EXIT_CANNOT_END);
}

void adapter_throw_away(struct adapter *adapter) {
  adapter->is_silent = 1;
  end_runtime(adapter);
  if (adapter->remote != NULL) adapter->api.remote_close(adapter->remote);
  adapter->remote = NULL;
  given_free(adapter);
  names_clear(&adapter->names);
  adapter->is_silent = adapter->is_over;
}
