/* picture.c - see picture.h. */
#include "picture.h"

#include <string.h>

#include "group.h"
#include "task.h"

#define NOBODY PTG__NO_SLOT

/* A type's name, and what its tasks are called without a name of their own, is
 * put down once for each run of tasks of that type. */
struct writer {
  struct ptg__picture *picture;
  const ptg_task_type *type;
  uint64_t type_name;
  uint64_t name;
  uint64_t name_length;
};

/* The tasks of a group mostly lie side by side in its order, so what comes soon
 * can be called for, in both cache lines, while this one is read. A wrong guess
 * costs nothing but that. */
#define SOON 12
static void call_for_what_comes(const struct ptg__task *task) {
  const char *soon = (const char *)(task + SOON);
  __builtin_prefetch(soon);
  __builtin_prefetch(soon + 64);
}

/* -------------------------------------------------------------- measure -- */

static struct ptg__string name_of(const ptg_task_type *type) {
  const char *name = type->name != NULL ? type->name : "";
  return (struct ptg__string){(char *)name, strlen(name)};
}

static uint64_t size_for(const ptg_task_type *type) {
  return type->name != NULL ? name_of(type).length + 1
                            : 1 + sizeof(PTG__NAMELESS);
}

/* Names are measured only where there are names of a task's own: of the
 * others no more than a type's name a task is needed, and mostly far less. */
static uint64_t names_of(const struct ptg__core *core,
                         const struct ptg__group *group) {
  uint64_t size = group->name.length + 1;
  const ptg_task_type *type = NULL;
  for (uint32_t at = group->first_task; at != NOBODY;) {
    const struct ptg__task *task = ptg__task_at(core, at);
    call_for_what_comes(task);
    if (task->cold != NULL) size += task->cold->name.length + 1;
    if (task->type != type) size += size_for(task->type);
    type = task->type;
    at = task->next;
  }
  return size;
}

void ptg__picture_measure(const struct ptg__core *core, uint32_t top,
                          struct ptg__picture *need) {
  for (uint32_t at = top; at != NOBODY; at = ptg__group_walk(core, top, at)) {
    const struct ptg__group *group = ptg__group_at(core, at);
    need->group_capacity++;
    need->task_capacity += group->live + group->abandoned - group->late;
    need->strings_capacity += names_of(core, group);
  }
}

/* ------------------------------------------------------------------ add -- */

static int add_text(struct ptg__picture *picture, const char *text,
                    uint64_t length, uint64_t *place) {
  if (length + 1 > picture->strings_capacity - picture->strings_size) return 0;
  *place = picture->strings_size;
  if (length > 0) memcpy(picture->strings + *place, text, length);
  picture->strings[*place + length] = '\0';
  picture->strings_size += length + 1;
  return 1;
}

static int note_type(struct writer *writer, const ptg_task_type *type) {
  if (writer->type == type) return 1;
  struct ptg__string name = name_of(type);
  writer->type = type;
  if (!add_text(writer->picture, name.bytes, name.length, &writer->type_name))
    return 0;
  writer->name = writer->type_name;
  writer->name_length = name.length;
  if (type->name != NULL) return 1;
  writer->name_length = sizeof(PTG__NAMELESS) - 1;
  return add_text(writer->picture, PTG__NAMELESS, writer->name_length,
                  &writer->name);
}

static int add_task(const struct ptg__core *core, struct writer *writer,
                    uint32_t slot, uint32_t group) {
  struct ptg__picture *picture = writer->picture;
  const struct ptg__task *task = ptg__task_at(core, slot);
  call_for_what_comes(task);
  if (picture->task_count == picture->task_capacity) return 0;
  if (!note_type(writer, task->type)) return 0;

  ptg_snapshot_task *row = &picture->tasks[picture->task_count++];
  row->task = ptg__task_handle(core, slot);
  row->spawner = task->spawner;
  row->age_ns = core->now_ns - task->spawned_ns;
  row->group = group;
  row->state = ptg__task_public_state(task);
  row->is_cancel_requested = (task->flags & PTG__TASK_ASKED) != 0;
  row->type_name = writer->type_name;
  row->name = writer->name;
  row->name_length = (uint32_t)writer->name_length;
  if (task->cold == NULL || task->cold->name.bytes == NULL) return 1;
  row->name_length = (uint32_t)task->cold->name.length;
  return add_text(picture, task->cold->name.bytes, task->cold->name.length,
                  &row->name);
}

static int add_tasks(const struct ptg__core *core, struct writer *writer,
                     uint32_t slot, uint32_t group) {
  for (uint32_t at = ptg__group_at(core, slot)->first_task; at != NOBODY;
       at = ptg__task_at(core, at)->next)
    if (ptg__task_at(core, at)->state != PTG__TASK_ENDED &&
        !add_task(core, writer, at, group))
      return 0;
  return 1;
}

static int add_group(const struct ptg__core *core, struct writer *writer,
                     uint32_t slot, uint64_t runtime) {
  struct ptg__picture *picture = writer->picture;
  if (picture->group_count == picture->group_capacity) return 0;
  ptg_group_info info;
  ptg__group_get_info(core, slot, &info);
  uint64_t name;
  if (!add_text(picture, info.name, info.name_length, &name)) return 0;

  uint32_t index = (uint32_t)picture->group_count++;
  uint64_t first_task = picture->task_count;
  if (!add_tasks(core, writer, slot, index)) return 0;
  picture->groups[index] =
      (ptg_snapshot_group){.group = info.group,
                           .parent = info.parent,
                           .owner = info.owner,
                           .runtime = runtime,
                           .first_task = first_task,
                           .tasks = picture->task_count - first_task,
                           .spawned = info.spawned,
                           .succeeded = info.succeeded,
                           .failed = info.failed,
                           .cancelled = info.cancelled,
                           .abandoned = info.abandoned,
                           .refused = info.refused,
                           .age_ns = core->now_ns - info.created_ns,
                           .phase_left_ns = info.phase_left_ns,
                           .state = info.state,
                           .flags = info.flags,
                           .is_ending = info.is_ending,
                           .name_length = (uint32_t)info.name_length,
                           .name = name};
  return 1;
}

int ptg__picture_add(struct ptg__core *core, uint32_t top, uint64_t runtime,
                     struct ptg__picture *picture) {
  const struct ptg__picture before = *picture;
  struct writer writer = {.picture = picture};
  int fits = 1;
  for (uint32_t at = top; at != NOBODY && fits;
       at = ptg__group_walk(core, top, at))
    fits = add_group(core, &writer, at, runtime);
  if (!fits) *picture = before;
  return fits;
}
