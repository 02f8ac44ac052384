/* task.h - spawning, asking, ending and listing tasks. */
#ifndef PTG_CORE_TASK_H
#define PTG_CORE_TASK_H

#include "core.h"

/* Puts a task into group. type and options are complete and checked but for
 * the name. On failure user_data has not been released. */
ptg_status ptg__task_spawn(struct ptg__core *core, uint32_t group,
                           const ptg_task_type *type,
                           const ptg_task_options *options, void *user_data,
                           uint32_t *slot);

/* Sets *slot to a task that has not ended, or fails with a message. */
ptg_status ptg__task_find(struct ptg__core *core, ptg_task handle,
                          uint32_t *slot);

/* As ptg__task_find(), for tasks that ended late and are still listed too. */
ptg_status ptg__task_find_listed(struct ptg__core *core, ptg_task handle,
                                 uint32_t *slot);

/* Ends a task; message may be NULL. */
void ptg__task_end(struct ptg__core *core, uint32_t slot,
                   const ptg_outcome *outcome);

/* Asks a task to end, on behalf of its group, which needs no memory; or for a
 * reason that is copied, which fails only for want of memory. */
void ptg__task_ask_by_group(struct ptg__core *core, uint32_t slot);
ptg_status ptg__task_ask(struct ptg__core *core, uint32_t slot,
                         const char *reason, size_t reason_length,
                         uint64_t originator);

/* Sets the task's alarm; duration_ns is 0 or more, or PTG_FOREVER. */
void ptg__task_sleep(struct ptg__core *core, uint32_t slot,
                     int64_t duration_ns);

/* Takes a task that has not ended off its group's account. */
void ptg__task_give_up(struct ptg__core *core, uint32_t slot);

/* Frees a task that has ended and is in no list. */
void ptg__task_free(struct ptg__core *core, uint32_t slot);

/* Frees a task whose end has been told, or keeps it while it is listed. */
void ptg__task_let_go(struct ptg__core *core, uint32_t slot);

/* Sets *action to the next thing to tell of a queued task, or returns 0. */
int ptg__task_next(struct ptg__core *core, uint32_t slot,
                   struct ptg__action *action);

/* Sets *action to telling a running task this, if its type has a callback for
 * it; else returns 0. */
int ptg__task_tell(struct ptg__core *core, uint32_t slot,
                   enum ptg__action_kind kind, struct ptg__action *action);

void ptg__task_get_info(const struct ptg__core *core, uint32_t slot,
                        ptg_task_info *info);

/* Copies up to capacity handles of the tasks that have not ended, or of those
 * that were abandoned; returns how many there are. */
size_t ptg__task_list(const struct ptg__core *core, uint32_t group,
                      ptg_task *tasks, size_t capacity);
size_t ptg__task_list_abandoned(const struct ptg__core *core, uint32_t group,
                                ptg_task *tasks, size_t capacity);

#endif
