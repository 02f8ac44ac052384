/* api_linked.c - the functions of the library that the program is linked with.
 */
#include "api.h"

#include <stdio.h>

int api_open(struct api *api, int argc, char **argv) {
  if (argc != 1) {
    fprintf(stderr, "usage: %s\n", argv[0]);
    return 2;
  }
  *api = (struct api){
#define X(name) .name = ptg_##name,
      API_FUNCTIONS(X)
#undef X
  };
  api->name = "libptg";
  snprintf(api->version, sizeof(api->version), "%s", PTG_PRODUCT_VERSION);
  return 0;
}
