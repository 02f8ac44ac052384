/* processes.c - child processes: the calls of ptg.h. Each answers a status, and
 * what it made in io[0]. */
#include <stdlib.h>

#include "host.h"

static void texts_free(char **texts) {
  for (char **at = texts; at != NULL && *at != NULL; at++)
    free(*at);
  free(texts);
}

/* An array of strings as C has it, ending with NULL. NULL: no memory. */
static char **get_texts(napi_env env, napi_value object, const char *key) {
  napi_value array = NULL;
  uint32_t count = 0;
  napi_get_named_property(env, object, key, &array);
  napi_get_array_length(env, array, &count);
  char **texts = calloc((size_t)count + 1, sizeof(*texts));
  if (texts == NULL) return NULL;
  for (uint32_t i = 0; i < count; i++) {
    napi_value text = NULL;
    size_t length;
    napi_get_element(env, array, i, &text);
    texts[i] = text_of(env, text, &length);
    if (texts[i] != NULL) continue;
    texts_free(texts);
    return NULL;
  }
  return texts;
}

/* process(options): argv and env are arrays, which are always given. */
static napi_value method_process(napi_env env, napi_callback_info info) {
  size_t count = 1, length;
  napi_value object;
  struct host *host = host_here(env, info, &count, &object);
  struct asked asked = asked_read(env, object);
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  ASKED_COPY(&options, &asked);
  char *cwd = get_text(env, object, "cwd", &length);
  char *stdout_path = get_text(env, object, "stdoutPath", &length);
  char *stderr_path = get_text(env, object, "stderrPath", &length);
  char **argv = get_texts(env, object, "argv");
  char **environment = get_texts(env, object, "env");
  options.argv = (const char *const *)argv;
  options.env = (const char *const *)environment;
  options.cwd = cwd;
  options.stdout_path = stdout_path;
  options.stderr_path = stderr_path;
  options.drain_signal = (int32_t)get_number(env, object, "drainSignal");
  options.user_data = asked.user_data;
  told_of_process(&options, get_bits(env, object, "readsLines"));
  ptg_task task = PTG_NONE;
  ptg_status status = PTG_ENOMEM;
  if (argv != NULL && environment != NULL)
    status = ptg_process_spawn(host->runtime, asked.group, &options, &task);
  texts_free(argv);
  texts_free(environment);
  free(cwd);
  free(stdout_path);
  free(stderr_path);
  return asked_answer(host, &asked, status, task);
}

/* signal(): io[0] process, io[1] the number of the signal. */
static napi_value method_signal(napi_env env, napi_callback_info info) {
  size_t count = 0;
  struct host *host = host_here(env, info, &count, NULL);
  return number(env, ptg_process_signal(host->runtime, (ptg_task)host->io[0],
                                        (int32_t)host->io[1]));
}

const napi_property_descriptor process_methods[] = {
    METHOD("process", method_process), METHOD("signal", method_signal),
    METHODS_END};
