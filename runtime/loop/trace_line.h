/* trace_line.h - a line of a trace, while it is made. */
#ifndef PTG_LOOP_TRACE_LINE_H
#define PTG_LOOP_TRACE_LINE_H

#include "json.h"
#include "runtime.h"

/* Texts of hosts are cut to this many bytes; escaped, a byte takes six at the
 * most. A line has one such text, and two of at most 255 bytes. */
#define PTG__TRACE_TEXT 512
#define PTG__TRACE_LINE 8192

struct ptg__trace_line {
  struct ptg__json json;
  char text[PTG__TRACE_LINE];
};

/* Begins with the instant, and hands the line over. */
void ptg__trace_line_begin(struct ptg__trace_line *line,
                           const ptg_runtime *runtime);
void ptg__trace_line_end(struct ptg__trace_line *line, ptg_runtime *runtime);

/* What has the default is left out: no handle, no text, no duration. */
void ptg__trace_put_handle(struct ptg__json *json, const char *key,
                           uint64_t handle);
void ptg__trace_put_text(struct ptg__json *json, const char *key,
                         const char *text, size_t length);
void ptg__trace_put_duration(struct ptg__json *json, const char *key,
                             int64_t duration_ns);
void ptg__trace_put_status(struct ptg__json *json, const char *key,
                           ptg_status status);
void ptg__trace_put_outcome(struct ptg__json *json, const ptg_outcome *outcome);

#endif
