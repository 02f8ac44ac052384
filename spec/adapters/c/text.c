/* text.c - see text.h. */
#include "text.h"

#include <string.h>

#include <ptg/ptg.h>

const struct word statuses[] = {
    {"ok", PTG_OK},
    {"invalid", PTG_EINVAL},
    {"nomem", PTG_ENOMEM},
    {"stale", PTG_ESTALE},
    {"kind", PTG_EKIND},
    {"closed", PTG_ECLOSED},
    {"busy", PTG_EBUSY},
    {"reentrant", PTG_EREENTRANT},
    {"thread", PTG_ETHREAD},
    {"range", PTG_ERANGE},
    {"canceled", PTG_ECANCELED},
    {"timeout", PTG_ETIMEDOUT},
    {"version", PTG_EABI},
    {"system", PTG_EUV},
    {"cycle", PTG_ECYCLE},
    {"full", PTG_EFULL},
    {"failed", PTG_EFAILED},
    {"exit", PTG_EEXIT},
    {"signal", PTG_ESIGNAL},
    {"deadlock", PTG_EDEADLK},
    {NULL, 0},
};

const struct word group_states[] = {
    {"open", PTG_GROUP_OPEN},
    {"draining", PTG_GROUP_DRAINING},
    {"cancelling", PTG_GROUP_CANCELLING},
    {"closed", PTG_GROUP_CLOSED},
    {NULL, 0},
};

const struct word task_states[] = {
    {"pending", PTG_TASK_PENDING},
    {"running", PTG_TASK_RUNNING},
    {"abandoned", PTG_TASK_ABANDONED},
    {NULL, 0},
};

const struct word outcome_flags[] = {
    {"cancel_requested", PTG_OUTCOME_CANCEL_REQUESTED},
    {"never_ran", PTG_OUTCOME_NEVER_RAN},
    {"abandoned", PTG_OUTCOME_ABANDONED},
    {"killed", PTG_OUTCOME_KILLED},
    {NULL, 0},
};

const struct word error_flags[] = {
    {"during_cancel", PTG_ERROR_DURING_CANCEL},
    {"from_hook", PTG_ERROR_FROM_HOOK},
    {NULL, 0},
};

const struct word full_modes[] = {
    {"refuse", PTG_FULL_REFUSE},
    {"queue", PTG_FULL_QUEUE},
    {"replace_oldest", PTG_FULL_REPLACE_OLDEST},
    {NULL, 0},
};

const struct word failure_policies[] = {
    {"report", PTG_POLICY_REPORT},
    {"shutdown_group", PTG_POLICY_SHUTDOWN_GROUP},
    {"shutdown_root", PTG_POLICY_SHUTDOWN_ROOT},
    {NULL, 0},
};

const struct word overlaps[] = {
    {"skip", PTG_OVERLAP_SKIP},
    {"allow", PTG_OVERLAP_ALLOW},
    {"replace", PTG_OVERLAP_REPLACE},
    {NULL, 0},
};

const char *text_of(const struct word *words, int32_t value) {
  for (const struct word *word = words; word->text != NULL; word++)
    if (word->value == value) return word->text;
  return NULL;
}

const struct word *text_find(const struct word *words, const char *text) {
  for (const struct word *word = words; word->text != NULL; word++)
    if (strcmp(word->text, text) == 0) return word;
  return NULL;
}
