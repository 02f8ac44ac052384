/* slab.h - where records live, and the handles that name them.
 *
 * A slab is a set of blocks of 1,024 records of one size; a record never
 * moves. Blocks are numbered by the process, not by the slab, so a slot number
 * and with it a handle is never shared by two runtimes. A handle packs the
 * kind of a record, its slot, and how many records that slot has held. The
 * count only grows, also across runtimes, so no handle is ever given out
 * twice; a slot whose count is spent is retired.
 */
#ifndef PTG_CORE_SLAB_H
#define PTG_CORE_SLAB_H

#include <ptg/ptg.h>
#include <stddef.h>

#include "check.h"
#include "memory.h"

enum ptg__kind { PTG__KIND_GROUP = 1, PTG__KIND_TASK = 2, PTG__KIND_WATCH = 3 };

/* kind:4 | generation:25 | slot:24, which leaves a handle below 2^53. */
#define PTG__SLOT_BITS 24
#define PTG__GENERATION_BITS 25
#define PTG__SLOT_MASK ((UINT32_C(1) << PTG__SLOT_BITS) - 1)
#define PTG__GENERATION_MAX ((UINT32_C(1) << PTG__GENERATION_BITS) - 1)

#define PTG__BLOCK_BITS 10
#define PTG__BLOCK_RECORDS (UINT32_C(1) << PTG__BLOCK_BITS)
#define PTG__BLOCK_MAX (UINT32_C(1) << (PTG__SLOT_BITS - PTG__BLOCK_BITS))
#define PTG__NO_SLOT UINT32_MAX

/* Hands out the process's block numbers. generation is where the counts of a
 * block begin: what its last owner gave back with it. */
struct ptg__block_source {
  ptg_status (*take)(uint32_t *number, uint32_t *generation);
  void (*give)(uint32_t number, uint32_t generation);
};

struct ptg__block {
  struct ptg__block *next;
  uint32_t number;
  uint32_t first_generation;
  uint32_t used; /* records ever touched; the rest of the block is raw */
  uint32_t count[PTG__BLOCK_RECORDS]; /* generation * 2, + 1 while live */
  _Alignas(max_align_t) unsigned char records[];
};

/* Free slots form a queue, not a stack, so a slot rests as long as it can
 * before its next use; the queue's links are the first bytes of the records.
 * Invariant: live + free + retired == used over all blocks. */
struct ptg__slab {
  const struct ptg__memory *memory;
  const struct ptg__block_source *source;
  struct ptg__block **blocks; /* by number; NULL: not this slab's */
  uint32_t block_capacity;
  uint32_t record_size;
  struct ptg__block *newest;
  uint32_t first_free; /* PTG__NO_SLOT: none */
  uint32_t *free_end;  /* where the next free slot is put */
  uint32_t live;
  enum ptg__kind kind;
};

void ptg__slab_init(struct ptg__slab *slab, const struct ptg__memory *memory,
                    const struct ptg__block_source *source, enum ptg__kind kind,
                    uint32_t record_size);
/* The records must be gone. */
void ptg__slab_fini(struct ptg__slab *slab);

/* Takes a zeroed record, or returns PTG_ENOMEM and changes nothing. */
ptg_status ptg__slab_add(struct ptg__slab *slab, uint32_t *slot);
/* The same, but for the zeros. */
ptg_status ptg__slab_take(struct ptg__slab *slab, uint32_t *slot);
void ptg__slab_remove(struct ptg__slab *slab, uint32_t slot);
/* The two halves of it: the handle is stale; the slot can be taken again. */
void ptg__slab_end(struct ptg__slab *slab, uint32_t slot);
void ptg__slab_give_back(struct ptg__slab *slab, uint32_t slot);

static inline void *ptg__slab_at(const struct ptg__slab *slab, uint32_t slot) {
  return slab->blocks[slot >> PTG__BLOCK_BITS]->records +
         (size_t)(slot & (PTG__BLOCK_RECORDS - 1)) * slab->record_size;
}

static inline int ptg__slab_is_of(const struct ptg__slab *slab,
                                  uint64_t handle) {
  return handle >> (PTG__GENERATION_BITS + PTG__SLOT_BITS) ==
         (uint64_t)slab->kind;
}

/* The handle of a live record; kind is the slab's. */
static inline uint64_t ptg__slab_handle_of(const struct ptg__slab *slab,
                                           enum ptg__kind kind, uint32_t slot) {
  const struct ptg__block *block = slab->blocks[slot >> PTG__BLOCK_BITS];
  uint32_t count = block->count[slot & (PTG__BLOCK_RECORDS - 1)];
  PTG_CHECK(count % 2 == 1);
  return (uint64_t)kind << (PTG__GENERATION_BITS + PTG__SLOT_BITS) |
         (uint64_t)(count / 2) << PTG__SLOT_BITS | slot;
}
static inline uint64_t ptg__slab_handle(const struct ptg__slab *slab,
                                        uint32_t slot) {
  return ptg__slab_handle_of(slab, slab->kind, slot);
}

/* Sets *slot, or returns PTG_EINVAL, PTG_EKIND or PTG_ESTALE. */
static inline ptg_status ptg__slab_find(const struct ptg__slab *slab,
                                        uint64_t handle, uint32_t *slot) {
  uint32_t named = *slot = (uint32_t)handle & PTG__SLOT_MASK;
  uint64_t kind = handle >> (PTG__GENERATION_BITS + PTG__SLOT_BITS);
  if (kind != (uint64_t)slab->kind)
    return kind == 0 || kind > PTG__KIND_WATCH ? PTG_EINVAL : PTG_EKIND;

  uint32_t number = named >> PTG__BLOCK_BITS;
  if (number >= slab->block_capacity) return PTG_ESTALE;
  const struct ptg__block *block = slab->blocks[number];
  if (block == NULL) return PTG_ESTALE;
  uint32_t index = named & (PTG__BLOCK_RECORDS - 1);
  if (index >= block->used) return PTG_ESTALE;

  uint32_t generation =
      (uint32_t)(handle >> PTG__SLOT_BITS) & PTG__GENERATION_MAX;
  return block->count[index] == generation * 2 + 1 ? PTG_OK : PTG_ESTALE;
}

#endif
