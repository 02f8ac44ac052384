/* remote.c - the way in from other threads.
 *
 * JavaScript holds a number, which can be sent to any thread; what it names is
 * in a table of the process, and goes when its runtime does. So nobody has to
 * give anything back, whoever ends first.
 */
#include <pthread.h>
#include <stdlib.h>

#include "host.h"

struct entry {
  struct entry *next;
  uint64_t id;
  ptg_remote *remote;
};

/* The calls through a way in do not wait, so they are made under the lock: then
 * none is in use when it is closed. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *entries;
static uint64_t last_id;

static struct entry **find(uint64_t id) {
  struct entry **at = &entries;
  while (*at != NULL && (*at)->id != id)
    at = &(*at)->next;
  return at;
}

static ptg_status open_remote(struct host *host) {
  struct entry *entry = malloc(sizeof(*entry));
  if (entry == NULL) return PTG_ENOMEM;
  ptg_status status = ptg_remote_open(host->runtime, &entry->remote);
  if (status != PTG_OK) {
    free(entry);
    return status;
  }
  pthread_mutex_lock(&lock);
  entry->id = host->remote_id = ++last_id;
  entry->next = entries;
  entries = entry;
  pthread_mutex_unlock(&lock);
  return PTG_OK;
}

void remote_close(struct host *host) {
  if (host->remote_id == 0) return;
  pthread_mutex_lock(&lock);
  struct entry **at = find(host->remote_id);
  struct entry *entry = *at;
  *at = entry->next;
  host->remote_id = 0;
  pthread_mutex_unlock(&lock);
  ptg_remote_close(entry->remote);
  free(entry);
}

/* remote(): the number of the way in is then in io[0]. */
static napi_value method_remote(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  ptg_status status = host->remote_id == 0 ? open_remote(host) : PTG_OK;
  host->io[0] = (double)host->remote_id;
  return number(env, status);
}

/* remoteShutdown(options): `id` and `group` are among them. */
napi_value remote_shutdown(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object;
  napi_get_cb_info(env, info, &count, &object, NULL, NULL);
  ptg_shutdown_options options = shutdown_options_read(env, object);
  uint64_t group = get_handle(env, object, "group");
  ptg_status status = PTG_ECLOSED;
  uint64_t id = get_handle(env, object, "id");
  pthread_mutex_lock(&lock);
  struct entry *entry = *find(id);
  if (entry != NULL)
    status = ptg_remote_shutdown(entry->remote, group, &options);
  pthread_mutex_unlock(&lock);
  return number(env, status);
}

/* remoteCancel(options): `id`, `task`, `reason` and `originator`. */
napi_value remote_cancel(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value object;
  napi_get_cb_info(env, info, &count, &object, NULL, NULL);
  ptg_cancel_options options = PTG_CANCEL_OPTIONS_INIT;
  char *reason = get_text(env, object, "reason", &options.reason_length);
  options.reason = reason;
  options.originator = get_handle(env, object, "originator");
  uint64_t task = get_handle(env, object, "task");
  ptg_status status = PTG_ECLOSED;
  uint64_t id = get_handle(env, object, "id");
  pthread_mutex_lock(&lock);
  struct entry *entry = *find(id);
  if (entry != NULL) status = ptg_remote_cancel(entry->remote, task, &options);
  pthread_mutex_unlock(&lock);
  free(reason);
  return number(env, status);
}

const napi_property_descriptor remote_methods[] = {
    METHOD("remote", method_remote), METHODS_END};
