/* border.h - taking structs in from callers of other versions, and giving
 * them out. */
#ifndef PTG_LOOP_BORDER_H
#define PTG_LOOP_BORDER_H

#include <string.h>

#include "runtime.h"

/* No struct of ours will ever be longer; a size beyond it is garbage, and
 * nothing but the size is read. */
#define PTG__SIZE_LIMIT 4096

/* What ptg__border_take() does with a struct that is there. */
ptg_status ptg__border_copy(ptg_runtime *runtime, void *ours, uint32_t our_size,
                            const void *theirs, uint32_t first_size);

/* Copies an options struct of a caller into ours; NULL theirs is all zero.
 * first_size is the size that the struct had in the version that brought it.
 * PTG_EINVAL: too small; PTG_EABI: it has set fields that we do not know, but
 * what we know of it is copied. Of one whose size is out of reason nothing is.
 * runtime, for the last error, may be NULL. */
static inline ptg_status ptg__border_take(ptg_runtime *runtime, void *ours,
                                          uint32_t our_size, const void *theirs,
                                          uint32_t first_size) {
  memset(ours, 0, our_size);
  memcpy(ours, &our_size, sizeof(our_size));
  if (theirs == NULL) return PTG_OK;
  return ptg__border_copy(runtime, ours, our_size, theirs, first_size);
}

/* Checks a struct that stays where it is, of which we know our_size bytes; as
 * ptg__border_take(), but for the copy. */
ptg_status ptg__border_check_tail(ptg_runtime *runtime, const void *theirs,
                                  uint32_t our_size);

/* Clears an info struct that is to be filled, but for its size. Ours is the
 * size of the struct that we know. */
void ptg__border_clear(void *theirs, uint32_t our_size);

/* As ptg__border_check_type(), of any type. */
ptg_status ptg__border_check_other_type(ptg_runtime *runtime,
                                        const ptg_task_type *type);

/* Checks a task type: PTG_EINVAL or PTG_EABI. runtime may be NULL. */
static inline ptg_status ptg__border_check_type(ptg_runtime *runtime,
                                                const ptg_task_type *type) {
  int is_plain = type != NULL && type->size == sizeof(*type) &&
                 type->flags == 0 && type->start != NULL;
  return is_plain ? PTG_OK : ptg__border_check_other_type(runtime, type);
}

/* Checks what can be wrong with a shutdown's options whatever the state of the
 * runtime: PTG_EINVAL. runtime may be NULL. */
ptg_status ptg__border_check_shutdown(ptg_runtime *runtime,
                                      const ptg_shutdown_options *options);

/* Releases the user_data of a spawn that was refused: whatever else is wrong
 * with its type, if that has a release. */
void ptg__border_release(const ptg_task_type *type, void *user_data);

/* Checks an info struct that is to be filled. */
ptg_status ptg__border_check(ptg_runtime *runtime, const void *theirs);

/* Copies as much of ours as theirs has room for, and sets theirs' size to
 * that. */
void ptg__border_give(void *theirs, const void *ours, uint32_t our_size);

#endif
