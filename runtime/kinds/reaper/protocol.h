/* protocol.h - what a host and its reaper say to each other.
 *
 * The host starts
 *
 *   ptg-reaper PROTOCOL HOST-PID CWD STDOUT-PATH STDERR-PATH COMMAND [ARG]...
 *
 * (an empty string: as it is) with one end of a stream socket as descriptor 3.
 * Both sides send messages of one size. The reaper says how the start went and
 * later how the child ended; the host sends signals. When the host's side of
 * the stream ends, closed or because the host is gone, the child is killed.
 * The reaper's exit, not its last message, says that no descendant is left.
 */
#ifndef PTG_KINDS_REAPER_PROTOCOL_H
#define PTG_KINDS_REAPER_PROTOCOL_H

#include <stdint.h>

/* Both are built together, but a path may lead to a reaper of another day. */
#define PTG__REAPER_PROTOCOL "1"

#define PTG__REAPER_CONTROL_FD 3

enum {
  PTG__REAPER_ARG_PROTOCOL = 1,
  PTG__REAPER_ARG_HOST,
  PTG__REAPER_ARG_CWD,
  PTG__REAPER_ARG_STDOUT,
  PTG__REAPER_ARG_STDERR,
  PTG__REAPER_ARG_COMMAND
};

/* Types of message. */
enum {
  /* From the host; value is a signal for the child's process group. */
  PTG__REAPER_SIGNAL = 1,
  PTG__REAPER_ASK = 2, /* the same, and it asks the child to end */

  /* From the reaper. STARTED or FAILED comes first, and once. */
  PTG__REAPER_STARTED = 3, /* value is the child's pid */
  PTG__REAPER_FAILED = 4,  /* value is an errno, detail a stage; the last one */
  PTG__REAPER_EXITED = 5,  /* value is its status, detail 1: it was asked to */
  PTG__REAPER_KILLED = 6   /* value is a signal, detail 1: it was asked to */
};

/* Where a start failed. */
enum {
  PTG__REAPER_STAGE_SETUP = 1,
  PTG__REAPER_STAGE_STDOUT = 2,
  PTG__REAPER_STAGE_STDERR = 3,
  PTG__REAPER_STAGE_CWD = 4,
  PTG__REAPER_STAGE_EXEC = 5
};

struct ptg__reaper_message {
  uint8_t type;
  uint8_t detail;
  uint8_t zero[2];
  int32_t value;
};

_Static_assert(sizeof(struct ptg__reaper_message) == 8,
               "a message has no holes and one size");

#endif
