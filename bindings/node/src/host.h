/* host.h - one runtime as the addon keeps it, and the border to JavaScript.
 *
 * A host is a libptg runtime on the loop of a Node environment. Numbers cross
 * the border in `io`, an array that both sides see; so a call of either side
 * has few arguments or none.
 *
 * Tasks of promises are told in batches: what happens to them is written to
 * `batch` as pairs (handle, place * 8 + kind), and JavaScript is called once
 * when the loop's turn is over, by the prepare handle. All else is told at
 * once. On a manual clock everything is told at once, at its own instant.
 */
#ifndef PTG_NODE_HOST_H
#define PTG_NODE_HOST_H

#include <node_api.h>
#include <ptg/ptg.h>
#include <stdint.h>
#include <uv.h>

/* What JavaScript is told; lib/core.js has the same list. */
enum {
  TOLD_START = 1,
  TOLD_WAKE = 2,
  TOLD_DRAIN = 3,
  TOLD_CANCEL = 4,
  TOLD_KILL = 5,
  TOLD_DONE = 6,
  TOLD_ERROR = 7,
  TOLD_GROUP_DRAIN = 8,
  TOLD_GROUP_CLOSED = 9,
  TOLD_OVER = 10,
  TOLD_FIRE = 11,
  TOLD_HANDLE = 12,
  TOLD_DROP = 13,
  TOLD_HAS_ROOM = 14,
  TOLD_RELEASE = 15,
  TOLD_STARTED = 16,
  TOLD_LINE = 17
};

enum { IO_SIZE = 16, BATCH_CAPACITY = 3 * 4096, FINISHED_CAPACITY = 4096 };

struct task_type; /* told.c: interned */

/* Invariant: batch_count <= BATCH_CAPACITY. refs counts the environment and
 * the loop: the host is freed when both are done with it. */
struct host {
  napi_env env;
  ptg_runtime *runtime; /* NULL: destroyed */
  struct host *next;    /* of this thread */
  double *io;           /* IO_SIZE numbers */
  double *batch;        /* pairs */
  double *finished;     /* handles of tasks that ended well */
  uint32_t batch_count;
  int is_manual;
  int is_silent;     /* JavaScript can no longer be called */
  int is_preparing;  /* the prepare handle is active */
  uint64_t told;     /* calls of JavaScript so far */
  napi_ref memory;   /* the ArrayBuffers above */
  napi_ref on_told;  /* (kind, id, text...) -> status */
  napi_ref on_batch; /* (count) */
  napi_async_cleanup_hook_handle hook;
  struct task_type *types;
  char **names; /* that tasks have often: those of functions */
  uint32_t name_count;
  uint64_t remote_id; /* of its way in; 0: nobody has asked for one */
  uv_prepare_t prepare;
  int refs;
};

/* What a group is given along. */
struct given {
  struct host *host;
  double id;
};

/* host.c */
struct host *host_of(ptg_runtime *runtime);
void host_batch(struct host *host, ptg_task task, void *user_data,
                uint32_t kind);
int32_t host_tell(struct host *host, uint32_t kind, double id, size_t texts,
                  const char *const *text, const size_t *lengths);
void host_unref(struct host *host);
napi_value host_open(napi_env env, napi_callback_info info);

/* Methods of the object that host_open() returns: the data is the host. */
extern const napi_property_descriptor group_methods[];
extern const napi_property_descriptor task_methods[];
extern const napi_property_descriptor process_methods[];
extern const napi_property_descriptor remote_methods[];
extern const napi_property_descriptor look_methods[];

/* groups.c */
struct group_texts {
  char *name;
};
struct given *group_options_read(struct host *host, napi_value object,
                                 ptg_group_options *options,
                                 struct group_texts *texts);

ptg_shutdown_options shutdown_options_read(napi_env env, napi_value object);

/* tasks.c: what every sort of task but promises is asked for with. */
struct asked {
  char *name; /* owned until asked_answer() */
  size_t name_length;
  ptg_group group;
  ptg_task spawner;
  uint32_t flags;
  void *user_data;
};
struct asked asked_read(napi_env env, napi_value object);
napi_value asked_answer(struct host *host, struct asked *asked,
                        ptg_status status, ptg_task task);

/* Of all options of ptg.h that have these fields. */
#define ASKED_COPY(options, asked) \
  do { \
    (options)->flags = (asked)->flags; \
    (options)->name = (asked)->name; \
    (options)->name_length = (asked)->name_length; \
    (options)->spawner = (asked)->spawner; \
  } while (0)

/* remote.c */
void remote_close(struct host *host);

/* told.c: callbacks of the runtime. */
extern const ptg_task_type promise_type;
const ptg_task_type *type_of(struct host *host, const char *name,
                             uint32_t tells);
void types_free(struct host *host);
void told_of_group(ptg_group_options *options, uint32_t tells);
void told_of_watch(ptg_watch_options *options);
void told_of_timer(ptg_timer_options *options);
void told_of_queue(ptg_queue_options *options);
void told_of_process(ptg_process_options *options, int reads_lines);
enum { TELLS_DRAIN = 1, TELLS_CANCEL = 2, TELLS_KILL = 4, TELLS_ERROR = 8 };

/* values.c: a field that is missing, undefined or null reads as zero, and no
 * text is undefined. */
struct host *host_here(napi_env env, napi_callback_info info, size_t *count,
                       napi_value *arguments);
double get_number(napi_env env, napi_value object, const char *key);
int64_t get_ns(napi_env env, napi_value object, const char *key);
uint32_t get_bits(napi_env env, napi_value object, const char *key);
uint64_t get_handle(napi_env env, napi_value object, const char *key);
char *get_text(napi_env env, napi_value object, const char *key,
               size_t *length);
char *text_of(napi_env env, napi_value value, size_t *length);
napi_value number(napi_env env, double value);
napi_value text_value(napi_env env, const char *text, size_t length);

#define METHOD(name, function) \
  { name, NULL, function, NULL, NULL, NULL, napi_default, NULL }
#define METHODS_END \
  { NULL, NULL, NULL, NULL, NULL, NULL, napi_default, NULL }

#endif
