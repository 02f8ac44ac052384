/* kind.h - what the sorts of task have in common. */
#ifndef PTG_KINDS_KIND_H
#define PTG_KINDS_KIND_H

#include <ptg/ptg.h>

_Noreturn void ptg__kind_check_failed(const char *file, int line,
                                      const char *what);

/* For our own mistakes, on in release; never for a caller's. */
#define KIND_CHECK(cond) \
  ((cond) ? (void)0 : ptg__kind_check_failed(__FILE__, __LINE__, #cond))

/* No struct of the header will ever be longer; a size beyond it is garbage, and
 * nothing of such a struct is read. */
#define KIND_SIZE_LIMIT 4096

/* Does a struct of this size, as its caller says, reach to the end of field? */
#define KIND_HAS(options, field) \
  ((options)->size <= KIND_SIZE_LIMIT && \
   (options)->size >= (size_t)((const char *)(&(options)->field + 1) - \
                               (const char *)(options)))

/* Takes in options of the first or a later version of this header. Returns
 * PTG_EINVAL for a struct that is too small, PTG_EABI for one with something
 * in it that this version does not know. */
ptg_status ptg__kind_copy_options(void *ours, size_t our_size,
                                  const void *theirs);

/* Fills as much of *theirs as its size covers, and leaves that as it is.
 * Returns PTG_EINVAL when it does not even cover the size. */
ptg_status ptg__kind_copy_info(void *theirs, const void *ours, size_t our_size);

#endif
