/* queue_calls.c - the calls of the sort of task "queue". */
#include <stdlib.h>

#include "kind.h"
#include "queue.h"

/* ----------------------------------------------------------------- spawn -- */

static ptg_status refuse(ptg_runtime *runtime, const ptg_queue_options *options,
                         ptg_status status, const char *message) {
  if (options != NULL && KIND_HAS(options, user_data) &&
      options->release != NULL)
    options->release(options->user_data);
  return ptg_runtime_set_error(runtime, status, 0, message);
}

static const char *find_mistake(const ptg_queue_options *options) {
  /* As clean-up nobody would tell it to end. */
  if (options->flags & PTG_SPAWN_CLEANUP) return "a queue is no clean-up";
  if (options->handle == NULL) return "a queue needs handle";
  if (options->capacity == 0) return "a queue needs a capacity";
  return NULL;
}

ptg_status ptg_queue_spawn(ptg_runtime *runtime, ptg_group group,
                           const ptg_queue_options *options, ptg_task *out) {
  int64_t now_ns;
  if (out != NULL) *out = PTG_NONE;
  /* Not for its answer, but because it knows the thread. */
  ptg_status status = ptg_runtime_get_time(runtime, &now_ns);
  if (status != PTG_OK) return refuse(runtime, options, status, "");
  if (options == NULL)
    return refuse(runtime, options, PTG_EINVAL, "options are missing");

  ptg_queue_options ours;
  status = ptg__kind_copy_options(&ours, sizeof(ours), options);
  if (status != PTG_OK)
    return refuse(runtime, options, status, "options of a wrong size");
  const char *mistake = find_mistake(&ours);
  if (mistake != NULL) return refuse(runtime, options, PTG_EINVAL, mistake);

  if (ours.at_once == 0) ours.at_once = 1;
  struct ptg__queue *queue = ptg__queue_create(runtime, &ours);
  if (queue == NULL)
    return refuse(runtime, options, PTG_ENOMEM, "no memory for a queue");

  ptg_task_options task_options = PTG_TASK_OPTIONS_INIT;
  task_options.flags = ours.flags;
  task_options.name = ours.name;
  task_options.name_length = ours.name_length;
  task_options.spawner = ours.spawner;
  return ptg_task_spawn(runtime, group, &ptg__queue_type, &task_options, queue,
                        out);
}

/* ------------------------------------------------------------------ push -- */

static ptg_status find(ptg_runtime *runtime, ptg_task task,
                       struct ptg__queue **queue) {
  void *user_data;
  ptg_status status =
      ptg_task_get_user_data(runtime, task, &ptg__queue_type, &user_data);
  *queue = user_data;
  return status;
}

/* The group of who pushes; PTG_NONE: nobody's. A look answers for a task that
 * was abandoned and has ended, too; its user_data cannot be asked for. */
static ptg_status find_pusher(ptg_runtime *runtime, ptg_task pusher,
                              ptg_group *group) {
  *group = PTG_NONE;
  if (pusher == PTG_NONE) return ptg_runtime_get_current(runtime, NULL, group);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  ptg_status status = ptg_task_get_info(runtime, pusher, &info);
  if (status != PTG_OK) return status;
  void *unused;
  status = ptg_task_get_user_data(runtime, pusher, &ptg__queue_type, &unused);
  if (status != PTG_OK && status != PTG_EKIND) return status;
  *group = info.group;
  return PTG_OK;
}

/* A group that drains has no groups below it any more: inside is in it. */
static int is_inside(ptg_runtime *runtime, ptg_task queue, ptg_group group) {
  ptg_task_info info = PTG_TASK_INFO_INIT;
  if (ptg_task_get_info(runtime, queue, &info) != PTG_OK) return 0;
  return group == info.group;
}

static ptg_status may_push(const struct ptg__queue *queue, ptg_task task,
                           ptg_task pusher) {
  ptg_runtime *runtime = queue->runtime;
  ptg_group group;
  ptg_status status = find_pusher(runtime, pusher, &group);
  if (status != PTG_OK) return status;
  if (queue->is_closed)
    return ptg_runtime_set_error(runtime, PTG_ECLOSED, 0,
                                 "the queue is closed");
  if (!queue->is_draining || is_inside(runtime, task, group)) return PTG_OK;
  return ptg_runtime_set_error(runtime, PTG_ECLOSED, 0,
                               "the queue drains: only from inside its group");
}

