/* main.c - an adapter of an implementation of ptg.h; see adapter.h, and
 * spec/adapter.md for what is spoken on standard input and output.
 */
#include "operations.h"

int main(int argc, char **argv) {
  struct adapter adapter = {.runtime = NULL};
  int status = api_open(&adapter.api, argc, argv);
  if (status != 0) return status;
  operations_run(&adapter);
  adapter_throw_away(&adapter);
  return 0;
}
