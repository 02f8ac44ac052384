/* entry_watch.c - the calls about watches. */
#include "border.h"
#include "core/watch.h"

static ptg_status add(ptg_runtime *runtime, uint64_t watched,
                      const ptg_watch_options *options, ptg_watch *out) {
  struct ptg__core *core = &runtime->core;
  if (options->flags != 0 || options->over == NULL)
    return ptg__core_fail(core, PTG_EINVAL,
                          "a watch has unknown flags, or no over");
  uint32_t slot;
  ptg_status status = ptg__watch_add(core, watched, options, &slot);
  if (status != PTG_OK) return status;
  if (out != NULL) *out = ptg__slab_handle(&core->watches, slot);
  ptg__runtime_schedule(runtime);
  return PTG_OK;
}

ptg_status ptg_watch_add(ptg_runtime *runtime, uint64_t watched,
                         const ptg_watch_options *options, ptg_watch *out) {
  if (out != NULL) *out = PTG_NONE;
  ptg_status status = ptg__runtime_enter(runtime);
  ptg_watch_options ours;
  ptg_status taken = ptg__border_take(status == PTG_OK ? runtime : NULL, &ours,
                                      sizeof(ours), options, sizeof(ours));
  if (taken != PTG_OK) return status != PTG_OK ? status : taken;
  if (status == PTG_OK) status = add(runtime, watched, &ours, out);
  if (status != PTG_OK && ours.release != NULL) ours.release(ours.user_data);
  return status;
}

ptg_status ptg_watch_remove(ptg_runtime *runtime, ptg_watch watch) {
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  uint32_t slot;
  status = ptg__watch_find(&runtime->core, watch, &slot);
  if (status != PTG_OK) return status;
  ptg_watch_options options = ptg__watch_remove(&runtime->core, slot);
  if (options.release != NULL) options.release(options.user_data);
  return PTG_OK;
}
