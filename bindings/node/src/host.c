/* host.c - the life of a runtime on Node's loop. See host.h.
 *
 * A runtime ends by close() of JavaScript, or with its environment (a worker
 * that ends, the end of the process): then JavaScript can no longer be called,
 * every task is ended where it stands, and Node waits for the handles to be
 * closed.
 */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>

/* Attempts at ending a runtime with its environment: each is a turn, which
 * waits only for child processes that were killed. */
enum { ENDING_TURNS = 1000 };
#define ENDING_TURN_NS INT64_C(10000000)

static _Thread_local struct host *hosts;

struct host *host_of(ptg_runtime *runtime) {
  struct host *host = hosts;
  while (host->runtime != runtime)
    host = host->next;
  return host;
}

void host_unref(struct host *host) {
  if (--host->refs > 0) return;
  types_free(host);
  for (uint32_t i = 0; i < host->name_count; i++)
    free(host->names[i]);
  free(host->names);
  free(host);
}

/* --------------------------------------------------- calls of JavaScript -- */

/* Node does not let JavaScript run while a worker is being terminated, and says
 * so by failing anything that might. */
static int is_ending(napi_env env) {
  napi_value global, value;
  return napi_get_global(env, &global) != napi_ok ||
         napi_get_named_property(env, global, "undefined", &value) != napi_ok;
}

/* A call of JavaScript failed: the environment is ending, or what was thrown is
 * nobody's to catch here. Answers what the callback did. */
static int32_t fail(struct host *host) {
  napi_value thrown = NULL;
  bool is_thrown = false;
  napi_is_exception_pending(host->env, &is_thrown);
  if (is_thrown) napi_get_and_clear_last_exception(host->env, &thrown);
  if (is_ending(host->env)) {
    host->is_silent = 1;
    return PTG_OK;
  }
  if (is_thrown) napi_fatal_exception(host->env, thrown);
  return PTG_EFAILED;
}

static void on_prepare(uv_prepare_t *prepare);

/* Microtasks run when the loop's turn is over, never inside a callback of the
 * runtime, which would take them for part of it. */
static void come_back(struct host *host) {
  if (host->is_manual || host->is_preparing) return;
  host->is_preparing = 1;
  uv_prepare_start(&host->prepare, on_prepare);
}

static void tell_batch(struct host *host, int is_turn_over) {
  if (host->is_silent) return;
  napi_env env = host->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value function, receiver, count;
  napi_get_reference_value(env, host->on_batch, &function);
  napi_get_reference_value(env, host->memory, &receiver);
  napi_create_uint32(env, host->batch_count, &count);
  host->batch_count = 0;
  host->told++;
  napi_status called =
      is_turn_over
          ? napi_make_callback(env, NULL, receiver, function, 1, &count, NULL)
          : napi_call_function(env, receiver, function, 1, &count, NULL);
  if (called != napi_ok) fail(host);
  napi_close_handle_scope(env, scope);
}

static void on_prepare(uv_prepare_t *prepare) {
  struct host *host = prepare->data;
  uv_prepare_stop(prepare);
  host->is_preparing = 0;
  tell_batch(host, 1);
}

void host_batch(struct host *host, ptg_task task, void *user_data,
                uint32_t kind) {
  if (host->is_silent) return;
  if (host->batch_count == BATCH_CAPACITY) tell_batch(host, 0);
  double *pair = host->batch + 2 * (size_t)host->batch_count++;
  pair[0] = (double)task;
  pair[1] = (double)(uintptr_t)user_data * 8 + kind;
  if (host->is_manual) tell_batch(host, 0);
  come_back(host);
}

/* What lies in the batch came first, and is told first; the numbers of this
 * call are in io meanwhile. */
static void tell_earlier(struct host *host) {
  if (host->batch_count == 0) return;
  double kept[IO_SIZE];
  for (int i = 0; i < IO_SIZE; i++)
    kept[i] = host->io[i];
  tell_batch(host, 0);
  for (int i = 0; i < IO_SIZE; i++)
    host->io[i] = kept[i];
}

