/* ptg.h - persistent task groups over libuv: the whole public ABI.
 *
 * If a name is not in this file it is not part of libptg. A runtime is one
 * event loop and a tree of groups on it; a group owns tasks and child groups;
 * a task is one unit of work that libptg can start, ask to stop, and be told
 * the end of. Ending a group is what the library is for: see
 * ptg_group_shutdown().
 *
 * Every declaration ends with fixed tags:
 *   @since     the ABI version that brought it
 *   @thread    any, runtime (the thread that created the runtime; elsewhere
 *              the call answers PTG_ETHREAD) or any (signal-safe)
 *   @callback  may it be called inside a callback of the runtime
 *   @fails     every failing status it can answer
 *
 * A call that fails changes nothing, clears its outputs, and no callback will
 * come of it, but for the release of the user_data that was given with it.
 */
#ifndef PTG_PTG_H
#define PTG_PTG_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32) && defined(PTG_BUILDING_SHARED)
#define PTG_API __declspec(dllexport)
#elif defined(_WIN32) && defined(PTG_USING_SHARED)
#define PTG_API __declspec(dllimport)
#elif defined(__GNUC__)
#define PTG_API __attribute__((visibility("default")))
#else
#define PTG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ------------------------------------------------------------- versions -- */

/* Versions. MAJOR changes only when an old binary would break (SONAME moves
 * with it); MINOR counts additions within one MAJOR. */
#define PTG_ABI_MAJOR 0
#define PTG_ABI_MINOR 1
#define PTG_ABI_VERSION ((uint32_t)PTG_ABI_MAJOR << 16 | PTG_ABI_MINOR)

/* Returns PTG_ABI_VERSION as the library was built.
 * @since 0.1  @thread any  @callback yes
 * @fails none */
PTG_API uint32_t ptg_abi_version(void);

/* What a build of the library can do. An alternative implementation may leave
 * some of it out: then the calls are there, and answer PTG_EINVAL. */
#define PTG_FEATURE_PROCESS UINT64_C(1)
#define PTG_FEATURE_TIMER UINT64_C(2)
#define PTG_FEATURE_WORK UINT64_C(4)
#define PTG_FEATURE_QUEUE UINT64_C(8)
#define PTG_FEATURE_EVENTS UINT64_C(16)
#define PTG_FEATURE_REMOTE UINT64_C(32)
#define PTG_FEATURE_GUEST UINT64_C(64)
#define PTG_FEATURE_SNAPSHOT UINT64_C(128)
#define PTG_FEATURE_TRACE UINT64_C(256)

/* Returns the PTG_FEATURE_* bits of the library.
 * @since 0.1  @thread any  @callback yes
 * @fails none */
PTG_API uint64_t ptg_features(void);

/* --------------------------------------------------------------- status -- */

/* Status of a call or outcome of a task. Zero is success, negative is
 * failure; nothing is ever positive. Values are permanent: never reused, only
 * appended. */
typedef int32_t ptg_status;
enum {
  PTG_OK = 0,
  PTG_EINVAL = -1,     /* an argument is malformed */
  PTG_ENOMEM = -2,     /* the allocator returned NULL; nothing changed */
  PTG_ESTALE = -3,     /* the handle names something that is gone */
  PTG_EKIND = -4,      /* the handle is of another kind */
  PTG_ECLOSED = -5,    /* the group accepts no new tasks or groups */
  PTG_EBUSY = -6,      /* the object is still in use */
  PTG_EREENTRANT = -7, /* not allowed inside a callback */
  PTG_ETHREAD = -8,    /* not called on the runtime's thread */
  PTG_ERANGE = -9,     /* the array is too small; the need is reported */
  PTG_ECANCELED = -10, /* the task ended because it was asked to */
  PTG_ETIMEDOUT = -11, /* a limit ran out */
  PTG_EABI = -12,      /* built for a newer libptg, or for another libuv */
  PTG_EUV = -13,       /* libuv failed; see ptg_error_info.uv_status */
  PTG_ECYCLE = -14,    /* the order edge would close a circle */
  PTG_EFULL = -15,     /* a bound is reached */
  PTG_EFAILED = -16,   /* a task failed; its message says how */
  PTG_EEXIT = -17,     /* a child process exited with a status other than 0 */
  PTG_ESIGNAL = -18,   /* a child process was ended by a signal */
  PTG_EDEADLK = -19    /* who waits is part of what is waited for */
};

/* Returns the name of a status, as "PTG_ESTALE"; "PTG_E?" if it is not known.
 * The string is static.
 * @since 0.1  @thread any  @callback yes
 * @fails none */
PTG_API const char *ptg_status_name(ptg_status status);

/* ---------------------------------------------------- handles and limits -- */

/* A handle is a number, never an address. Zero names nothing. A handle is
 * never given out twice in a process, so a stale one fails with PTG_ESTALE for
 * ever, and one of another runtime does so too. Values stay below 2^53 and so
 * survive a JavaScript or Lua number. The handle of a remote spawn that is
 * still on its way is PTG_EBUSY in every call on the runtime's thread. */
typedef uint64_t ptg_group;
typedef uint64_t ptg_task;
typedef uint64_t ptg_watch;
#define PTG_NONE ((uint64_t)0)

/* Durations and instants are signed nanoseconds. In options zero always means
 * "as before": inherited, or the default. Any other negative duration is
 * PTG_EINVAL. */
#define PTG_FOREVER ((int64_t)-1) /* no limit */
#define PTG_AT_ONCE ((int64_t)-2) /* a limit of no time at all */

/* What a group has that neither it nor an ancestor set. */
#define PTG_DEFAULT_GRACE_NS INT64_C(10000000000)
#define PTG_DEFAULT_CANCEL_WAIT_NS INT64_C(5000000000)

/* How long a group waits, past its cancel wait, for tasks that were killed
 * (see ptg_task_type.kill) to be gone before it gives up on them too. */
#define PTG_KILL_WAIT_NS INT64_C(1000000000)

/* In place of a byte count: the string ends at its first NUL. */
#define PTG_NUL_TERMINATED SIZE_MAX

/* Longer ones are PTG_EINVAL; in bytes. */
#define PTG_NAME_MAX 255
#define PTG_REASON_MAX 255

typedef struct ptg_runtime ptg_runtime;
struct uv_loop_s;

/* One function does it all, as in Lua: old_size 0 allocates, new_size 0
 * frees and returns NULL, otherwise it resizes. Called on the runtime's
 * thread only. */
typedef void *(*ptg_alloc_fn)(void *alloc_data, void *block, size_t old_size,
                              size_t new_size);

/* Called exactly once for a user_data given along with it, even when the call
 * that gave it failed, and then from inside that call. */
typedef void (*ptg_release_fn)(void *user_data);

/* -------------------------------------------------------------- outcomes -- */

/* Flags of an outcome. */
#define PTG_OUTCOME_CANCEL_REQUESTED \
  UINT32_C(1)                             /* it had been asked to end \
                                           */
#define PTG_OUTCOME_NEVER_RAN UINT32_C(2) /* cancelled before its first run */
#define PTG_OUTCOME_ABANDONED UINT32_C(4) /* it ended late, given up before */
#define PTG_OUTCOME_KILLED UINT32_C(8)    /* its kill callback was called */

/* How a task ended. status PTG_OK: well; PTG_ECANCELED: because it was asked
 * to; anything else: it failed. To ptg_task_finish() flags must be zero. */
typedef struct ptg_outcome {
  uint32_t size;
  ptg_status status;
  uint32_t flags;      /* PTG_OUTCOME_*; set by libptg */
  int32_t code;        /* the task's own: an exit status, a signal, an errno */
  const char *message; /* UTF-8, which is not checked; copied, one line is
                          best; NULL: none. Lost, not an error, when there is
                          no memory for it */
  size_t message_length;
  uint64_t value;     /* the task's own: carried untouched */
  const char *reason; /* why it was asked to end; NULL: it was not. Set by
                         libptg, as the next two */
  size_t reason_length;
  uint64_t originator; /* the task or group that asked; PTG_NONE: outside */
} ptg_outcome;
#define PTG_OUTCOME_INIT \
  { \
    (uint32_t)sizeof(ptg_outcome), 0, 0, 0, NULL, PTG_NUL_TERMINATED, 0, NULL, \
        0, 0 \
  }

/* Flags of an error. */
#define PTG_ERROR_DURING_CANCEL UINT32_C(1) /* after it was asked to end */
#define PTG_ERROR_FROM_HOOK UINT32_C(2) /* a hook of group failed: no task */

