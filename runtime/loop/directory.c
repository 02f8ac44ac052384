/* directory.c - see directory.h. */
#include "directory.h"

#include "core/check.h"

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t mutex;
static uv_cond_t news;
static ptg_runtime *first; /* through next_runtime, by rising number */
static uint64_t made;

static void init(void) {
  int status = uv_mutex_init(&mutex);
  if (status == 0) status = uv_cond_init(&news);
  PTG_CHECK(status == 0);
}

static void lock(void) {
  uv_once(&once, init);
  uv_mutex_lock(&mutex);
}

static void answer(ptg_runtime *runtime, struct ptg__request *request) {
  struct ptg__core *core = &runtime->core;
  ptg__runtime_note_time(runtime);
  if (request->is_measure) {
    ptg__picture_measure(core, core->root, &request->picture);
    request->has_fit = 1;
  } else {
    request->has_fit =
        ptg__picture_add(core, core->root, runtime->number, &request->picture);
  }
  request->state = PTG__REQUEST_ANSWERED;
}

static void answer_all(ptg_runtime *runtime) {
  struct ptg__request *request = runtime->requests;
  runtime->requests = NULL;
  atomic_store(&runtime->is_asked, 0);
  if (request == NULL) return;
  while (request != NULL) {
    /* Once it is answered it may be gone. */
    struct ptg__request *next = request->next;
    answer(runtime, request);
    request = next;
  }
  uv_cond_broadcast(&news);
}

void ptg__directory_add(ptg_runtime *runtime) {
  lock();
  runtime->number = ++made;
  ptg_runtime **link = &first;
  while (*link != NULL)
    link = &(*link)->next_runtime;
  *link = runtime;
  uv_mutex_unlock(&mutex);
}

void ptg__directory_remove(ptg_runtime *runtime) {
  lock();
  ptg_runtime **link = &first;
  while (*link != runtime)
    link = &(*link)->next_runtime;
  *link = runtime->next_runtime;
  for (struct ptg__request *at = runtime->requests; at != NULL;) {
    struct ptg__request *next = at->next;
    at->state = PTG__REQUEST_GONE;
    at = next;
  }
  runtime->requests = NULL;
  uv_cond_broadcast(&news);
  uv_mutex_unlock(&mutex);
}

void ptg__directory_answer(ptg_runtime *runtime) {
  if (!atomic_load(&runtime->is_asked)) return;
  lock();
  answer_all(runtime);
  uv_mutex_unlock(&mutex);
}

size_t ptg__directory_list(uint64_t *numbers, size_t capacity) {
  size_t count = 0;
  lock();
  for (const ptg_runtime *at = first; at != NULL; at = at->next_runtime) {
    if (count < capacity) numbers[count] = at->number;
    count++;
  }
  uv_mutex_unlock(&mutex);
  return count;
}

static ptg_runtime *find(uint64_t number) {
  ptg_runtime *at = first;
  while (at != NULL && at->number != number)
    at = at->next_runtime;
  return at;
}

static void answer_for_own(void) {
  for (ptg_runtime *at = first; at != NULL; at = at->next_runtime)
    if (at->thread == ptg__thread_self()) answer_all(at);
}

void ptg__directory_ask(struct ptg__request *request) {
  lock();
  ptg_runtime *runtime = find(request->number);
  if (runtime == NULL) {
    request->state = PTG__REQUEST_GONE;
  } else if (runtime->thread == ptg__thread_self()) {
    answer(runtime, request);
  } else {
    request->state = PTG__REQUEST_SENT;
    request->next = runtime->requests;
    runtime->requests = request;
    atomic_store(&runtime->is_asked, 1);
    uv_async_send(&runtime->async);
    uv_cond_broadcast(&news); /* its thread may be waiting here */
  }
  uv_mutex_unlock(&mutex);
}

static void take_back(struct ptg__request *request) {
  request->state = PTG__REQUEST_IDLE;
  struct ptg__request **link = &find(request->number)->requests;
  while (*link != request)
    link = &(*link)->next;
  *link = request->next;
}

static void take_all_back(struct ptg__request *requests, size_t count) {
  for (size_t i = 0; i < count; i++)
    if (requests[i].state == PTG__REQUEST_SENT) take_back(&requests[i]);
}

/* One that is answered or gone; else one that is sent, or NULL. */
static struct ptg__request *look_through(struct ptg__request *requests,
                                         size_t count) {
  struct ptg__request *sent = NULL;
  for (size_t i = 0; i < count; i++) {
    if (requests[i].state > PTG__REQUEST_SENT) return &requests[i];
    if (requests[i].state == PTG__REQUEST_SENT) sent = &requests[i];
  }
  return sent;
}

struct ptg__request *ptg__directory_wait(struct ptg__request *requests,
                                         size_t count, uint64_t deadline_ns) {
  struct ptg__request *found;
  lock();
  for (;;) {
    answer_for_own();
    found = look_through(requests, count);
    if (found == NULL || found->state != PTG__REQUEST_SENT) break;
    uint64_t now_ns = uv_hrtime();
    if (now_ns >= deadline_ns) {
      take_all_back(requests, count);
      found = NULL;
      break;
    }
    uv_cond_timedwait(&news, &mutex, deadline_ns - now_ns);
  }
  uv_mutex_unlock(&mutex);
  return found;
}
