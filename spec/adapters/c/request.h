/* request.h - a request of the suite, and how its fields are read.
 *
 * A field that is left out reads as zero, which in ptg.h means "as before". A
 * field that is wrong reads as zero too, and the request is refused: a reader
 * of several fields asks request_is_bad() once, after the last one.
 */
#ifndef PTG_ADAPTER_REQUEST_H
#define PTG_ADAPTER_REQUEST_H

#include "adapter.h"
#include "text.h"

struct request {
  const struct adapter *adapter;
  json_t *body;
  json_t *answer; /* fields may be added to it */
  char why[200];  /* what is wrong with the request; empty: nothing */
};

/* Says what is wrong with a request; the first time counts. */
void request_refuse(struct request *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

int request_is_bad(const struct request *request);

/* Was the field given? */
int request_has(const struct request *request, const char *field);

int64_t request_integer(struct request *request, const char *field);
int64_t request_duration(struct request *request, const char *field);

/* Returns `bit` if the field is true, else 0. */
uint32_t request_flag(struct request *request, const char *field, uint32_t bit);

/* Sets *text, and *length if that is not NULL, if the field was given. */
void request_text(struct request *request, const char *field, const char **text,
                  size_t *length);

/* What the field names: a name of the suite, or a handle as it is. */
uint64_t request_handle(struct request *request, const char *field);

/* The value of the word that the field is. */
int32_t request_word(struct request *request, const char *field,
                     const struct word *words);

/* The values of the words that the list `tells` has; `otherwise` without. */
uint32_t request_tells(struct request *request, const struct word *words,
                       uint32_t otherwise);

/* The fields of an outcome, which stand in the request or in its `outcome`. */
void request_outcome(struct request *request, ptg_outcome *outcome);

#endif