int32_t host_tell(struct host *host, uint32_t kind, double id, size_t texts,
                  const char *const *text, const size_t *lengths) {
  enum { MOST_TEXTS = 3 };
  if (host->is_silent) return PTG_OK;
  napi_env env = host->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return PTG_EFAILED;
  tell_earlier(host);
  host->told++;
  napi_value function, receiver, result, arguments[2 + MOST_TEXTS];
  napi_get_reference_value(env, host->on_told, &function);
  napi_get_global(env, &receiver);
  napi_create_uint32(env, kind, &arguments[0]);
  napi_create_double(env, id, &arguments[1]);
  for (size_t i = 0; i < texts; i++)
    arguments[2 + i] = text_value(env, text[i], lengths[i]);
  int32_t status = PTG_EFAILED;
  if (napi_call_function(env, receiver, function, 2 + texts, arguments,
                         &result) != napi_ok)
    status = fail(host);
  else
    napi_get_value_int32(env, result, &status);
  napi_close_handle_scope(env, scope);
  come_back(host);
  return status;
}

/* ------------------------------------------------------------------- end -- */

static void forget(struct host *host) {
  struct host **at = &hosts;
  while (*at != host)
    at = &(*at)->next;
  *at = host->next;
  host->is_silent = 1;
}

static void on_closed(uv_handle_t *handle) {
  struct host *host = handle->data;
  napi_remove_async_cleanup_hook(host->hook);
  host_unref(host);
}

static void drop_references(struct host *host) {
  napi_delete_reference(host->env, host->memory);
  napi_delete_reference(host->env, host->on_told);
  napi_delete_reference(host->env, host->on_batch);
}

static ptg_status destroy(struct host *host) {
  ptg_status status = ptg_runtime_destroy(host->runtime);
  if (status != PTG_OK) return status;
  host->runtime = NULL;
  remote_close(host);
  if (host->batch_count > 0) tell_batch(host, 0);
  forget(host);
  drop_references(host);
  uv_close((uv_handle_t *)&host->prepare, on_closed);
  return PTG_OK;
}

static void turn(struct host *host) {
  if (host->is_manual)
    ptg_runtime_advance(host->runtime, PTG_KILL_WAIT_NS);
  else
    ptg_runtime_turn(host->runtime, ENDING_TURN_NS);
}

static void note_process(uv_handle_t *handle, void *data) {
  if (handle->type == UV_PROCESS && !uv_is_closing(handle)) *(int *)data = 1;
}

/* A process that does not even die when it is killed is given up, and its
 * handles with it; Node aborts at the end of a worker that has any left. Those
 * of Node itself are closed by now. */
static void wait_for_processes(uv_loop_t *loop) {
  for (;;) {
    int is_left = 0;
    uv_walk(loop, note_process, &is_left);
    if (!is_left) return;
    uv_run(loop, UV_RUN_ONCE);
  }
}

/* Ends every task where it stands. */
static void end_with_environment(napi_async_cleanup_hook_handle hook,
                                 void *data) {
  (void)hook;
  struct host *host = data;
  if (host->runtime == NULL) return;
  host->is_silent = 1;
  ptg_group root;
  ptg_runtime_get_root(host->runtime, &root);
  ptg_shutdown_options at_once = PTG_SHUTDOWN_OPTIONS_INIT;
  at_once.flags = PTG_SHUTDOWN_FORCE;
  at_once.grace_ns = at_once.cancel_wait_ns = PTG_AT_ONCE;
  for (int i = 0; i < ENDING_TURNS; i++) {
    ptg_group_shutdown(host->runtime, root, &at_once);
    turn(host);
    if (destroy(host) != PTG_OK) continue;
    wait_for_processes(host->prepare.loop);
    return;
  }
  fputs("ptg: a runtime cannot be ended with its environment\n", stderr);
  abort();
}

static napi_value method_close(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  if (host->runtime == NULL) return number(env, PTG_OK);
  return number(env, destroy(host));
}

/* Where the runtime is, for another language in the process. */
static napi_value method_address(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  napi_value address = NULL;
  napi_create_bigint_uint64(env, (uintptr_t)host->runtime, &address);
  return address;
}

/* ----------------------------------------------------------------- clock -- */

static napi_value method_advance(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  struct host *host = host_here(env, info, &count, &argument);
  double by_ns = 0;
  napi_get_value_double(env, argument, &by_ns);
  return number(env, ptg_runtime_advance(host->runtime, (int64_t)by_ns));
}

/* Moves the clock on in steps of step_ns, for_ns in all, until JavaScript was
 * called; io[1] is what is left. */
