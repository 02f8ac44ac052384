/* kind.c - what the sorts of task have in common. */
#include "kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void ptg__kind_check_failed(const char *file, int line, const char *what) {
  fprintf(stderr, "%s:%d: check failed: %s\n", file, line, what);
  abort();
}

static uint32_t size_of(const void *theirs) {
  uint32_t size;
  memcpy(&size, theirs, sizeof(size));
  return size;
}

ptg_status ptg__kind_copy_options(void *ours, size_t our_size,
                                  const void *theirs) {
  uint32_t their_size = size_of(theirs);
  if (their_size < our_size) return PTG_EINVAL;
  if (their_size > KIND_SIZE_LIMIT) return PTG_EABI;

  const unsigned char *bytes = theirs;
  for (size_t i = our_size; i < their_size; i++)
    if (bytes[i] != 0) return PTG_EABI;

  memcpy(ours, theirs, our_size);
  return PTG_OK;
}

ptg_status ptg__kind_copy_info(void *theirs, const void *ours,
                               size_t our_size) {
  uint32_t their_size = size_of(theirs);
  if (their_size < sizeof(their_size)) return PTG_EINVAL;

  size_t shared = their_size < our_size ? their_size : our_size;
  memcpy(theirs, ours, shared);
  memcpy(theirs, &their_size, sizeof(their_size));
  return PTG_OK;
}
