/* process_reaper.h - where the program ptg-reaper is. */
#ifndef PTG_KINDS_PROCESS_REAPER_H
#define PTG_KINDS_PROCESS_REAPER_H

#include <stddef.h>

/* Writes the path of ptg-reaper, which is $PTG_REAPER if that is set, else the
 * first of those next to this library, in the libexec/ptg that belongs to it,
 * and where it was to be installed. Returns 0 when none of them is an
 * executable; then message, in place of path, names those that were tried. */
int ptg__reaper_find(char *path, size_t path_size, char *message,
                     size_t message_size);

#endif
