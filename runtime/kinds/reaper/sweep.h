/* sweep.h - the killing of every child of this process. */
#ifndef PTG_KINDS_REAPER_SWEEP_H
#define PTG_KINDS_REAPER_SWEEP_H

/* Sends SIGKILL to each child that this process has now. */
void ptg__sweep_children(void);

#endif
