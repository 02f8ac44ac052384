/* cold.h - what few tasks have: names, places, reasons, messages, and groups
 * that they own.
 */
#ifndef PTG_CORE_COLD_H
#define PTG_CORE_COLD_H

#include "core.h"

/* The record of a task's, made if need be; NULL: no memory. */
struct ptg__task_cold *ptg__cold_of(struct ptg__core *core, uint32_t slot);

/* Keeps a copy of a text in a string of the record, which was empty. */
ptg_status ptg__cold_keep(struct ptg__core *core, struct ptg__task_cold *cold,
                          struct ptg__string *string, const char *text,
                          size_t length);

/* Gives a record back with its texts; a number of them is kept for the next
 * ones, until the core ends. */
void ptg__cold_give(struct ptg__core *core, struct ptg__task_cold *cold);
void ptg__cold_fini(struct ptg__core *core);

#endif
