/* addon.c - what the addon gives to lib/core.js. */
#include "host.h"

napi_value snapshot_all(napi_env env, napi_callback_info info);
napi_value remote_shutdown(napi_env env, napi_callback_info info);
napi_value remote_cancel(napi_env env, napi_callback_info info);

static void add(napi_env env, napi_value exports, const char *name,
                napi_callback callback) {
  napi_value function;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
  napi_set_named_property(env, exports, name, function);
}

NAPI_MODULE_INIT() {
  add(env, exports, "open", host_open);
  add(env, exports, "snapshotAll", snapshot_all);
  add(env, exports, "remoteShutdown", remote_shutdown);
  add(env, exports, "remoteCancel", remote_cancel);
  napi_set_named_property(env, exports, "abiVersion",
                          number(env, ptg_abi_version()));
  return exports;
}