/* A failure on its way to a handler. All pointers are valid during the call
 * only. */
typedef struct ptg_error {
  uint32_t size;
  uint32_t flags;   /* PTG_ERROR_* */
  ptg_group group;  /* where it happened */
  ptg_task task;    /* who failed; PTG_NONE for a hook */
  const char *name; /* of the task, never NULL */
  size_t name_length;
  int64_t age_ns;             /* of the task, as now */
  const ptg_outcome *outcome; /* how it failed */
  uint32_t group_state;       /* PTG_GROUP_*: of group, as now */
  ptg_status handler_status;  /* how the handler of failed_handler failed */
  ptg_group failed_handler;   /* whose handler failed on this error before, the
                                 nearest to here; PTG_NONE: none did */
  const struct ptg_task_type *task_type; /* NULL for a hook */
  void *task_user_data; /* for who knows what it is by the type */
} ptg_error;

/* ------------------------------------------------------------- callbacks -- */

/* All callbacks run on the runtime's thread, from the loop (or from
 * ptg_runtime_advance()), never from inside another call; the one exception
 * is ptg_runtime_destroy(), which tells the ends of abandoned tasks. They may
 * call every function that says "@callback yes". Nothing may unwind through
 * them. */

/* A callback about a task. */
typedef void (*ptg_task_fn)(ptg_runtime *runtime, ptg_task task,
                            void *user_data);

/* Starts a task. PTG_OK: it runs until ptg_task_finish(); anything else: it
 * has ended with that status. Calling ptg_task_finish() here is allowed, and
 * then the status returned is ignored. */
typedef ptg_status (*ptg_start_fn)(ptg_runtime *runtime, ptg_task task,
                                   void *user_data);

/* Why a task is asked to end. All pointers are valid during the call only. */
typedef struct ptg_cancel_info {
  uint32_t size;
  uint32_t flags;     /* zero */
  const char *reason; /* UTF-8, never NULL */
  size_t reason_length;
  uint64_t originator; /* the task or group that asked; PTG_NONE: outside */
} ptg_cancel_info;

/* Asks a running task to end. */
typedef void (*ptg_cancel_fn)(ptg_runtime *runtime, ptg_task task,
                              const ptg_cancel_info *info, void *user_data);

/* Tells the end of a task; the handle is stale after this call. */
typedef void (*ptg_done_fn)(ptg_runtime *runtime, ptg_task task,
                            const ptg_outcome *outcome, void *user_data);

/* Handles a failure. Anything but PTG_OK: the handler itself failed; then the
 * next ancestor's handler is given both errors. */
typedef ptg_status (*ptg_error_fn)(ptg_runtime *runtime, const ptg_error *error,
                                   void *user_data);

/* Tells a watcher that what it watches is over: a task has ended, as outcome
 * says, or a group is closed, and then outcome says PTG_OK, or PTG_ETIMEDOUT
 * with the number of abandoned tasks, here and below, as value. */
typedef void (*ptg_watch_fn)(ptg_runtime *runtime, ptg_watch watch,
                             uint64_t watched, const ptg_outcome *outcome,
                             void *user_data);

/* A hook of a group. Anything but PTG_OK is an error of the group. */
typedef ptg_status (*ptg_group_fn)(ptg_runtime *runtime, ptg_group group,
                                   void *user_data);

/* --------------------------------------------------------------- runtime -- */

/* Time stands still until ptg_runtime_advance() moves it. */
#define PTG_RUNTIME_MANUAL_CLOCK UINT32_C(1)

/* Does not keep a borrowed loop alive while it waits for others: uv_run() may
 * return when nothing is to be told and no sleep or limit is running.
 * PTG_EINVAL without a loop. */
#define PTG_RUNTIME_UNREF UINT32_C(2)

struct ptg_group_options;

/* Options grow at the end and only with fields whose zero means "as before".
 * size says how much of the struct the caller knows. */
typedef struct ptg_runtime_options {
  uint32_t size;
  uint32_t flags;         /* PTG_RUNTIME_* */
  struct uv_loop_s *loop; /* borrowed; NULL: the runtime makes its own */
  uint64_t loop_size;     /* uv_loop_size() of the caller; 0 without loop */
  ptg_alloc_fn alloc;     /* NULL: malloc and free */
  void *alloc_data;
  const struct ptg_group_options *root; /* of the root group; NULL: defaults */
} ptg_runtime_options;
#define PTG_RUNTIME_OPTIONS_INIT \
  { (uint32_t)sizeof(ptg_runtime_options), 0, NULL, 0, NULL, NULL, NULL }

/* Makes a runtime and its root group, which is open. options NULL: defaults.
 * On failure *out is NULL and the root's user_data has been released.
 * @since 0.1  @thread any (the caller's becomes the runtime's)  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_EABI PTG_EUV */
PTG_API ptg_status ptg_runtime_create(const ptg_runtime_options *options,
                                      ptg_runtime **out);

/* Runs the loop until the root group is closed and everything has been told.
 * Not for a manual clock (PTG_EINVAL).
 * @since 0.1  @thread runtime  @callback no
 * @fails PTG_EINVAL PTG_EREENTRANT PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_run(ptg_runtime *runtime);

/* Moves a manual clock on by duration_ns (0 or more) and does all that falls
 * due on the way, each thing at its own instant; also runs the loop's other
 * events that are ready, without waiting. PTG_EINVAL on a real clock.
 * @since 0.1  @thread runtime  @callback no
 * @fails PTG_EINVAL PTG_EREENTRANT PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_advance(ptg_runtime *runtime,
                                       int64_t duration_ns);

/* Ends a runtime whose root group is closed, or answers PTG_EBUSY and changes
 * nothing; handles that the host left open on an owned loop are "busy" too.
 * Abandoned tasks that have not ended do not keep it: their done is called
 * here first, with PTG_ETIMEDOUT, also when the loop is then busy; those that
 * are told as events are to be taken, "busy" until then. On a
 * borrowed loop the memory goes with the loop's next turn. NULL is allowed and
 * does nothing.
 * @since 0.1  @thread runtime  @callback no
 * @fails PTG_EBUSY PTG_EREENTRANT PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_destroy(ptg_runtime *runtime);

/* For a host with a loop of its own: runs the loop once. It waits until there
 * was something to do, at most timeout_ns, or PTG_FOREVER, or 0 to do only what
 * is ready; events that nobody has taken do not let it wait. Not for a manual
 * clock.
 * @since 0.1  @thread runtime  @callback no
 * @fails PTG_EINVAL PTG_EREENTRANT PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_turn(ptg_runtime *runtime, int64_t timeout_ns);

/* For a guest of a foreign loop: ptg_runtime_turn() is due when *descriptor
 * can be read, and when the time of ptg_runtime_get_timeout() is over. Ask for
 * the timeout again after every turn and after calls from outside of one.
 * *timeout_ns is PTG_FOREVER when only the descriptor counts. On a manual clock
 * it says how far to move that until something is due.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_get_descriptor(ptg_runtime *runtime,
                                              int32_t *descriptor);
PTG_API ptg_status ptg_runtime_get_timeout(ptg_runtime *runtime,
                                           int64_t *timeout_ns);

/* Asks for the shutdown of the root group, and if is_forced is not 0 for its
 * cancel phase at once. It begins on the loop's next turn; asking again is
 * allowed. The runtime must not be destroyed meanwhile.
 * @since 0.1  @thread any (signal-safe)  @callback yes
 * @fails PTG_EINVAL */
PTG_API ptg_status ptg_runtime_request_shutdown(ptg_runtime *runtime,
                                                int32_t is_forced);

/* Sets *out to the root group; its handle stays good until destroy.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_get_root(ptg_runtime *runtime, ptg_group *out);

/* Sets *out to the loop, owned or borrowed.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_get_loop(ptg_runtime *runtime,
                                        struct uv_loop_s **out);

/* Sets *now_ns to the runtime's clock: monotonic, brought up to date by this
 * call; on a manual clock the instant that it stands at.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_get_time(ptg_runtime *runtime, int64_t *now_ns);

/* Sets *task and *group to whose callback is running: a task of that group;
 * or only the group, for its handler or hook; or neither. Either pointer may
 * be NULL. It is by this that a spawn knows where it comes from, unless it
 * says so itself (ptg_task_options.spawner).
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_get_current(ptg_runtime *runtime, ptg_task *task,
                                           ptg_group *group);

/* What the last failed call on a runtime knew beyond its status. */
typedef struct ptg_error_info {
  uint32_t size;
  ptg_status status;
  int32_t uv_status;   /* from libuv, when status is PTG_EUV; else 0 */
  uint32_t reserved0;  /* zero */
  const char *message; /* UTF-8, never NULL; valid until the next call */
  size_t message_length;
} ptg_error_info;
#define PTG_ERROR_INFO_INIT \
  { (uint32_t)sizeof(ptg_error_info), 0, 0, 0, NULL, 0 }

