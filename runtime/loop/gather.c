/* gather.c - see gather.h.
 *
 * All runtimes are asked at once, so that one which does not answer takes
 * nothing from the time of the others. Each fills a picture of its own; in the
 * end they are put together.
 */
#include "gather.h"

#include <stdlib.h>
#include <string.h>

#include "directory.h"

/* How often a picture that has grown out of its room is tried again. */
#define TRIES 4

/* So many runtimes may come while memory for those that there are is taken;
 * more are left out. */
#define SPARE 16

struct part {
  int tries;
  int is_in;   /* its picture is filled */
  int is_gone; /* it has ended meanwhile */
};

struct gathering {
  struct ptg__request *requests;
  struct part *parts; /* of the same indices */
  size_t count;
};

/* ------------------------------------------------------------------ room -- */

/* Touched page by page through a volatile, since a compiler makes one calloc()
 * of malloc() and memset(), and that leaves the pages to their first reader. */
static void *provided(uint64_t count, size_t size) {
  const size_t page = 4096;
  if (count > SIZE_MAX / size) return NULL;
  volatile char *array = malloc((size_t)count * size);
  if (array == NULL) return NULL;
  for (size_t at = 0; at < (size_t)count * size; at += page)
    array[at] = 0;
  return (void *)array;
}

/* Some more than was measured: a runtime goes on between being measured and
 * being pictured. The memory is written to here, so that the runtime's thread
 * does not have to wait for the system to provide it. */
ptg_status ptg__gather_make_room(struct ptg__picture *picture,
                                 const struct ptg__picture *need) {
  ptg__gather_free(picture);
  uint64_t groups = need->group_capacity + need->group_capacity / 8 + 8;
  uint64_t tasks = need->task_capacity + need->task_capacity / 8 + 64;
  uint64_t strings = need->strings_capacity + need->strings_capacity / 8 + 4096;
  *picture = (struct ptg__picture){
      .groups = provided(groups, sizeof(*picture->groups)),
      .tasks = provided(tasks, sizeof(*picture->tasks)),
      .strings = provided(strings, 1),
      .group_capacity = groups,
      .task_capacity = tasks,
      .strings_capacity = strings};
  if (picture->groups && picture->tasks && picture->strings) return PTG_OK;
  ptg__gather_free(picture);
  return PTG_ENOMEM;
}

void ptg__gather_free(struct ptg__picture *picture) {
  free(picture->groups);
  free(picture->tasks);
  free(picture->strings);
  *picture = (struct ptg__picture){0};
}

/* ------------------------------------------------------------------- ask -- */

static void ask(struct ptg__request *request, int is_measure) {
  request->is_measure = is_measure;
  request->has_fit = 0;
  if (is_measure) ptg__gather_free(&request->picture);
  ptg__directory_ask(request);
}

static ptg_status begin(struct gathering *all) {
  size_t room = ptg__directory_list(NULL, 0) + SPARE;
  uint64_t *numbers = malloc(room * sizeof(*numbers));
  all->requests = calloc(room, sizeof(*all->requests));
  all->parts = calloc(room, sizeof(*all->parts));
  ptg_status status = PTG_ENOMEM;
  if (numbers != NULL && all->requests != NULL && all->parts != NULL) {
    size_t count = ptg__directory_list(numbers, room);
    all->count = count < room ? count : room;
    for (size_t i = 0; i < all->count; i++)
      all->requests[i].number = numbers[i];
    status = PTG_OK;
  }
  free(numbers);
  return status;
}

/* What an answer leads to. */
static ptg_status go_on(struct ptg__request *request, struct part *part) {
  int is_gone = request->state == PTG__REQUEST_GONE;
  request->state = PTG__REQUEST_IDLE;
  if (is_gone) {
    part->is_gone = 1;
    return PTG_OK;
  }
  if (request->is_measure) {
    struct ptg__picture need = request->picture;
    request->picture = (struct ptg__picture){0};
    ptg_status status = ptg__gather_make_room(&request->picture, &need);
    if (status == PTG_OK) ask(request, 0);
    return status;
  }
  part->is_in = request->has_fit;
  if (!part->is_in && ++part->tries < TRIES) ask(request, 1);
  return PTG_OK;
}

static ptg_status ask_all(struct gathering *all, uint64_t deadline_ns) {
  ptg_status status = begin(all);
  for (size_t i = 0; i < all->count; i++)
    ask(&all->requests[i], 1);
  for (;;) {
    struct ptg__request *answered =
        ptg__directory_wait(all->requests, all->count, deadline_ns);
    if (answered == NULL) return status;
    if (status == PTG_OK)
      status = go_on(answered, &all->parts[answered - all->requests]);
    if (status == PTG_OK) continue;
    /* What is under way is still to be taken back. */
    answered->state = PTG__REQUEST_IDLE;
    deadline_ns = 0;
  }
}

/* ------------------------------------------------------------------ join -- */

/* Everything in a picture that is an index or a place is moved on by what
 * stands before it. */
static void append(struct ptg__picture *whole,
                   const struct ptg__picture *part) {
  ptg_snapshot_group *groups = whole->groups + whole->group_count;
  ptg_snapshot_task *tasks = whole->tasks + whole->task_count;
  memcpy(groups, part->groups, part->group_count * sizeof(*groups));
  memcpy(tasks, part->tasks, part->task_count * sizeof(*tasks));
  memcpy(whole->strings + whole->strings_size, part->strings,
         part->strings_size);
  for (uint64_t i = 0; i < part->group_count; i++) {
    groups[i].first_task += whole->task_count;
    groups[i].name += whole->strings_size;
  }
  for (uint64_t i = 0; i < part->task_count; i++) {
    tasks[i].group += (uint32_t)whole->group_count;
    tasks[i].name += whole->strings_size;
    tasks[i].type_name += whole->strings_size;
  }
  whole->group_count += part->group_count;
  whole->task_count += part->task_count;
  whole->strings_size += part->strings_size;
}

static ptg_status join(const struct gathering *all,
                       struct ptg__picture *picture) {
  struct ptg__picture need = {0};
  for (size_t i = 0; i < all->count; i++) {
    if (!all->parts[i].is_in) continue;
    need.group_capacity += all->requests[i].picture.group_count;
    need.task_capacity += all->requests[i].picture.task_count;
    need.strings_capacity += all->requests[i].picture.strings_size;
  }
  ptg_status status = ptg__gather_make_room(picture, &need);
  for (size_t i = 0; i < all->count && status == PTG_OK; i++)
    if (all->parts[i].is_in) append(picture, &all->requests[i].picture);
  return status;
}

ptg_status ptg__gather_all(uint64_t deadline_ns, struct ptg__picture *picture,
                           uint64_t *runtimes, uint64_t *unanswered) {
  struct gathering all = {NULL, NULL, 0};
  ptg_status status = ask_all(&all, deadline_ns);
  if (status == PTG_OK) status = join(&all, picture);
  for (size_t i = 0; i < all.count; i++) {
    *runtimes += all.parts[i].is_in != 0;
    *unanswered += !all.parts[i].is_in && !all.parts[i].is_gone;
    /* One that only measured has no arrays. */
    ptg__gather_free(&all.requests[i].picture);
  }
  free(all.requests);
  free(all.parts);
  return status;
}
