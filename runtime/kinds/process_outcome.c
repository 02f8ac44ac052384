/* process_outcome.c - from what the reaper told to how the task ended. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

#include "process.h"

static const char *name_of_signal(int signum) {
  const char *name = sigdescr_np(signum);
  return name == NULL ? "real-time signal" : name;
}

/* An errno in words. */
static void describe(int error, char *text, size_t size) {
  uv_strerror_r(uv_translate_sys_error(error), text, size);
}

static void judge_failure(const struct ptg__process *process,
                          ptg_outcome *outcome, char *text, size_t size) {
  outcome->status = PTG_EUV;
  outcome->code = -process->failure;
  if (process->failure_message[0] != '\0') {
    snprintf(text, size, "%s", process->failure_message);
    return;
  }
  char why[128];
  describe(outcome->code, why, sizeof(why));
  snprintf(text, size, "cannot start ptg-reaper: %s", why);
}

static void judge_start(const struct ptg__process *process,
                        ptg_outcome *outcome, char *text, size_t size) {
  outcome->status = PTG_EUV;
  outcome->code = process->started.value;

  char why[128];
  describe(outcome->code, why, sizeof(why));
  char *const *argv = process->reaper_argv;
  switch (process->started.detail) {
  case PTG__REAPER_STAGE_STDOUT:
  case PTG__REAPER_STAGE_STDERR: {
    int i = process->started.detail - PTG__REAPER_STAGE_STDOUT;
    snprintf(text, size, "cannot open %s: %s", argv[PTG__REAPER_ARG_STDOUT + i],
             why);
    return;
  }
  case PTG__REAPER_STAGE_CWD:
    snprintf(text, size, "cannot change to folder %s: %s",
             argv[PTG__REAPER_ARG_CWD], why);
    return;
  case PTG__REAPER_STAGE_EXEC:
    snprintf(text, size, "cannot run %s: %s", argv[PTG__REAPER_ARG_COMMAND],
             why);
    return;
  default:
    snprintf(text, size, "ptg-reaper cannot start a process: %s", why);
    return;
  }
}

/* Without a word about the child, of which something may be left. */
static void judge_reaper(const struct ptg__process *process,
                         ptg_outcome *outcome, char *text, size_t size) {
  outcome->status = PTG_EFAILED;
  if (process->reaper_signal != 0) {
    outcome->code = process->reaper_signal;
    snprintf(text, size, "ptg-reaper was ended by signal %d (%s)",
             process->reaper_signal, name_of_signal(process->reaper_signal));
    return;
  }
  outcome->code = process->reaper_status;
  snprintf(text, size, "ptg-reaper exited with status %d before its child did",
           process->reaper_status);
}

/* An exit with status 0 is a good end whatever came before it. */
static void judge_end(const struct ptg__process *process, ptg_outcome *outcome,
                      char *text, size_t size) {
  int is_signal = process->ended.type == PTG__REAPER_KILLED;
  outcome->code = process->ended.value;
  if (is_signal) outcome->value = (uint64_t)outcome->code;
  if (outcome->code == 0) return;

  if (is_signal)
    snprintf(text, size, "ended by signal %d (%s)", outcome->code,
             name_of_signal(outcome->code));
  else
    snprintf(text, size, "exit status %d", outcome->code);

  if (process->ended.detail != 0)
    outcome->status = PTG_ECANCELED;
  else
    outcome->status = is_signal ? PTG_ESIGNAL : PTG_EEXIT;
}

void ptg__process_judge(const struct ptg__process *process,
                        ptg_outcome *outcome, char *text, size_t size) {
  text[0] = '\0';
  if (process->failure != 0)
    judge_failure(process, outcome, text, size);
  else if (process->started.type == PTG__REAPER_FAILED)
    judge_start(process, outcome, text, size);
  else if (process->ended.type == 0)
    judge_reaper(process, outcome, text, size);
  else
    judge_end(process, outcome, text, size);
  if (text[0] != '\0') outcome->message = text;
}
