/* trace_line.c - see trace_line.h. */
#include "trace_line.h"

#include <string.h>

#include "core/check.h"

void ptg__trace_line_begin(struct ptg__trace_line *line,
                           const ptg_runtime *runtime) {
  line->json =
      (struct ptg__json){.text = line->text, .capacity = sizeof(line->text)};
  ptg__json_open(&line->json, NULL, '{');
  ptg__json_number(&line->json, "at", runtime->core.now_ns);
}

void ptg__trace_line_end(struct ptg__trace_line *line, ptg_runtime *runtime) {
  ptg__json_close(&line->json, '}');
  PTG_CHECK(line->json.length <= sizeof(line->text));
  runtime->trace(runtime, line->text, line->json.length, runtime->trace_data);
}

void ptg__trace_put_handle(struct ptg__json *json, const char *key,
                           uint64_t handle) {
  if (handle != PTG_NONE) ptg__json_number(json, key, (int64_t)handle);
}

void ptg__trace_put_text(struct ptg__json *json, const char *key,
                         const char *text, size_t length) {
  if (text == NULL) return;
  length = ptg__text_length(text, length, PTG__TRACE_TEXT);
  if (length > PTG__TRACE_TEXT)
    length = ptg__text_whole_length(text, PTG__TRACE_TEXT);
  ptg__json_text(json, key, text, length);
}

void ptg__trace_put_duration(struct ptg__json *json, const char *key,
                             int64_t duration_ns) {
  switch (duration_ns) {
  case 0:
    return;
  case PTG_FOREVER:
    ptg__json_text(json, key, "forever", strlen("forever"));
    return;
  case PTG_AT_ONCE:
    ptg__json_text(json, key, "at_once", strlen("at_once"));
    return;
  default:
    ptg__json_number(json, key, duration_ns);
  }
}

/* A status of the host's own is its number. */
void ptg__trace_put_status(struct ptg__json *json, const char *key,
                           ptg_status status) {
  static const char *const names[] = {
      "ok",       "invalid", "nomem",     "stale",  "kind",
      "closed",   "busy",    "reentrant", "thread", "range",
      "canceled", "timeout", "abi",       "loop",   "cycle",
      "full",     "failed",  "exit",      "signal", "deadlock"};
  const int32_t count = (int32_t)(sizeof(names) / sizeof(names[0]));
  if (status > 0 || status <= -count) {
    ptg__json_number(json, key, status);
    return;
  }
  ptg__json_text(json, key, names[-status], strlen(names[-status]));
}

static void put_outcome_flags(struct ptg__json *json, uint32_t flags) {
  static const struct {
    uint32_t flag;
    const char *name;
  } names[] = {{PTG_OUTCOME_CANCEL_REQUESTED, "cancel_requested"},
               {PTG_OUTCOME_NEVER_RAN, "never_ran"},
               {PTG_OUTCOME_ABANDONED, "abandoned"},
               {PTG_OUTCOME_KILLED, "killed"}};
  if (flags == 0) return;
  ptg__json_open(json, "flags", '[');
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (flags & names[i].flag)
      ptg__json_text(json, NULL, names[i].name, strlen(names[i].name));
  ptg__json_close(json, ']');
}

void ptg__trace_put_outcome(struct ptg__json *json,
                            const ptg_outcome *outcome) {
  ptg__json_open(json, "outcome", '{');
  ptg__trace_put_status(json, "status", outcome->status);
  if (outcome->code != 0) ptg__json_number(json, "code", outcome->code);
  if (outcome->value != 0)
    ptg__json_number(json, "value", (int64_t)outcome->value);
  ptg__trace_put_text(json, "message", outcome->message,
                      outcome->message_length);
  put_outcome_flags(json, outcome->flags);
  ptg__trace_put_text(json, "reason", outcome->reason, outcome->reason_length);
  ptg__trace_put_handle(json, "originator", outcome->originator);
  ptg__json_close(json, '}');
}
