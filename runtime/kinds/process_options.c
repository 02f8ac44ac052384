/* process_options.c - the copy of what the caller of a process asked for.
 *
 * Everything goes into one block: the struct, then the array of arguments and
 * that of the environment, then the characters of all strings.
 */
#include <signal.h>
#include <string.h>

#include "kind.h"
#include "process.h"

static const char *find_mistake(const ptg_process_options *options) {
  if (options->reserved0 != 0) return "reserved0 must be zero";
  if (options->argv == NULL || options->argv[0] == NULL)
    return "a process needs an argv";
  if (options->argv[0][0] == '\0') return "argv[0] is empty";
  if (options->drain_signal < 0 || options->drain_signal >= NSIG)
    return "drain_signal is not a signal";
  if (options->cwd != NULL && options->cwd[0] == '\0') return "cwd is empty";
  if (options->stdout_path != NULL && options->stdout_path[0] == '\0')
    return "stdout_path is empty";
  if (options->stderr_path != NULL && options->stderr_path[0] == '\0')
    return "stderr_path is empty";
  return NULL;
}

static size_t size_of_string(const char *string) {
  return string == NULL ? 1 : strlen(string) + 1;
}

/* Counts the strings and adds their sizes to *size. */
static size_t measure(const char *const *strings, size_t *size) {
  size_t count = 0;
  for (; strings != NULL && strings[count] != NULL; count++)
    *size += size_of_string(strings[count]);
  return count;
}

/* NULL becomes the empty string, as protocol.h has it. */
static char *put_string(char **end, const char *string) {
  char *copy = *end;
  size_t size = size_of_string(string);
  memcpy(copy, string == NULL ? "" : string, size);
  *end += size;
  return copy;
}

static void put_strings(char **copies, char **end, const char *const *strings,
                        size_t count) {
  for (size_t i = 0; i < count; i++)
    copies[i] = put_string(end, strings[i]);
  copies[count] = NULL;
}

ptg_status ptg__process_create(ptg_runtime *runtime,
                               const ptg_process_options *options,
                               struct ptg__process **out,
                               const char **message) {
  *message = find_mistake(options);
  if (*message != NULL) return PTG_EINVAL;

  size_t characters = size_of_string(options->cwd) +
                      size_of_string(options->stdout_path) +
                      size_of_string(options->stderr_path);
  size_t argc = measure(options->argv, &characters);
  size_t envc = measure(options->env, &characters);
  size_t pointers = PTG__REAPER_ARG_COMMAND + argc + 1 + envc + 1;
  size_t size =
      sizeof(struct ptg__process) + pointers * sizeof(char *) + characters;

  struct ptg__process *process = ptg_runtime_realloc(runtime, NULL, 0, size);
  *message = "no memory for a process";
  if (process == NULL) return PTG_ENOMEM;

  memset(process, 0, sizeof(*process));
  process->runtime = runtime;
  process->size = size;
  process->options = *options;
  if (process->options.drain_signal == 0)
    process->options.drain_signal = SIGTERM;

  char **argv = (char **)(process + 1);
  char **env = argv + PTG__REAPER_ARG_COMMAND + argc + 1;
  char *end = (char *)(env + envc + 1);
  put_strings(argv + PTG__REAPER_ARG_COMMAND, &end, options->argv, argc);
  put_strings(env, &end, options->env, envc);
  argv[PTG__REAPER_ARG_CWD] = put_string(&end, options->cwd);
  argv[PTG__REAPER_ARG_STDOUT] = put_string(&end, options->stdout_path);
  argv[PTG__REAPER_ARG_STDERR] = put_string(&end, options->stderr_path);
  KIND_CHECK(end == (char *)process + size);

  process->options.name = NULL;
  process->options.argv = process->options.env = NULL;
  process->options.cwd = NULL;
  process->options.stdout_path = process->options.stderr_path = NULL;
  process->reaper_argv = argv;
  process->reaper_env = options->env == NULL ? NULL : env;
  *out = process;
  return PTG_OK;
}

static void free_lines(struct ptg__process *process) {
  for (int i = 0; i < PTG__OUTPUTS; i++)
    if (process->lines[i].buffer != NULL)
      ptg_runtime_realloc(process->runtime, process->lines[i].buffer,
                          PTG__LINES_CAPACITY, 0);
}

void ptg__process_destroy(struct ptg__process *process) {
  free_lines(process);
  ptg_runtime_realloc(process->runtime, process, process->size, 0);
}
