/* check.c - what a failed assertion does. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>

void ptg__check_failed(const char *file, int line, const char *what) {
  fprintf(stderr, "ptg: %s:%d: check failed: %s\n", file, line, what);
  abort();
}
