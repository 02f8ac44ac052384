/* memo.h - what a group remembers of tasks that are gone: failures, ended
 * tasks, and who ended last in its shutdown.
 */
#ifndef PTG_CORE_MEMO_H
#define PTG_CORE_MEMO_H

#include "core.h"

/* Makes room for a group's history, or answers PTG_ENOMEM. */
ptg_status ptg__memo_init(struct ptg__core *core, struct ptg__group *group);
void ptg__memo_fini(struct ptg__core *core, struct ptg__group *group);

/* A task of a group with a history has ended, or a hook failed (task
 * PTG__NO_SLOT). */
void ptg__memo_note_end(struct ptg__core *core, uint32_t group, uint32_t task);
void ptg__memo_note_failure(struct ptg__core *core, uint32_t group,
                            uint32_t task, ptg_status status);

/* A task is out of the account of its group, whose own phase has begun: it has
 * ended, or was given up. */
void ptg__memo_note_last(struct ptg__core *core, uint32_t task);

/* Copy rows, row_size bytes apart; return how many there are, and copy nothing
 * when they do not fit. */
size_t ptg__memo_list_failures(const struct ptg__core *core, uint32_t group,
                               void *rows, size_t row_size, size_t capacity);
size_t ptg__memo_list_history(const struct ptg__core *core, uint32_t group,
                              void *rows, size_t row_size, size_t capacity);

#endif
