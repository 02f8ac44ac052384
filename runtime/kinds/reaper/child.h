/* child.h - the start of the one process that a reaper stands guard over. */
#ifndef PTG_KINDS_REAPER_CHILD_H
#define PTG_KINDS_REAPER_CHILD_H

#include <stdint.h>
#include <sys/types.h>

/* Why a start failed. */
struct ptg__start_error {
  int32_t stage; /* PTG__REAPER_STAGE_* */
  int32_t error; /* an errno */
};

/* Forks a child, in a process group of its own, that carries out the command
 * line of protocol.h. *outcome becomes a descriptor that ends when the command
 * runs, after one struct ptg__start_error if it cannot. Returns the pid, or -1
 * and errno. */
pid_t ptg__child_start(char **argv, int *outcome);

#endif