ptg_status ptg_queue_push(ptg_runtime *runtime, ptg_task task, ptg_task pusher,
                          void *message) {
  struct ptg__queue *queue;
  ptg_status status = find(runtime, task, &queue);
  if (status != PTG_OK) return status;

  uint64_t capacity = queue->options.capacity;
  status = may_push(queue, task, pusher);
  if (status == PTG_OK && queue->length == capacity) {
    queue->is_room_wanted = 1;
    status = ptg_runtime_set_error(runtime, PTG_EFULL, 0, "the queue is full");
  }
  if (status != PTG_OK) {
    queue->refused++;
    return status;
  }
  queue->messages[(queue->first + queue->length) % capacity] = message;
  queue->length++;
  queue->accepted++;
  ptg__queue_wake(queue);
  return PTG_OK;
}

/* --------------------------------------------------------- other threads -- */

/* Shared by threads, so not from a runtime's allocator. */
struct letter {
  ptg_task queue;
  ptg_task pusher;
  void *message;
  ptg_pushed_fn pushed;
  void *user_data;
  ptg_status status; /* what became of it */
};

/* The letter that this thread is just posting. */
static _Thread_local const struct letter *posting;

static void deliver(ptg_runtime *runtime, void *user_data) {
  struct letter *letter = user_data;
  letter->status =
      ptg_queue_push(runtime, letter->queue, letter->pusher, letter->message);
}

/* Also called when there was no delivery: on the runtime's thread, or from
 * inside a post that failed, whose caller then knows by its answer. */
static void tell(void *user_data) {
  struct letter *letter = user_data;
  if (letter != posting && letter->pushed != NULL)
    letter->pushed(letter->status, letter->message, letter->user_data);
  free(letter);
}

ptg_status ptg_queue_push_remote(ptg_remote *remote, ptg_task queue,
                                 ptg_task pusher, void *message,
                                 ptg_pushed_fn pushed, void *user_data) {
  if (remote == NULL) return PTG_EINVAL;
  struct letter *letter = malloc(sizeof(*letter));
  if (letter == NULL) return PTG_ENOMEM;
  *letter =
      (struct letter){queue, pusher, message, pushed, user_data, PTG_ECLOSED};
  posting = letter;
  ptg_status status = ptg_remote_post(remote, deliver, tell, letter);
  posting = NULL;
  return status;
}

/* ----------------------------------------------------------- close, look -- */

ptg_status ptg_queue_close(ptg_runtime *runtime, ptg_task task) {
  struct ptg__queue *queue;
  ptg_status status = find(runtime, task, &queue);
  if (status != PTG_OK) return status;
  queue->is_closed = 1;
  ptg__queue_wake(queue);
  return PTG_OK;
}

ptg_status ptg_queue_get_info(ptg_runtime *runtime, ptg_task task,
                              ptg_queue_info *info) {
  struct ptg__queue *queue;
  ptg_status status = find(runtime, task, &queue);
  if (status != PTG_OK) return status;
  if (info == NULL)
    return ptg_runtime_set_error(runtime, PTG_EINVAL, 0, "info is missing");

  KIND_CHECK(queue->accepted ==
             queue->length + queue->running + queue->handled);
  ptg_queue_info ours = PTG_QUEUE_INFO_INIT;
  ours.is_closed = queue->is_closed || queue->is_draining;
  ours.length = queue->length;
  ours.capacity = queue->options.capacity;
  ours.running = queue->running;
  ours.at_once = queue->options.at_once;
  ours.accepted = queue->accepted;
  ours.handled = queue->handled;
  ours.refused = queue->refused;
  if (ptg__kind_copy_info(info, &ours, sizeof(ours)) == PTG_OK) return PTG_OK;
  return ptg_runtime_set_error(runtime, PTG_EINVAL, 0, "size is too small");
}
