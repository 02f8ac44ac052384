/* given.c - see given.h. */
#include "given.h"

#include <stdlib.h>
#include <string.h>

#include "wire.h"

struct given *given_make(struct adapter *adapter, const char *as) {
  size_t size = strlen(as) + 1;
  struct given *given = calloc(1, sizeof(*given) + size);
  if (given == NULL) abort();
  given->adapter = adapter;
  given->next = adapter->given;
  memcpy(given->as, as, size);
  adapter->given = given;
  return given;
}

int given_is_known(const struct adapter *adapter, const struct given *given) {
  const struct given *at = adapter->given;
  while (at != NULL && at != given)
    at = at->next;
  return at != NULL;
}

/* May be called on another thread, from a call that the adapter's waits for. */
void given_release(void *user_data) {
  const struct given *given = user_data;
  if (given->adapter->is_silent) return;
  wire_write(json_pack("{s:s, s:s}", "note", "release", "of", given->as));
}

void given_free(struct adapter *adapter) {
  while (adapter->given != NULL) {
    struct given *given = adapter->given;
    adapter->given = given->next;
    free(given->type_name);
    free(given);
  }
}
