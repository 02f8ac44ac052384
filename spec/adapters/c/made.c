/* made.c - see made.h. */
#include "made.h"

struct given *made_begin(struct adapter *adapter, struct request *request) {
  const char *as = NULL;
  request_text(request, "as", &as, NULL);
  return request_is_bad(request) ? NULL : given_make(adapter, as);
}

ptg_status made_end(const struct given *given, struct request *request,
                    ptg_status status, uint64_t handle) {
  names_add(&given->adapter->names, given->as, handle);
  if (status == PTG_OK)
    json_object_set_new(request->answer, "handle",
                        json_integer((json_int_t)handle));
  return status;
}
