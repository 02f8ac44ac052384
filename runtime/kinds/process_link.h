/* process_link.h - the libuv side of a process.
 *
 * A link begins with a reaper and ends, with ptg__process_end(), when the
 * reaper has exited, the outputs have been read to their ends and every handle
 * is closed.
 */
#ifndef PTG_KINDS_PROCESS_LINK_H
#define PTG_KINDS_PROCESS_LINK_H

#include <ptg/ptg.h>
#include <uv.h>

struct ptg__process;
struct ptg__link;

/* Makes the link of process and starts its reaper. A reaper that cannot be
 * started is PTG_OK: then process->failure says why, and the link ends. */
ptg_status ptg__link_begin(struct ptg__process *process, uv_loop_t *loop);

/* Sends a message to the reaper; returns 0 or a status of libuv. */
int ptg__link_send(struct ptg__link *link, uint8_t type, int32_t value);

/* Has the reaper kill everything. Needs no memory and cannot fail. */
void ptg__link_kill(struct ptg__link *link);

/* Will no more bytes come from this output? */
int ptg__link_is_output_over(const struct ptg__link *link, int output);

/* To be called when lines have been taken: reads on, or begins the end. */
void ptg__link_go_on(struct ptg__link *link);

/* Takes the link from its process, which is about to be destroyed: it lets go
 * of everything, which ends the child, and ends in silence. */
void ptg__link_abandon(struct ptg__link *link);

#endif
