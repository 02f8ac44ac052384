/* watcher.c - those who watch: see law.h. */
#include "law.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void on_over(ptg_runtime *runtime, ptg_watch watch, uint64_t watched,
                    const ptg_outcome *outcome, void *user_data) {
  struct watcher *watcher = user_data;
  assert_int_equal(watch, watcher->watch);
  assert_int_equal(watched, watcher->watched);
  assert_int_equal(watcher->released, 0);
  watcher->over++;
  watcher->outcome = *outcome;
  int is_well = outcome->status == PTG_OK;
  law_tell(watcher->law, OVER, watcher->name,
           is_well ? "" : ptg_status_name(outcome->status) + 4);
}

static void on_release(void *user_data) {
  struct watcher *watcher = user_data;
  watcher->released++;
}

struct watcher *law_watch(struct law *law, uint64_t watched, ptg_task waiter,
                          const char *name) {
  struct watcher *watcher = calloc(1, sizeof(*watcher));
  assert_non_null(watcher);
  *watcher = (struct watcher){
      .law = law, .next = law->watchers, .name = name, .watched = watched};
  law->watchers = watcher;
  ptg_watch_options options = PTG_WATCH_OPTIONS_INIT;
  options.waiter = waiter;
  options.over = on_over;
  options.release = on_release;
  options.user_data = watcher;
  ptg_watch watch;
  watcher->added = ptg_watch_add(law->runtime, watched, &options, &watch);
  watcher->watch = watch;
  assert_int_equal(watch == PTG_NONE, watcher->added != PTG_OK);
  assert_int_equal(watcher->released, watcher->added != PTG_OK);
  assert_int_equal(watcher->over, 0);
  return watcher;
}
