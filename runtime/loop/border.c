/* border.c - see border.h. */
#include "border.h"

#include <string.h>

#include "core/check.h"

/* A runtime that is being created has no last error yet. */
static ptg_status fail(ptg_runtime *runtime, ptg_status status,
                       const char *why) {
  if (runtime == NULL) return status;
  return ptg__core_fail(&runtime->core, status, "%s", why);
}

ptg_status ptg__border_check_tail(ptg_runtime *runtime, const void *theirs,
                                  uint32_t our_size) {
  uint32_t their_size;
  memcpy(&their_size, theirs, sizeof(their_size));
  if (their_size > PTG__SIZE_LIMIT)
    return fail(runtime, PTG_EABI, "the size of a struct is out of reason");

  const unsigned char *bytes = theirs;
  for (uint32_t i = our_size; i < their_size; i++)
    if (bytes[i] != 0)
      return fail(runtime, PTG_EABI, "a struct has fields of a newer version");
  return PTG_OK;
}

PTG__ASIDE ptg_status ptg__border_copy(ptg_runtime *runtime, void *ours,
                                       uint32_t our_size, const void *theirs,
                                       uint32_t first_size) {
  uint32_t their_size;
  memcpy(&their_size, theirs, sizeof(their_size));
  if (their_size < first_size)
    return fail(runtime, PTG_EINVAL, "the size of a struct is too small");
  if (their_size <= PTG__SIZE_LIMIT)
    memcpy(ours, theirs, their_size < our_size ? their_size : our_size);
  memcpy(ours, &our_size, sizeof(our_size));
  return ptg__border_check_tail(runtime, theirs, our_size);
}

void ptg__border_clear(void *theirs, uint32_t our_size) {
  uint32_t size = 0;
  if (theirs != NULL) memcpy(&size, theirs, sizeof(size));
  if (size > our_size) size = our_size;
  if (size > sizeof(size))
    memset((unsigned char *)theirs + sizeof(size), 0, size - sizeof(size));
}

ptg_status ptg__border_check(ptg_runtime *runtime, const void *theirs) {
  uint32_t their_size = 0;
  if (theirs != NULL) memcpy(&their_size, theirs, sizeof(their_size));
  if (their_size >= sizeof(their_size)) return PTG_OK;
  return fail(runtime, PTG_EINVAL, "no struct to fill, or without its size");
}

void ptg__border_give(void *theirs, const void *ours, uint32_t our_size) {
  uint32_t size;
  memcpy(&size, theirs, sizeof(size));
  if (size > our_size) size = our_size;
  memcpy(theirs, ours, size);
  memcpy(theirs, &size, sizeof(size));
}

ptg_status ptg__border_check_shutdown(ptg_runtime *runtime,
                                      const ptg_shutdown_options *options) {
  if (options->flags & ~PTG_SHUTDOWN_FORCE)
    return fail(runtime, PTG_EINVAL, "unknown flags of a shutdown");
  if (options->grace_ns < PTG_AT_ONCE ||
      options->cancel_wait_ns < PTG_AT_ONCE ||
      options->deadline_ns < PTG_AT_ONCE)
    return fail(runtime, PTG_EINVAL, "a limit is negative");
  return PTG_OK;
}

static int has_callbacks(const ptg_task_type *type) {
  return type->start || type->drain || type->cancel || type->kill ||
         type->wake || type->done || type->release;
}

static ptg_status check_callbacks(const ptg_task_type *type) {
  switch (type->flags) {
  case 0:
    return type->start != NULL ? PTG_OK : PTG_EINVAL;
  case PTG_TASK_TYPE_EVENTS:
  case PTG_TASK_TYPE_EVENTS | PTG_TASK_TYPE_KILLABLE:
    return has_callbacks(type) ? PTG_EINVAL : PTG_OK;
  default:
    return PTG_EINVAL;
  }
}

PTG__ASIDE ptg_status ptg__border_check_other_type(ptg_runtime *runtime,
                                                   const ptg_task_type *type) {
  if (type == NULL || type->size < sizeof(*type))
    return fail(runtime, PTG_EINVAL, "no task type, or its size is too small");
  ptg_status status = ptg__border_check_tail(runtime, type, sizeof(*type));
  if (status != PTG_OK) return status;
  if (check_callbacks(type) == PTG_OK) return PTG_OK;
  return fail(runtime, PTG_EINVAL,
              "the flags of a task type are unknown, or do not fit its "
              "callbacks");
}

void ptg__border_release(const ptg_task_type *type, void *user_data) {
  if (type == NULL || type->size < sizeof(*type)) return;
  if (type->size > PTG__SIZE_LIMIT || type->release == NULL) return;
  type->release(user_data);
}
