/* signals.h - SIGTERM and SIGINT end the program in order. */
#ifndef PTG_LUAHOST_SIGNALS_H
#define PTG_LUAHOST_SIGNALS_H

#include <ptg/ptg.h>

/* From now on the first of them asks for the runtime's shutdown, the second
 * forces it, the third ends the program on the spot with this exit status,
 * also when a script never comes back. */
void ptg__signals_begin(ptg_runtime *runtime, int exit_status);

/* Before the runtime is destroyed. The program is at its end: only a third
 * one still counts. */
void ptg__signals_end(void);

/* Another runtime has taken the place of that one, if there was one. */
void ptg__signals_move(ptg_runtime *runtime);

int ptg__signals_count(void);
int ptg__signals_last(void);

#endif