/* Fills *info with what is known about the last failed call on runtime. It
 * belongs to the runtime, not to the thread: a goroutine may change threads.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_get_error(ptg_runtime *runtime,
                                         ptg_error_info *info);

/* Lets a sort of task that is built on this header say why a call of its own
 * failed: sets what ptg_runtime_get_error() tells. message is copied and cut
 * to what fits. Returns status, so that it can end a function.
 * @since 0.1  @thread runtime  @callback yes
 * @fails the status given; PTG_EINVAL PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_set_error(ptg_runtime *runtime,
                                         ptg_status status, int32_t uv_status,
                                         const char *message);

/* Allocates, resizes and frees with the runtime's allocator, as ptg_alloc_fn
 * says, for sorts of task that are built on this header. NULL: no memory, or
 * the block was freed. To be called on the runtime's thread; not checked.
 * @since 0.1  @thread runtime  @callback yes
 * @fails none */
PTG_API void *ptg_runtime_realloc(ptg_runtime *runtime, void *block,
                                  size_t old_size, size_t new_size);

/* ---------------------------------------------------------------- groups -- */

/* States of a group, in this order and never backwards. */
enum {
  PTG_GROUP_OPEN = 1,
  PTG_GROUP_DRAINING = 2,
  PTG_GROUP_CANCELLING = 3,
  PTG_GROUP_CLOSED = 4
};

/* Children that no order edge holds back close together. Without it they
 * close one after the other: each time the newest of those that no edge holds
 * back. */
#define PTG_GROUP_PARALLEL UINT32_C(1)

/* While it drains it accepts spawns from anyone, not only from inside. */
#define PTG_GROUP_ADMITS_ANYONE UINT32_C(2)

/* Its errors, its drain and its closing are told as events (ptg_events_take()),
 * not by callbacks; on_error, on_drain and on_closed must be NULL. */
#define PTG_GROUP_EVENTS UINT32_C(4)

/* What a spawn meets when max_tasks tasks are live. */
enum {
  PTG_FULL_REFUSE = 0,        /* PTG_EFULL */
  PTG_FULL_QUEUE = 1,         /* it waits; a freed place starts the oldest */
  PTG_FULL_REPLACE_OLDEST = 2 /* it waits, and the oldest task not asked yet
                                 is asked to end; PTG_EFULL: all are asked */
};

/* What the failure of a task does beyond being reported. */
enum {
  PTG_POLICY_REPORT = 0,         /* nothing */
  PTG_POLICY_SHUTDOWN_GROUP = 1, /* its group is shut down */
  PTG_POLICY_SHUTDOWN_ROOT = 2   /* the root group is shut down */
};

typedef struct ptg_group_options {
  uint32_t size;
  uint32_t flags;         /* PTG_GROUP_PARALLEL... */
  const char *name;       /* UTF-8 without NUL, copied; NULL or empty: one is
                             made up ("group-N", "root"); need not be
                             unique */
  size_t name_length;     /* in bytes, or PTG_NUL_TERMINATED */
  int64_t grace_ns;       /* from drain to cancel; 0: the parent's */
  int64_t cancel_wait_ns; /* from cancel to giving up; 0: the parent's */
  int64_t deadline_ns;    /* for this group with all below it, from the
                             beginning of its shutdown; 0: none of its own */
  uint64_t max_tasks;     /* started and live at once, clean-up not counted;
                             0: no bound */
  ptg_error_fn on_error;  /* failures of its tasks, and of descendants without
                             a handler; NULL: the nearest ancestor's */
  ptg_group_fn on_drain;  /* once, when it is told to drain; not when it goes
                             straight to cancel */
  ptg_group_fn on_closed; /* once; the report of this shutdown can be read */
  ptg_release_fn release; /* when the group is gone; NULL: nothing to release */
  void *user_data;
  uint32_t when_full;  /* PTG_FULL_* */
  uint32_t on_failure; /* PTG_POLICY_* */
  uint64_t max_queued; /* that wait for a place at once; 0: no bound */
  ptg_task owner;      /* the task whose end shuts the group down, and which
                          is done only when the group is closed; of the
                          parent group, or of one above it */
  uint64_t history;    /* how many ended tasks are remembered; 0: none */
} ptg_group_options;
#define PTG_GROUP_OPTIONS_INIT \
  { \
    (uint32_t)sizeof(ptg_group_options), 0, NULL, PTG_NUL_TERMINATED, 0, 0, 0, \
        0, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0, 0 \
  }

/* Makes a group in parent (PTG_NONE: the root group), open. options NULL:
 * defaults. On failure *out is PTG_NONE and user_data has been released.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ECLOSED
 *        PTG_EABI PTG_ETHREAD */
PTG_API ptg_status ptg_group_create(ptg_runtime *runtime, ptg_group parent,
                                    const ptg_group_options *options,
                                    ptg_group *out);

/* Declares an order edge between two siblings: when both are shut down, first
 * is closed before later begins to drain. An edge that is there already is
 * PTG_OK. PTG_ECYCLE: the last-error message names the circle. PTG_ECLOSED:
 * one of them is no longer open, or is waiting for its turn. PTG_EINVAL: they
 * are not siblings.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_ESTALE PTG_EKIND PTG_ECLOSED PTG_ECYCLE
 *        PTG_ETHREAD */
PTG_API ptg_status ptg_group_stops_before(ptg_runtime *runtime, ptg_group first,
                                          ptg_group later);

/* Straight to the cancel phase, here and below; the order is kept. */
#define PTG_SHUTDOWN_FORCE UINT32_C(1)

/* Limits given here only ever shorten: the smaller counts. They hold for the
 * group and for all below it. */
typedef struct ptg_shutdown_options {
  uint32_t size;
  uint32_t flags;         /* PTG_SHUTDOWN_* */
  int64_t grace_ns;       /* 0: the groups' own */
  int64_t cancel_wait_ns; /* 0: the groups' own */
  int64_t deadline_ns;    /* from this call to all closed; 0: none */
  uint64_t originator;    /* task or group that asks, for the report; PTG_NONE:
                             whose callback is running */
} ptg_shutdown_options;
#define PTG_SHUTDOWN_OPTIONS_INIT \
  { (uint32_t)sizeof(ptg_shutdown_options), 0, 0, 0, 0, 0 }

/* Begins the shutdown of group with all below it, and returns. The children
 * close first, in order; then the group's tasks are told to drain, and when
 * the grace is over, newest first, to cancel; when the cancel wait is over
 * tasks with a kill callback are killed and the rest is abandoned. Then the
 * group is closed and on_closed tells it. options NULL: the groups' own
 * limits. Again on a group that is ending: limits can be shortened and the
 * end forced, never put off. A group that waits for its turn in an ancestor's
 * shutdown is not moved forward. Needs no memory.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EABI PTG_ETHREAD */
PTG_API ptg_status ptg_group_shutdown(ptg_runtime *runtime, ptg_group group,
                                      const ptg_shutdown_options *options);

/* A group as it is now. Counts are of the group's own tasks, without those
 * below. Invariant: spawned == live + succeeded + failed + cancelled +
 * abandoned. */
typedef struct ptg_group_info {
  uint32_t size;
  uint32_t state; /* PTG_GROUP_* */
  ptg_group group;
  ptg_group parent; /* PTG_NONE for the root */
  const char *name; /* valid until the loop's next turn */
  size_t name_length;
  uint32_t flags;     /* PTG_GROUP_PARALLEL */
  uint32_t is_ending; /* 1: a shutdown has been asked for, here or above */
  uint64_t children;  /* child groups that are not closed */
  uint64_t spawned;
  uint64_t live;    /* not ended, not abandoned; pending ones too */
  uint64_t pending; /* of live: not started yet */
  uint64_t succeeded;
  uint64_t failed;
  uint64_t cancelled;
  uint64_t abandoned; /* given up on, whether or not ended since */
  uint64_t late;      /* of abandoned: ended since */
  uint64_t killed;    /* whose kill callback was called */
  uint64_t refused;   /* spawns that were refused */
  int64_t created_ns; /* the runtime's clock */
  int64_t grace_ns;   /* as it applies: own or inherited */
  int64_t cancel_wait_ns;
  int64_t deadline_ns;   /* its own; 0: none */
  int64_t phase_left_ns; /* to the end of the phase it is in; PTG_FOREVER:
                            no limit; 0 when its own tasks are in none */
  uint64_t queued;       /* of pending: waiting for a place */
  uint64_t peak;         /* the most that were live at once */
  int64_t oldest_age_ns; /* of the oldest task that has not ended; 0: none */
  ptg_task owner;        /* PTG_NONE: it has none, or that has ended */
} ptg_group_info;
#define PTG_GROUP_INFO_INIT \
  { \
    (uint32_t)sizeof(ptg_group_info), 0, 0, 0, NULL, 0, 0, 0, 0, 0, 0, 0, 0, \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
  }

