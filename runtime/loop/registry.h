/* registry.h - the numbers of handle blocks, handed out once in a process.
 *
 * Thread-safe. See slab.h for what a block is; that its number is the
 * process's and not a runtime's is what makes handles unique in the process.
 */
#ifndef PTG_LOOP_REGISTRY_H
#define PTG_LOOP_REGISTRY_H

#include "core/slab.h"

extern const struct ptg__block_source ptg__registry;

#endif