static napi_value method_advance_until_told(napi_env env,
                                            napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  double for_ns = host->io[0], step_ns = host->io[1];
  uint64_t told = host->told;
  ptg_status status = ptg_runtime_advance(host->runtime, 0);
  while (status == PTG_OK && told == host->told && for_ns > 0) {
    double by_ns = for_ns < step_ns ? for_ns : step_ns;
    status = ptg_runtime_advance(host->runtime, (int64_t)by_ns);
    for_ns -= by_ns;
  }
  host->io[0] = told != host->told;
  host->io[1] = for_ns;
  return number(env, status);
}

static napi_value method_now(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  int64_t now_ns = 0;
  ptg_status status = ptg_runtime_get_time(host->runtime, &now_ns);
  host->io[0] = (double)now_ns;
  return number(env, status);
}

/* ------------------------------------------------------------------ open -- */

static ptg_status create(struct host *host, uv_loop_t *loop,
                         napi_value options) {
  ptg_group_options root;
  struct group_texts texts;
  struct given *given = group_options_read(host, options, &root, &texts);
  if (given == NULL) return PTG_ENOMEM;
  host->is_manual = get_bits(host->env, options, "isManual") != 0;
  ptg_runtime_options ours = PTG_RUNTIME_OPTIONS_INIT;
  ours.flags = PTG_RUNTIME_UNREF;
  if (host->is_manual) ours.flags |= PTG_RUNTIME_MANUAL_CLOCK;
  ours.loop = loop;
  ours.loop_size = uv_loop_size();
  ours.root = &root;
  ptg_status status = ptg_runtime_create(&ours, &host->runtime);
  free(texts.name);
  return status;
}

static double *share(struct host *host, napi_value memory, uint32_t index,
                     size_t size) {
  void *data = NULL;
  napi_value buffer, array;
  napi_create_arraybuffer(host->env, size * sizeof(double), &data, &buffer);
  napi_create_typedarray(host->env, napi_float64_array, size, buffer, 0,
                         &array);
  napi_set_element(host->env, memory, index, array);
  return data;
}

static const napi_property_descriptor own_methods[] = {
    METHOD("close", method_close),
    METHOD("advance", method_advance),
    METHOD("advanceUntilTold", method_advance_until_told),
    METHOD("now", method_now),
    METHOD("address", method_address),
    METHODS_END};

static void add_methods(struct host *host, napi_value object,
                        const napi_property_descriptor *methods) {
  for (; methods->utf8name != NULL; methods++) {
    napi_value function;
    napi_create_function(host->env, methods->utf8name, NAPI_AUTO_LENGTH,
                         methods->method, host, &function);
    napi_set_named_property(host->env, object, methods->utf8name, function);
  }
}

static void environment_is_done(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  host_unref(data);
}

/* open(options, onTold, onBatch): the object of a new runtime, or a status. */
napi_value host_open(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3], object, memory;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  struct host *host = calloc(1, sizeof(*host));
  if (host == NULL) return number(env, PTG_ENOMEM);
  host->env = env;
  host->refs = 2;
  napi_create_array(env, &memory);
  host->io = share(host, memory, 0, IO_SIZE);
  host->batch = share(host, memory, 1, 2 * (size_t)BATCH_CAPACITY);
  host->finished = share(host, memory, 2, FINISHED_CAPACITY);
  napi_create_reference(env, memory, 1, &host->memory);
  napi_create_reference(env, arguments[1], 1, &host->on_told);
  napi_create_reference(env, arguments[2], 1, &host->on_batch);

  uv_loop_t *loop = NULL;
  napi_get_uv_event_loop(env, &loop);
  ptg_status status = create(host, loop, arguments[0]);
  if (status != PTG_OK) {
    drop_references(host);
    free(host);
    return number(env, status);
  }
  host->next = hosts;
  hosts = host;
  uv_prepare_init(loop, &host->prepare);
  host->prepare.data = host;
  napi_add_async_cleanup_hook(env, end_with_environment, host, &host->hook);

  napi_create_object(env, &object);
  napi_set_named_property(env, object, "memory", memory);
  add_methods(host, object, own_methods);
  add_methods(host, object, group_methods);
  add_methods(host, object, task_methods);
  add_methods(host, object, process_methods);
  add_methods(host, object, remote_methods);
  add_methods(host, object, look_methods);
  napi_wrap(env, object, host, environment_is_done, NULL, NULL);
  return object;
}