/* Fills as much of *info as info->size covers.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ETHREAD */
PTG_API ptg_status ptg_group_get_info(ptg_runtime *runtime, ptg_group group,
                                      ptg_group_info *info);

/* Copies the handles of the child groups, oldest first; closed ones are among
 * them as long as the report of the shutdown that closed them can be read.
 * *count is how many there
 * are, also when they do not fit: then nothing is copied and the answer is
 * PTG_ERANGE. groups may be NULL with capacity 0.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_list_groups(ptg_runtime *runtime, ptg_group group,
                                         ptg_group *groups, size_t capacity,
                                         size_t *count);

/* As ptg_group_list_groups(), for the tasks that have not ended, abandoned
 * ones included, oldest first.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_list_tasks(ptg_runtime *runtime, ptg_group group,
                                        ptg_task *tasks, size_t capacity,
                                        size_t *count);

/* ----------------------------------------------------------------- tasks -- */

/* What its callbacks would say is told as events (ptg_events_take()); all of
 * its callbacks must be NULL. */
#define PTG_TASK_TYPE_EVENTS UINT32_C(1)

/* With PTG_TASK_TYPE_EVENTS: it can be hurried by force, as if it had a kill
 * callback. */
#define PTG_TASK_TYPE_KILLABLE UINT32_C(2)

/* One static table per sort of task; it must outlive the tasks. Any callback
 * may be NULL but start. */
typedef struct ptg_task_type {
  uint32_t size;
  uint32_t flags;         /* PTG_TASK_TYPE_* */
  const char *name;       /* the label under which monitors count it */
  ptg_start_fn start;     /* runs its first step, never inside spawn */
  ptg_task_fn drain;      /* finish soon: once, in its group's grace */
  ptg_cancel_fn cancel;   /* finish now: once. NULL: it can't be hurried */
  ptg_task_fn kill;       /* the cancel wait is over: end it by force. Its group
                             then waits for it PTG_KILL_WAIT_NS longer */
  ptg_task_fn wake;       /* the end of a sleep */
  ptg_done_fn done;       /* exactly once, whatever happened */
  ptg_release_fn release; /* exactly once, after done; or in a refused spawn */
} ptg_task_type;

/* Clean-up: accepted by a group that is cancelling, from inside. One that comes
 * so late is told neither drain nor cancel: it has the cancel wait. */
#define PTG_SPAWN_CLEANUP UINT32_C(1)

/* Somebody waits for its result: when it fails and is being watched, its
 * failure is counted but not given to a handler. */
#define PTG_SPAWN_OBSERVED UINT32_C(2)

typedef struct ptg_task_options {
  uint32_t size;
  uint32_t flags;     /* PTG_SPAWN_* */
  const char *name;   /* UTF-8 without NUL, copied; NULL or empty: the type's */
  size_t name_length; /* in bytes, or PTG_NUL_TERMINATED */
  ptg_task spawner;   /* on whose behalf; PTG_NONE: whose callback is running */
  const char *place;  /* where in the source; as name; NULL: not known */
  size_t place_length;
} ptg_task_options;
#define PTG_TASK_OPTIONS_INIT \
  { \
    (uint32_t)sizeof(ptg_task_options), 0, NULL, PTG_NUL_TERMINATED, 0, NULL, \
        PTG_NUL_TERMINATED \
  }

/* Puts a task into group and starts it on a later turn of the loop: start is
 * never called from inside this call. A group that is open accepts it; one
 * that is draining only from inside its subtree (the spawner, or the callback
 * that is running, belongs to it), unless it admits anyone; one that is
 * cancelling only clean-up from inside; else PTG_ECLOSED. On failure *out is
 * PTG_NONE and user_data has been released, unless it is the type that is
 * malformed. options NULL: defaults. out may be NULL.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ECLOSED
 *        PTG_EFULL PTG_EABI PTG_ETHREAD */
PTG_API ptg_status ptg_task_spawn(ptg_runtime *runtime, ptg_group group,
                                  const ptg_task_type *type,
                                  const ptg_task_options *options,
                                  void *user_data, ptg_task *out);

/* Says that a task has ended. outcome NULL: well. Its done is called later,
 * from the loop; the task counts as ended from now on and its handle answers
 * PTG_ESTALE.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_EABI PTG_ETHREAD */
PTG_API ptg_status ptg_task_finish(ptg_runtime *runtime, ptg_task task,
                                   const ptg_outcome *outcome);

typedef struct ptg_cancel_options {
  uint32_t size;
  uint32_t flags;       /* zero */
  const char *reason;   /* UTF-8 without NUL, copied; NULL: "cancelled" */
  size_t reason_length; /* in bytes, or PTG_NUL_TERMINATED */
  uint64_t originator;  /* task or group; PTG_NONE: whose callback is running */
} ptg_cancel_options;
#define PTG_CANCEL_OPTIONS_INIT \
  { (uint32_t)sizeof(ptg_cancel_options), 0, NULL, PTG_NUL_TERMINATED, 0 }

/* Asks a task to end; its cancel callback is called later, from the loop. One
 * that has not started never will: it ends with PTG_ECANCELED. Asking again
 * is PTG_OK and does nothing: the first request counts.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_EABI
 *        PTG_ETHREAD */
PTG_API ptg_status ptg_task_cancel(ptg_runtime *runtime, ptg_task task,
                                   const ptg_cancel_options *options);

/* Calls the task's wake callback once, duration_ns (0 or more, never early)
 * from now; a task has one sleep at a time and a new one takes its place.
 * PTG_FOREVER ends a sleep without a wake. PTG_EINVAL: its type has no wake.
 * Needs no memory.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ETHREAD */
PTG_API ptg_status ptg_task_sleep(ptg_runtime *runtime, ptg_task task,
                                  int64_t duration_ns);

/* Asks for more time in the drain phase of a task's group: for the phase to
 * last wanted_ns (0 or more) from now. *left_ns is how long it lasts now, as
 * much of it as the deadline leaves to it; a group without a deadline has
 * nothing to give. A phase is never shortened by this. PTG_EBUSY: the group is
 * not in its drain phase.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ETHREAD */
PTG_API ptg_status ptg_task_extend_grace(ptg_runtime *runtime, ptg_task task,
                                         int64_t wanted_ns, int64_t *left_ns);

/* States of a task. */
enum {
  PTG_TASK_PENDING = 1, /* accepted, not started */
  PTG_TASK_RUNNING = 2,
  PTG_TASK_ABANDONED = 3 /* running, and its group has given it up */
};

typedef struct ptg_task_info {
  uint32_t size;
  uint32_t state; /* PTG_TASK_* */
  ptg_task task;
  ptg_group group;
  const char *name; /* valid until the loop's next turn */
  size_t name_length;
  const char *type_name; /* its type's; NULL if that has none */
  int64_t age_ns;        /* since it was spawned */
  uint32_t is_cancel_requested;
  uint32_t is_killed; /* its kill callback was called */
  const char *reason; /* of the cancel request; NULL: none */
  size_t reason_length;
  uint64_t originator; /* of the cancel request */
  ptg_task spawner;    /* PTG_NONE: not known */
  const char *place;   /* where it was spawned; NULL: not known */
  size_t place_length;
} ptg_task_info;
#define PTG_TASK_INFO_INIT \
  { \
    (uint32_t)sizeof(ptg_task_info), 0, 0, 0, NULL, 0, NULL, 0, 0, 0, NULL, 0, \
        0, 0, NULL, 0 \
  }

/* Fills as much of *info as info->size covers.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ETHREAD */
PTG_API ptg_status ptg_task_get_info(ptg_runtime *runtime, ptg_task task,
                                     ptg_task_info *info);

/* Sets *user_data to what the task was spawned with, if it is of this type;
 * PTG_EKIND: it is of another. For sorts of task with calls of their own.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ETHREAD */
PTG_API ptg_status ptg_task_get_user_data(ptg_runtime *runtime, ptg_task task,
                                          const ptg_task_type *type,
                                          void **user_data);

