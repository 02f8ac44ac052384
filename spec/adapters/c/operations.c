/* operations.c - finds what is asked for, and answers. */
#include "operations.h"

#include <string.h>

#include "describe.h"
#include "wire.h"

static const struct operation *find(const char *name) {
  static const struct operation *const lists[] = {
      operations_of_runtime, operations_of_groups,   operations_of_tasks,
      operations_of_lists,   operations_of_pictures, operations_of_kinds};
  for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
    for (const struct operation *at = lists[i]; at->name != NULL; at++)
      if (strcmp(at->name, name) == 0) return at;
  return NULL;
}

static void check_fields(struct request *request, const char *fields) {
  char field[32];
  while (*fields != '\0') {
    size_t length = strcspn(fields, " ");
    memcpy(field, fields, length);
    field[length] = '\0';
    if (!request_has(request, field))
      request_refuse(request, "%s: left out", field);
    fields += length;
    fields += strspn(fields, " ");
  }
}

static ptg_status carry_out(struct adapter *adapter, struct request *request) {
  const char *name = json_string_value(json_object_get(request->body, "op"));
  const struct operation *operation = name != NULL ? find(name) : NULL;
  if (operation == NULL) {
    request_refuse(request, "no such operation: %s", name ? name : "none");
    return PTG_OK;
  }
  check_fields(request, operation->fields);
  if (operation->needs & NEEDS_OUTSIDE && adapter->calls > 0)
    request_refuse(request, "%s: not inside a call", name);
  uint32_t is_remote = request_flag(request, "remote", 1);
  if (request_is_bad(request)) return PTG_OK;
  const void *needed =
      is_remote ? (void *)adapter->remote : (void *)adapter->runtime;
  if (operation->needs & NEEDS_RUNTIME && needed == NULL) return PTG_EINVAL;
  return operation->carry_out(adapter, request);
}

static void answer(const struct request *request, ptg_status status) {
  if (request_is_bad(request)) {
    wire_write(
        json_pack("{s:s, s:s}", "status", "unsupported", "why", request->why));
    return;
  }
  json_t *line = json_pack("{s:o}", "status", describe_status(status));
  json_object_update(line, request->answer);
  wire_write(line);
}

static int is_return(const json_t *body) {
  const char *name = json_string_value(json_object_get(body, "op"));
  return name != NULL && strcmp(name, "return") == 0;
}

json_t *operations_run(struct adapter *adapter) {
  for (;;) {
    struct request request = {.adapter = adapter};
    request.body = wire_read(request.why, sizeof(request.why));
    if (request.body == NULL && !request_is_bad(&request)) {
      adapter->is_over = adapter->is_silent = 1;
      return NULL;
    }
    if (is_return(request.body) && adapter->calls > 0) return request.body;
    request.answer = json_object();
    ptg_status status = PTG_OK;
    if (!request_is_bad(&request)) status = carry_out(adapter, &request);
    /* At the end of all there is nobody to be answered. */
    if (!adapter->is_over) answer(&request, status);
    json_decref(request.answer);
    json_decref(request.body);
  }
}
