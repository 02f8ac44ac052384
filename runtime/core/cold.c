/* cold.c - see cold.h. */
#include "cold.h"

#include <string.h>

#define NOBODY PTG__NO_SLOT

/* So many tasks with names come and go without a call of the allocator. The
 * address sanitizer is to see who reads a name too late. */
#ifdef __SANITIZE_ADDRESS__
#define SPARE_MAX 0
#else
#define SPARE_MAX 1024
#endif

/* All but the texts is cleared; what no text leads to is not read. */
static struct ptg__task_cold *take_spare(struct ptg__core *core) {
  const size_t rest = offsetof(struct ptg__task_cold, next_kept);
  struct ptg__task_cold *cold = core->spare;
  core->spare = cold->next_kept;
  core->spare_count--;
  cold->name = (struct ptg__string){NULL, 0};
  cold->short_used = 0;
  memset((char *)cold + rest, 0, sizeof(*cold) - rest);
  return cold;
}

struct ptg__task_cold *ptg__cold_of(struct ptg__core *core, uint32_t slot) {
  struct ptg__task *task = ptg__task_at(core, slot);
  if (task->cold != NULL) return task->cold;
  task->cold = core->spare != NULL
                   ? take_spare(core)
                   : ptg__memory_take(&core->memory, sizeof(*task->cold));
  if (task->cold != NULL) task->cold->first_owned = NOBODY;
  return task->cold;
}

static int is_short(const struct ptg__task_cold *cold,
                    const struct ptg__string *string) {
  return (uintptr_t)string->bytes - (uintptr_t)cold->short_texts <
         sizeof(cold->short_texts);
}

ptg_status ptg__cold_keep(struct ptg__core *core, struct ptg__task_cold *cold,
                          struct ptg__string *string, const char *text,
                          size_t length) {
  if (length >= sizeof(cold->short_texts) - cold->short_used)
    return ptg__string_init(string, &core->memory, text, length);
  *string = (struct ptg__string){cold->short_texts + cold->short_used, length};
  if (length > 0) memcpy(string->bytes, text, length);
  string->bytes[length] = '\0';
  cold->short_used += (uint32_t)length + 1;
  return PTG_OK;
}

static void drop(const struct ptg__core *core, struct ptg__task_cold *cold,
                 struct ptg__string *string) {
  if (!is_short(cold, string)) ptg__string_fini(string, &core->memory);
}

void ptg__cold_give(struct ptg__core *core, struct ptg__task_cold *cold) {
  drop(core, cold, &cold->name);
  drop(core, cold, &cold->place);
  drop(core, cold, &cold->reason);
  drop(core, cold, &cold->message);
  if (core->spare_count == SPARE_MAX) {
    ptg__memory_give(&core->memory, cold, sizeof(*cold));
    return;
  }
  cold->next_kept = core->spare;
  core->spare = cold;
  core->spare_count++;
}

void ptg__cold_fini(struct ptg__core *core) {
  while (core->spare != NULL) {
    struct ptg__task_cold *cold = core->spare;
    core->spare = cold->next_kept;
    ptg__memory_give(&core->memory, cold, sizeof(*cold));
  }
}