/* -------------------------------------------------------------- watching -- */

typedef struct ptg_watch_options {
  uint32_t size;
  uint32_t flags;         /* zero */
  ptg_task waiter;        /* who waits; PTG_NONE: nobody is held up by it */
  ptg_watch_fn over;      /* required */
  ptg_release_fn release; /* after over, or when the watch is removed */
  void *user_data;
} ptg_watch_options;
#define PTG_WATCH_OPTIONS_INIT \
  { (uint32_t)sizeof(ptg_watch_options), 0, 0, NULL, NULL, NULL }

/* Watches a task or a group: over is called once, from the loop, when it is
 * done with: after the done of a task and the closing of the groups it owns,
 * or after on_closed of a group. It may be over already, but once it is gone
 * that is what PTG_ESTALE says. A waiter that belongs to what it waits for (a
 * task that waits for itself, for a group around it, or for the owner of one)
 * would wait for ever: PTG_EDEADLK. PTG_EBUSY: a remote spawn that is on its
 * way. On failure *out is PTG_NONE and user_data has been released.
 * out may be NULL.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_EDEADLK
 *        PTG_EABI PTG_ETHREAD */
PTG_API ptg_status ptg_watch_add(ptg_runtime *runtime, uint64_t watched,
                                 const ptg_watch_options *options,
                                 ptg_watch *out);

/* Gives up a watch: over will not be called, and user_data is released.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ETHREAD */
PTG_API ptg_status ptg_watch_remove(ptg_runtime *runtime, ptg_watch watch);

/* --------------------------------------------------------------- events -- */

/* What an event says; the names are those of the callbacks. */
enum {
  PTG_EVENT_START = 1,
  PTG_EVENT_WAKE = 2,
  PTG_EVENT_DRAIN = 3,
  PTG_EVENT_CANCEL = 4, /* text is the reason */
  PTG_EVENT_KILL = 5,
  PTG_EVENT_DONE = 6,  /* text is the message of the outcome */
  PTG_EVENT_ERROR = 7, /* group is the handler's, task failed; text likewise */
  PTG_EVENT_GROUP_DRAIN = 8,
  PTG_EVENT_GROUP_CLOSED = 9
};

typedef struct ptg_event {
  uint32_t size;       /* set by libptg */
  uint32_t kind;       /* PTG_EVENT_* */
  ptg_group group;     /* the task's; or the group that it is about */
  ptg_task task;       /* PTG_NONE: it is about the group */
  uint64_t user_data;  /* the task's, or that of the group that it is about */
  ptg_status status;   /* of DONE and ERROR: how it ended */
  int32_t code;        /* likewise; see ptg_outcome */
  uint32_t flags;      /* likewise: PTG_OUTCOME_* */
  uint32_t reserved0;  /* zero */
  uint64_t value;      /* likewise */
  uint64_t originator; /* of CANCEL: the task or group that asked; of ERROR:
                          the group where it happened */
  const char *text;    /* UTF-8; valid until the next take; NULL: none */
  size_t text_length;
} ptg_event;

/* Takes up to capacity events, event_size bytes apart (sizeof(ptg_event)).
 * *count is how many were taken; when it is capacity there may be more, and
 * nothing is lost by taking them later. An event that is not taken holds up
 * nothing but the task or group that it is about, and costs no memory of its
 * own. The events of one task or group come in their order, and a group's
 * closing after the ends of its tasks. PTG_EREENTRANT: in a release that another
 * take has brought about.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_EREENTRANT PTG_ETHREAD */
PTG_API ptg_status ptg_events_take(ptg_runtime *runtime, ptg_event *events,
                                   size_t event_size, size_t capacity,
                                   size_t *count);

/* ----------------------------------------------------------- statistics -- */

/* Failures of a group's own tasks and hooks that are alike: the same status,
 * code, name and message (their first 63 bytes each). Instants are the
 * runtime's clock. */
typedef struct ptg_failure_row {
  uint32_t size; /* set by libptg */
  ptg_status status;
  int32_t code;
  uint32_t reserved0; /* zero */
  uint64_t count;
  int64_t first_ns;
  int64_t last_ns;
  const char *name;    /* the task's; empty for a hook. All strings of rows are
                          valid until the loop's next turn, or the next end of
                          a task of the group */
  size_t name_length;
  const char *message; /* empty: it had none */
  size_t message_length;
} ptg_failure_row;

/* Copies what a group remembers of its failures, the latest first: the last
 * eight that are not alike. Failures that came when there was no memory are
 * not among them. Counts and capacity as in ptg_group_list_groups(); row_size
 * is sizeof(ptg_failure_row).
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_list_failures(ptg_runtime *runtime,
                                           ptg_group group,
                                           ptg_failure_row *rows,
                                           size_t row_size, size_t capacity,
                                           size_t *count);

/* A task that has ended; see ptg_group_options.history. */
typedef struct ptg_history_row {
  uint32_t size; /* set by libptg */
  ptg_status status;
  int32_t code;
  uint32_t flags; /* PTG_OUTCOME_* */
  ptg_task task;  /* stale */
  ptg_task spawner;
  uint64_t originator; /* of its cancel request; PTG_NONE */
  int64_t spawned_ns;
  int64_t ended_ns;
  const char *name; /* its first 63 bytes */
  size_t name_length;
} ptg_history_row;

/* Copies what a group remembers of its ended tasks, the latest first.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_list_history(ptg_runtime *runtime, ptg_group group,
                                          ptg_history_row *rows,
                                          size_t row_size, size_t capacity,
                                          size_t *count);

/* What one of many tasks is. */
typedef struct ptg_task_row {
  uint32_t size;  /* set by libptg */
  uint32_t state; /* PTG_TASK_* */
  ptg_task task;
  const char *name; /* valid until the loop's next turn */
  size_t name_length;
} ptg_task_row;

/* As ptg_group_list_tasks(), with name and state and in no order: the fastest
 * way to see the tasks of a large group. row_size is sizeof(ptg_task_row).
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_scan_tasks(ptg_runtime *runtime, ptg_group group,
                                        ptg_task_row *rows, size_t row_size,
                                        size_t capacity, size_t *count);

/* How many tasks there are of a type and name. */
typedef struct ptg_name_row {
  uint32_t size;      /* set by libptg */
  uint32_t reserved0; /* zero */
  uint64_t count;
  const char *type_name; /* NULL: the type has none */
  const char *name;
  size_t name_length;
} ptg_name_row;

/* Copies the capacity most frequent types and names among the tasks of group
 * and of all below it that have not ended, the most frequent first; *count is
 * how many were copied. One pass over the tasks, and memory for the names.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_ESTALE PTG_EKIND PTG_ETHREAD */
PTG_API ptg_status ptg_group_count_names(ptg_runtime *runtime, ptg_group group,
                                         ptg_name_row *rows, size_t row_size,
                                         size_t capacity, size_t *count);

/* -------------------------------------------------------------- remote -- */

/* The way in from other threads. What is sent arrives on the runtime's thread,
 * for each sender in the order in which it was sent, and has the effect of the
 * call of the same name there; there is nobody to tell if that fails, except
 * that a spawn which is refused ends with the refusal as its outcome,
 * PTG_OUTCOME_NEVER_RAN, and counts as refused. A bounded number can be on its
 * way at once: PTG_EFULL says to try again. Once the root group is closed
 * every call answers PTG_ECLOSED, also after the runtime is destroyed. */
typedef struct ptg_remote ptg_remote;

/* A function that was posted. */
typedef void (*ptg_post_fn)(ptg_runtime *runtime, void *user_data);

/* Makes a way in; each needs a ptg_remote_close() of its own, before or after
 * the runtime is destroyed. On failure *out is NULL.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_ETHREAD */
PTG_API ptg_status ptg_remote_open(ptg_runtime *runtime, ptg_remote **out);

/* Gives a way in back; it must not be in use. NULL does nothing.
 * @since 0.1  @thread any  @callback yes
 * @fails none */
PTG_API void ptg_remote_close(ptg_remote *remote);

/* As ptg_task_spawn(). *out can be used at once in calls through a way in; on
 * the runtime's thread it answers PTG_EBUSY until the spawn has arrived. On
 * failure user_data has been released.
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_EFULL PTG_ECLOSED PTG_EABI */
PTG_API ptg_status ptg_remote_spawn(ptg_remote *remote, ptg_group group,
                                    const ptg_task_type *type,
                                    const ptg_task_options *options,
                                    void *user_data, ptg_task *out);

