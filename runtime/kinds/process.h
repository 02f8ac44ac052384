/* process.h - the parts of the sort "process".
 *
 * process.c          the calls of ptg.h and the callbacks of the task
 * process_options.c  the copy of what the caller asked for
 * process_link.c     the libuv side: the reaper, its control stream, the pipes
 * process_outcome.c  from what the reaper told to how the task ended
 * process_lines.c    lines out of a stream of bytes
 * process_reaper.c   where the program ptg-reaper is
 *
 * There are two objects. The process belongs to the task and is made of the
 * runtime's memory. The link holds the libuv handles, and a handle may have to
 * outlive the runtime: see ptg__link_abandon(). So the link is the C library's
 * memory, the only such here.
 *
 * No callback of the caller is made from libuv's callbacks: those note what
 * they saw and let the task be woken. So the caller's code always runs inside
 * a callback of the task, where the runtime knows on whose behalf it acts and
 * that nothing may go away under it.
 */
#ifndef PTG_KINDS_PROCESS_H
#define PTG_KINDS_PROCESS_H

#include <ptg/ptg.h>

#include "process_lines.h"
#include "reaper/protocol.h"

struct ptg__link;

/* Index of an output: its PTG_STDOUT or PTG_STDERR, less one. */
#define PTG__OUTPUTS 2

struct ptg__process {
  ptg_runtime *runtime;
  size_t size;                 /* of the block that this begins */
  ptg_process_options options; /* without the strings, which are below */
  char **reaper_argv;          /* as protocol.h says; begins with holes */
  char **reaper_env;           /* NULL: the host's */
  ptg_task task;               /* PTG_NONE before its start */
  struct ptg__link *link;      /* NULL: not started, or gone */
  int is_asked;                /* drain_signal was sent */
  int is_started_told;
  struct ptg__lines lines[PTG__OUTPUTS];

  /* What the reaper told; type 0: nothing yet. */
  struct ptg__reaper_message started; /* STARTED or FAILED */
  struct ptg__reaper_message ended;   /* EXITED or KILLED */

  /* Why not even a reaper could be started: a status of libuv and words. */
  int failure;
  char failure_message[512];

  /* How the reaper itself ended. */
  int reaper_status;
  int reaper_signal;
};

/* ------------------------------------------------------------ process.c -- */

/* Something came in from the reaper or the pipes. */
void ptg__process_wake(struct ptg__process *process);

/* The link has ended, and so has everything that it stood for. */
void ptg__process_end(struct ptg__process *process);

/* ---------------------------------------------------- process_options.c -- */

/* Checks options and makes a process of them. On failure *message says why. */
ptg_status ptg__process_create(ptg_runtime *runtime,
                               const ptg_process_options *options,
                               struct ptg__process **out, const char **message);

void ptg__process_destroy(struct ptg__process *process);

/* ---------------------------------------------------- process_outcome.c -- */

/* Fills *outcome; its message is written to text. */
void ptg__process_judge(const struct ptg__process *process,
                        ptg_outcome *outcome, char *text, size_t size);

#endif
