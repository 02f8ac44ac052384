/* text.h - the protocol's words for the constants of ptg.h. */
#ifndef PTG_ADAPTER_TEXT_H
#define PTG_ADAPTER_TEXT_H

#include <stdint.h>

/* A list of them ends with one without text. */
struct word {
  const char *text;
  int32_t value;
};

extern const struct word statuses[];
extern const struct word group_states[];
extern const struct word task_states[];
extern const struct word outcome_flags[];
extern const struct word error_flags[];
extern const struct word full_modes[];
extern const struct word failure_policies[];
extern const struct word overlaps[];

/* Returns the word for a value; NULL: there is none. */
const char *text_of(const struct word *words, int32_t value);

/* Returns the entry of a text; NULL: there is none. */
const struct word *text_find(const struct word *words, const char *text);

#endif