/* As ptg_task_finish().
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_EFULL PTG_ECLOSED PTG_EABI */
PTG_API ptg_status ptg_remote_finish(ptg_remote *remote, ptg_task task,
                                     const ptg_outcome *outcome);

/* As ptg_task_cancel().
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_EFULL PTG_ECLOSED PTG_EABI */
PTG_API ptg_status ptg_remote_cancel(ptg_remote *remote, ptg_task task,
                                     const ptg_cancel_options *options);

/* As ptg_group_shutdown().
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL PTG_EFULL PTG_ECLOSED PTG_EABI */
PTG_API ptg_status ptg_remote_shutdown(ptg_remote *remote, ptg_group group,
                                       const ptg_shutdown_options *options);

/* Calls function on the runtime's thread, from the loop; then release, which
 * may be NULL, and which is also called when function will never be.
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL PTG_EFULL PTG_ECLOSED */
PTG_API ptg_status ptg_remote_post(ptg_remote *remote, ptg_post_fn function,
                                   ptg_release_fn release, void *user_data);

/* ------------------------------------------------------- plan and report -- */

/* One group of a plan, which says what a shutdown would do in the worst case:
 * every task uses up every limit. Times count from the shutdown's beginning;
 * PTG_FOREVER: not bounded. */
typedef struct ptg_plan_step {
  uint32_t size;        /* set by libptg */
  uint32_t is_critical; /* 1: on the critical path */
  ptg_group group;
  ptg_group waits_for; /* whose closing lets its drain begin; PTG_NONE:
                          nobody's */
  int64_t begin_ns;    /* its drain begins at the latest */
  int64_t cancel_ns;   /* its cancel phase begins at the latest */
  int64_t closed_ns;   /* it is closed at the latest */
} ptg_plan_step;

/* Copies the plan for shutting group down now, without doing it: a step for
 * it and each group below that is not closed, in the order in which their
 * drains begin. Counts and capacity as in ptg_group_list_groups();
 * PTG_ECLOSED: its shutdown has begun. step_size is
 * sizeof(ptg_plan_step).
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ECLOSED PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_get_plan(ptg_runtime *runtime, ptg_group group,
                                      ptg_plan_step *steps, size_t step_size,
                                      size_t capacity, size_t *count);

/* One group of a report, which says what a shutdown did. Instants are the
 * runtime's clock; 0: it did not happen (yet). */
typedef struct ptg_report_row {
  uint32_t size;  /* set by libptg */
  uint32_t state; /* PTG_GROUP_* */
  ptg_group group;
  ptg_group parent; /* PTG_NONE for the root */
  const char *name; /* valid until the loop's next turn */
  size_t name_length;
  ptg_group waited_for; /* whose closing let its drain begin, a child or a
                           sibling; PTG_NONE: nobody's */
  int64_t begun_ns;     /* its shutdown was asked for, here or above */
  int64_t drain_ns;     /* its drain began */
  int64_t cancel_ns;    /* its cancel phase began */
  int64_t closed_ns;
  uint64_t drained;   /* tasks that ended after begun_ns, not cancelled */
  uint64_t cancelled; /* ended cancelled after begun_ns */
  uint64_t failed;    /* ended failing after begun_ns */
  uint64_t refused;   /* spawns refused after begun_ns */
  uint64_t abandoned;
  uint64_t killed;
  uint64_t originator; /* of the shutdown, here or above: the task or group
                          that asked for it, the task whose failure brought it
                          about, or the owner; PTG_NONE: outside */
} ptg_report_row;

/* Copies the report of the shutdown of group: a row for it and for each group
 * below that was still there when it began, in the order of their closing,
 * those not closed yet last. Counts and capacity as in
 * ptg_group_list_groups(); row_size is sizeof(ptg_report_row). A
 * shutdown's report can be read from its beginning until on_closed and the
 * watches of the group that it was asked for have been told, and, as a whole,
 * while a task that was abandoned there or below goes on; the root's until
 * ptg_runtime_destroy().
 * PTG_EBUSY: the group is not ending.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_get_report(ptg_runtime *runtime, ptg_group group,
                                        ptg_report_row *rows, size_t row_size,
                                        size_t capacity, size_t *count);

/* Copies the handles of the tasks that group abandoned, newest first. While
 * the report can be read, ptg_task_get_info() answers for each of them, ended
 * late or not.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_list_abandoned(ptg_runtime *runtime,
                                            ptg_group group, ptg_task *tasks,
                                            size_t capacity, size_t *count);

/* One group of the chain that decided how long a shutdown took: from the
 * closing of the one before it to its own, it was this group that everything
 * waited for. */
typedef struct ptg_blame_row {
  uint32_t size;      /* set by libptg */
  uint32_t reserved0; /* zero */
  ptg_group group;
  const char *name; /* valid until the loop's next turn, as task_name */
  size_t name_length;
  int64_t held_ns; /* for how long; the parts add up to the whole shutdown */
  uint64_t abandoned;
  ptg_task task;         /* who ended last, or was given up; PTG_NONE: it had
                            no task in its phases */
  const char *task_name; /* its first 63 bytes */
  size_t task_name_length;
  int64_t task_held_ns; /* from the group's drain to that end */
} ptg_blame_row;

/* Copies who held the shutdown of group up, in the order in which they did. Can
 * be asked for when the report can, once the group is closed; PTG_EBUSY: it is
 * not. Counts and capacity as in ptg_group_list_groups(); row_size is
 * sizeof(ptg_blame_row).
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_get_blame(ptg_runtime *runtime, ptg_group group,
                                       ptg_blame_row *rows, size_t row_size,
                                       size_t capacity, size_t *count);

/* Writes the same as text, a line for each row, NUL-terminated and cut to what
 * fits; *length is the length of the whole, without the NUL.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ERANGE PTG_ETHREAD */
PTG_API ptg_status ptg_group_write_blame(ptg_runtime *runtime, ptg_group group,
                                         char *text, size_t capacity,
                                         size_t *length);

/* ------------------------------------------------------------- snapshots -- */

/* A picture of groups and tasks as flat arrays, which belongs to whoever took
 * it and to no runtime. A later version only appends fields. */
typedef struct ptg_snapshot ptg_snapshot;
#define PTG_SNAPSHOT_VERSION 1

/* A group. All ages count back from the instant of the picture. Texts are
 * places in the picture's block of strings. */
typedef struct ptg_snapshot_group {
  ptg_group group;
  ptg_group parent;    /* PTG_NONE: a root */
  ptg_task owner;      /* PTG_NONE: none */
  uint64_t runtime;    /* a number for the runtime, from 1 */
  uint64_t first_task; /* index of its first task; they stand together, oldest
                          first */
  uint64_t tasks;      /* how many of its tasks are in the picture */
  uint64_t spawned;
  uint64_t succeeded;
  uint64_t failed;
  uint64_t cancelled;
  uint64_t abandoned;
  uint64_t refused;
  int64_t age_ns;
  int64_t phase_left_ns; /* as in ptg_group_info */
  uint32_t state;        /* PTG_GROUP_* */
  uint32_t flags;        /* PTG_GROUP_* bits */
  uint32_t is_ending;
  uint32_t name_length;
  uint64_t name; /* place of the name, which ends with a NUL */
} ptg_snapshot_group;

/* A task that has not ended. */
typedef struct ptg_snapshot_task {
  ptg_task task;
  ptg_task spawner;
  int64_t age_ns;
  uint32_t group; /* index of its group */
  uint32_t state; /* PTG_TASK_* */
  uint32_t is_cancel_requested;
  uint32_t name_length;
  uint64_t name;      /* places, as of a group's */
  uint64_t type_name; /* of an empty text: the type has none */
} ptg_snapshot_task;

typedef struct ptg_snapshot_view {
  uint32_t size;
  uint32_t version;            /* PTG_SNAPSHOT_VERSION */
  uint64_t runtimes;           /* in the picture */
  uint64_t unanswered;         /* runtimes that did not answer in time */
  const ptg_snapshot_group *groups; /* parents before children */
  uint64_t group_count;
  uint64_t group_size;         /* of an element, in bytes */
  const ptg_snapshot_task *tasks;
  uint64_t task_count;
  uint64_t task_size;
  const char *strings;
  uint64_t strings_size;
} ptg_snapshot_view;
#define PTG_SNAPSHOT_VIEW_INIT \
  { (uint32_t)sizeof(ptg_snapshot_view), 0, 0, 0, NULL, 0, 0, NULL, 0, 0, \
    NULL, 0 }

/* Takes a picture of group with all below it (PTG_NONE: the root). On failure
 * *out is NULL.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_ESTALE PTG_EKIND PTG_ETHREAD */
PTG_API ptg_status ptg_snapshot_take(ptg_runtime *runtime, ptg_group group,
                                     ptg_snapshot **out);

/* Takes a picture of every runtime of the process. Each runtime is pictured by
 * its own thread at one instant of its own; one that does not come round to
 * its loop within timeout_ns (0 or more) is counted as unanswered and left
 * out. Runtimes of the calling thread answer at once. On failure *out is NULL.
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM */
PTG_API ptg_status ptg_snapshot_take_all(int64_t timeout_ns,
                                         ptg_snapshot **out);

/* Fills as much of *view as view->size covers; the arrays are good until
 * ptg_snapshot_destroy().
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL */
PTG_API ptg_status ptg_snapshot_get_view(const ptg_snapshot *snapshot,
                                         ptg_snapshot_view *view);

/* Writes the picture as JSON, NUL-terminated and cut to what fits, in the
 * format of spec/snapshot.md; *length is the length of the whole, without the
 * NUL.
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL PTG_ERANGE */
PTG_API ptg_status ptg_snapshot_write_json(const ptg_snapshot *snapshot,
                                           char *text, size_t capacity,
                                           size_t *length);

/* NULL does nothing.
 * @since 0.1  @thread any  @callback yes
 * @fails none */
PTG_API void ptg_snapshot_destroy(ptg_snapshot *snapshot);

/* ---------------------------------------------------------------- traces -- */

/* Is given a line of a trace: a JSON object in the format of spec/trace.md, in
 * UTF-8, without a newline, valid during the call only. Unlike all other
 * callbacks it runs inside calls of the library, and must call none of it. */
typedef void (*ptg_trace_fn)(ptg_runtime *runtime, const char *line,
                             size_t length, void *user_data);

/* Has a trace written from now on: in the order in which it happens, a line
 * for each operation, carried out or refused, just after it, and one for each
 * callback, just before it, or event, as it is taken. This call writes the
 * first line, ptg_runtime_destroy() may write the last. Texts are cut to what
 * fits. Needs no memory and changes nothing else. write NULL: no trace.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ETHREAD */
PTG_API ptg_status ptg_runtime_set_trace(ptg_runtime *runtime,
                                         ptg_trace_fn write, void *user_data);

/* ------------------------------------------------------- sorts: process -- */

/* A child process with a process group of its own, all of whose descendants,
 * also those that left the group, end with it, and with the host at the
 * latest. Drain sends drain_signal to the process group; a cancel does so if
 * drain did not; kill sends SIGKILL to the process group and to every
 * descendant. The task ends when they all are gone: PTG_OK for exit status 0;
 * PTG_EEXIT with it as code; PTG_ESIGNAL with the signal as code;
 * PTG_ECANCELED, with the signal or exit status as code, when it ended so
 * after the signal that asked it to; PTG_EUV with an errno as code when it
 * could not be started; PTG_EFAILED when its guard, a small process between it
 * and the host, was ended by somebody else. The value is the signal that ended
 * it, 0 if it exited. What a command leaves in the background when it exits is
 * killed with it. */

/* Which output a line came from. */
enum { PTG_STDOUT = 1, PTG_STDERR = 2 };

/* A line of output, without its end. The bytes are as the process wrote them;
 * a line longer than 65,536 bytes comes in pieces. */
typedef void (*ptg_line_fn)(ptg_runtime *runtime, ptg_task task, int32_t stream,
                            const char *line, size_t length, void *user_data);

typedef struct ptg_process_options {
  uint32_t size;
  uint32_t flags;   /* PTG_SPAWN_* */
  const char *name; /* as of ptg_task_options; NULL: argv[0] */
  size_t name_length;
  const char *const *argv; /* ends with NULL; argv[0] is looked up in PATH */
  const char *const *env;  /* ends with NULL; NULL: the host's */
  const char *cwd;         /* NULL: the host's */
  const char *stdout_path; /* appended to; NULL: to on_line, else the
                              host's stdout */
  const char *stderr_path; /* likewise; may be the same file */
  int32_t drain_signal;    /* 0: SIGTERM */
  uint32_t reserved0;      /* zero */
  ptg_line_fn on_line;     /* NULL: nobody reads */
  ptg_task_fn started;     /* it runs: its pid is known; NULL: not told */
  ptg_done_fn done;        /* NULL: not told */
  ptg_release_fn release;  /* NULL: nothing to release */
  void *user_data;
  ptg_task spawner; /* as of ptg_task_options */
} ptg_process_options;
#define PTG_PROCESS_OPTIONS_INIT \
  { \
    (uint32_t)sizeof(ptg_process_options), 0, NULL, PTG_NUL_TERMINATED, NULL, \
        NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, 0 \
  }

/* Spawns a task of the sort "process". Strings are copied. The process is
 * started with the task, on a later turn.
 * @since 0.1  @thread runtime  @callback yes
 * @fails those of ptg_task_spawn() */
PTG_API ptg_status ptg_process_spawn(ptg_runtime *runtime, ptg_group group,
                                     const ptg_process_options *options,
                                     ptg_task *out);

/* Sends a signal to the process group of a process that runs; PTG_ESTALE once
 * it has ended, PTG_EBUSY before it was started. Never reaches a pid that has
 * been reaped.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_EUV PTG_ETHREAD */
PTG_API ptg_status ptg_process_signal(ptg_runtime *runtime, ptg_task task,
                                      int32_t signum);

/* Sets *pid to the process id: 0 before it was started.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_ETHREAD */
PTG_API ptg_status ptg_process_get_pid(ptg_runtime *runtime, ptg_task task,
                                       int64_t *pid);

/* --------------------------------------------------------- sorts: timer -- */

/* What a periodic timer does when its last firing's task has not ended. */
enum {
  PTG_OVERLAP_SKIP = 0,   /* this firing is left out, and counted */
  PTG_OVERLAP_ALLOW = 1,  /* both run */
  PTG_OVERLAP_REPLACE = 2 /* the last one is cancelled, the new one runs */
};

/* A firing. It may do its work at once, or spawn a task for it and set
 * *started (PTG_NONE when it is called), to which the overlap policy then
 * applies. Anything but PTG_OK is a failure of the timer, which ends it; to say
 * more than a status, finish it before: ptg_task_finish(). */
typedef ptg_status (*ptg_timer_fn)(ptg_runtime *runtime, ptg_task timer,
                                   void *user_data, ptg_task *started);

/* A timer is a task: it ends after its firing, or, periodic, when it is told
 * to drain or cancelled. One that fires once, and not before the end of its
 * group's grace, ends cancelled when it is told to drain. Firings fall on
 * multiples of every_ns from the first one; one that the loop was too busy for
 * is left out, and counted. */
typedef struct ptg_timer_options {
  uint32_t size;
  uint32_t flags;   /* PTG_SPAWN_OBSERVED */
  const char *name; /* as of ptg_task_options; NULL: "timer" */
  size_t name_length;
  int64_t after_ns;       /* to the first firing; 0: every_ns */
  int64_t every_ns;       /* period; 0: it fires once */
  uint32_t overlap;       /* PTG_OVERLAP_* */
  uint32_t reserved0;     /* zero */
  ptg_timer_fn fire;      /* required */
  ptg_done_fn done;       /* NULL: not told */
  ptg_release_fn release; /* NULL: nothing to release */
  void *user_data;
  ptg_task spawner; /* as of ptg_task_options */
} ptg_timer_options;
#define PTG_TIMER_OPTIONS_INIT \
  { \
    (uint32_t)sizeof(ptg_timer_options), 0, NULL, PTG_NUL_TERMINATED, 0, 0, 0, \
        0, NULL, NULL, NULL, NULL, 0 \
  }

/* Spawns a task of the sort "timer". PTG_EINVAL: no fire, or neither after_ns
 * nor every_ns, or a negative one other than PTG_AT_ONCE for after_ns.
 * @since 0.1  @thread runtime  @callback yes
 * @fails those of ptg_task_spawn() */
PTG_API ptg_status ptg_timer_spawn(ptg_runtime *runtime, ptg_group group,
                                   const ptg_timer_options *options,
                                   ptg_task *out);

typedef struct ptg_timer_info {
  uint32_t size;
  uint32_t reserved0; /* zero */
  uint64_t fired;
  uint64_t skipped; /* by the overlap policy */
  uint64_t missed;  /* because the loop was too busy */
} ptg_timer_info;
#define PTG_TIMER_INFO_INIT \
  { (uint32_t)sizeof(ptg_timer_info), 0, 0, 0, 0 }

/* Fills as much of *info as info->size covers.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ETHREAD */
PTG_API ptg_status ptg_timer_get_info(ptg_runtime *runtime, ptg_task task,
                                      ptg_timer_info *info);

/* ---------------------------------------------------------- sorts: work -- */

/* A function that runs on a thread of libuv's pool. The task ends when the
 * function has returned, as it answered. A drain lets it run to its end. A
 * cancel of one for which the pool has no thread yet ends it with PTG_ECANCELED
 * and it never runs; one that runs is asked through ptg_work_is_cancelled(),
 * and given up by its group if it does not care. Then its thread is lost to
 * the pool until it returns, and libuv keeps the process from ending by exit()
 * as long; _exit() does not care. */
typedef struct ptg_work ptg_work;

/* The function. It must not call anything on the runtime's thread only. What
 * it answers is how the task ends; anything but PTG_OK or PTG_ECANCELED is a
 * failure. work is good until it returns. */
typedef ptg_status (*ptg_work_fn)(ptg_work *work, void *user_data);

typedef struct ptg_work_options {
  uint32_t size;
  uint32_t flags;   /* PTG_SPAWN_* */
  const char *name; /* as of ptg_task_options; NULL: "work" */
  size_t name_length;
  ptg_work_fn run;        /* required */
  ptg_done_fn done;       /* NULL: not told */
  ptg_release_fn release; /* NULL: nothing to release. After done; but if run
                             has not returned when the runtime is destroyed,
                             when it does, on the pool's thread */
  void *user_data;
  ptg_task spawner; /* as of ptg_task_options */
} ptg_work_options;
#define PTG_WORK_OPTIONS_INIT \
  { \
    (uint32_t)sizeof(ptg_work_options), 0, NULL, PTG_NUL_TERMINATED, NULL, \
        NULL, NULL, NULL, 0 \
  }

/* Spawns a task of the sort "work". The first one of a process starts the
 * pool's threads, from inside this call: libuv aborts when it cannot.
 * PTG_EINVAL: no run. PTG_EUV: the pool cannot be reached.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EUV and those of ptg_task_spawn() */
PTG_API ptg_status ptg_work_spawn(ptg_runtime *runtime, ptg_group group,
                                  const ptg_work_options *options,
                                  ptg_task *out);

/* Has it been asked to end? 1 or 0. For the function, now and then.
 * @since 0.1  @thread any  @callback yes
 * @fails none */
PTG_API int32_t ptg_work_is_cancelled(const ptg_work *work);

/* Lets the function say more than a status: the task ends with this outcome,
 * and what the function answers is ignored. Of several the last one counts.
 * To be called from inside the function only.
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL PTG_EABI */
PTG_API ptg_status ptg_work_set_outcome(ptg_work *work,
                                        const ptg_outcome *outcome);

/* --------------------------------------------------------- sorts: queue -- */

/* Handles a message of a queue. It may do so at once, or spawn a task for it
 * and set *started (PTG_NONE when it is called): then the message is handled
 * when that task is over, however it ended. Anything but PTG_OK is a failure
 * of the queue, which ends it (to say more than a status, finish it before:
 * ptg_task_finish()); the message is then one of those left. Until this returns
 * the message counts as one that waits. */
typedef ptg_status (*ptg_queue_fn)(ptg_runtime *runtime, ptg_task queue,
                                   void *message, void *user_data,
                                   ptg_task *started);

/* Gives a message back that will not be handled. */
typedef void (*ptg_drop_fn)(ptg_runtime *runtime, ptg_task queue, void *message,
                            void *user_data);

/* A bounded queue is a task: messages come in at one end and are handled in
 * their order, a bounded number at once. It ends well when it is closed, or
 * drains, and everything that it accepted has been handled; while it drains it
 * accepts messages only from inside its group. When it is cancelled
 * it ends at once; the handlers that run are tasks of their own and go on. The
 * value of the outcome that it gives itself is the number of messages left; of
 * one that was finished from outside, or cancelled before its first run, it is
 * what any task has then. The messages left, however the queue ended, are each
 * dropped once, in order, just before done. It sleeps and wakes for itself: to
 * call ptg_task_sleep() on it holds its messages up. */
typedef struct ptg_queue_options {
  uint32_t size;
  uint32_t flags;   /* PTG_SPAWN_OBSERVED */
  const char *name; /* as of ptg_task_options; NULL: "queue" */
  size_t name_length;
  uint64_t capacity;    /* messages that wait to be handled; required. Their
                           room, and that of at_once, is taken at once */
  uint64_t at_once;     /* messages being handled at once; 0: 1 */
  ptg_queue_fn handle;  /* required */
  ptg_drop_fn drop;     /* NULL: not told */
  ptg_task_fn has_room; /* once after one or more PTG_EFULL: ask again, there is
                           room, or nothing is accepted any more; NULL: not
                           told. Not once the queue has ended */
  ptg_done_fn done;     /* NULL: not told */
  ptg_release_fn release; /* NULL: nothing to release */
  void *user_data;
  ptg_task spawner; /* as of ptg_task_options */
} ptg_queue_options;
#define PTG_QUEUE_OPTIONS_INIT \
  { \
    (uint32_t)sizeof(ptg_queue_options), 0, NULL, PTG_NUL_TERMINATED, 0, 0, \
        NULL, NULL, NULL, NULL, NULL, NULL, 0 \
  }

/* Spawns a task of the sort "queue", which accepts messages from now on.
 * PTG_EINVAL: no handle, or no capacity.
 * @since 0.1  @thread runtime  @callback yes
 * @fails those of ptg_task_spawn() */
PTG_API ptg_status ptg_queue_spawn(ptg_runtime *runtime, ptg_group group,
                                   const ptg_queue_options *options,
                                   ptg_task *out);

/* Puts a message, which may be NULL, at the end of a queue; handle is never
 * called from inside this call. pusher says on whose behalf, PTG_NONE: whose
 * callback is running. Needs no memory. PTG_ECLOSED: the queue is closed, or
 * it drains and the pusher is not inside its group. PTG_ESTALE: it, or the
 * pusher, has ended. A message that is refused stays the caller's.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_EFULL PTG_ECLOSED
 *        PTG_ETHREAD */
PTG_API ptg_status ptg_queue_push(ptg_runtime *runtime, ptg_task queue,
                                  ptg_task pusher, void *message);

/* Tells what became of a push from another thread: what ptg_queue_push()
 * answered, or PTG_ECLOSED if the runtime is over. Then the message, if that
 * is not PTG_OK, belongs to whoever is told. */
typedef void (*ptg_pushed_fn)(ptg_status status, void *message,
                              void *user_data);

/* As ptg_queue_push(), through a way in. pushed is called once, on the
 * runtime's thread, if this call answers PTG_OK; NULL: not told, for those
 * who have no use for a message that was refused. PTG_EFULL: too much is on
 * its way; the queue's own being full is told by pushed.
 * @since 0.1  @thread any  @callback yes
 * @fails PTG_EINVAL PTG_ENOMEM PTG_EFULL PTG_ECLOSED */
PTG_API ptg_status ptg_queue_push_remote(ptg_remote *remote, ptg_task queue,
                                         ptg_task pusher, void *message,
                                         ptg_pushed_fn pushed,
                                         void *user_data);

/* Closes a queue: nothing is accepted after this, everything before it is
 * handled, and then it ends well. Again is PTG_OK and does nothing.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ETHREAD */
PTG_API ptg_status ptg_queue_close(ptg_runtime *runtime, ptg_task queue);

/* A queue as it is now. Invariant: accepted == length + running + handled. */
typedef struct ptg_queue_info {
  uint32_t size;
  uint32_t is_closed; /* 1: nothing more is accepted from outside */
  uint64_t length;    /* messages that wait */
  uint64_t capacity;
  uint64_t running; /* messages being handled */
  uint64_t at_once;
  uint64_t accepted;
  uint64_t handled;
  uint64_t refused; /* pushes that were refused */
} ptg_queue_info;
#define PTG_QUEUE_INFO_INIT \
  { (uint32_t)sizeof(ptg_queue_info), 0, 0, 0, 0, 0, 0, 0, 0 }

/* Fills as much of *info as info->size covers.
 * @since 0.1  @thread runtime  @callback yes
 * @fails PTG_EINVAL PTG_ESTALE PTG_EKIND PTG_EBUSY PTG_ETHREAD */
PTG_API ptg_status ptg_queue_get_info(ptg_runtime *runtime, ptg_task queue,
                                      ptg_queue_info *info);

#ifdef __cplusplus
}
#endif

#endif /* PTG_PTG_H */
