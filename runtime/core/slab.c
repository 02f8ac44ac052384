/* slab.c - see slab.h. */
#include "slab.h"

#include <string.h>

#include "check.h"

#define INDEX_MASK (PTG__BLOCK_RECORDS - 1)

_Static_assert(4 + PTG__GENERATION_BITS + PTG__SLOT_BITS == 53,
               "a handle must survive the trip through a double");

static uint32_t *count_at(const struct ptg__slab *slab, uint32_t slot) {
  return &slab->blocks[slot >> PTG__BLOCK_BITS]->count[slot & INDEX_MASK];
}

static uint32_t *next_free_at(const struct ptg__slab *slab, uint32_t slot) {
  return ptg__slab_at(slab, slot);
}

void ptg__slab_init(struct ptg__slab *slab, const struct ptg__memory *memory,
                    const struct ptg__block_source *source, enum ptg__kind kind,
                    uint32_t record_size) {
  *slab = (struct ptg__slab){.memory = memory,
                             .source = source,
                             .record_size = record_size,
                             .first_free = PTG__NO_SLOT,
                             .kind = kind};
  slab->free_end = &slab->first_free;
}

static uint32_t highest_generation(const struct ptg__block *block) {
  uint32_t highest = block->first_generation;
  for (uint32_t i = 0; i < block->used; i++)
    if (block->count[i] / 2 > highest) highest = block->count[i] / 2;
  return highest;
}

static size_t block_size(const struct ptg__slab *slab) {
  return sizeof(struct ptg__block) +
         (size_t)slab->record_size * PTG__BLOCK_RECORDS;
}

void ptg__slab_fini(struct ptg__slab *slab) {
  PTG_CHECK(slab->live == 0);
  struct ptg__block *block = slab->newest;
  while (block != NULL) {
    struct ptg__block *next = block->next;
    slab->source->give(block->number, highest_generation(block));
    ptg__memory_give(slab->memory, block, block_size(slab));
    block = next;
  }
  ptg__memory_give(slab->memory, slab->blocks,
                   slab->block_capacity * sizeof(slab->blocks[0]));
  ptg__slab_init(slab, slab->memory, slab->source, slab->kind,
                 slab->record_size);
}

/* Makes room in the map for a block of this number. */
static ptg_status reserve(struct ptg__slab *slab, uint32_t number) {
  if (number < slab->block_capacity) return PTG_OK;

  uint32_t capacity = slab->block_capacity ? slab->block_capacity : 4;
  while (capacity <= number)
    capacity *= 2;
  size_t old_size = slab->block_capacity * sizeof(slab->blocks[0]);
  size_t new_size = capacity * sizeof(slab->blocks[0]);
  struct ptg__block **blocks =
      slab->memory->alloc(slab->memory->data, slab->blocks, old_size, new_size);
  if (blocks == NULL) return PTG_ENOMEM;

  memset((char *)blocks + old_size, 0, new_size - old_size);
  slab->blocks = blocks;
  slab->block_capacity = capacity;
  return PTG_OK;
}

/* Raw on purpose: a count and a record are set when the record is taken, so a
 * large block costs memory only as it is used. */
static struct ptg__block *block_create(const struct ptg__slab *slab) {
  struct ptg__block *block =
      slab->memory->alloc(slab->memory->data, NULL, 0, block_size(slab));
  if (block != NULL) block->used = 0;
  return block;
}

PTG__ASIDE static ptg_status grow(struct ptg__slab *slab) {
  struct ptg__block *block = block_create(slab);
  if (block == NULL) return PTG_ENOMEM;

  ptg_status status =
      slab->source->take(&block->number, &block->first_generation);
  if (status != PTG_OK) goto no_number;
  status = reserve(slab, block->number);
  if (status != PTG_OK) goto no_room;

  block->next = slab->newest;
  slab->newest = block;
  slab->blocks[block->number] = block;
  return PTG_OK;

no_room:
  slab->source->give(block->number, block->first_generation);
no_number:
  ptg__memory_give(slab->memory, block, block_size(slab));
  return status;
}

static uint32_t take_free(struct ptg__slab *slab) {
  uint32_t slot = slab->first_free;
  if (slot == PTG__NO_SLOT) return PTG__NO_SLOT;

  slab->first_free = *next_free_at(slab, slot);
  if (slab->first_free == PTG__NO_SLOT) slab->free_end = &slab->first_free;
  return slot;
}

static void give_free(struct ptg__slab *slab, uint32_t slot) {
  uint32_t *next = next_free_at(slab, slot);
  *next = PTG__NO_SLOT;
  *slab->free_end = slot;
  slab->free_end = next;
}

static uint32_t take_raw(struct ptg__slab *slab) {
  struct ptg__block *block = slab->newest;
  uint32_t index = block->used++;
  block->count[index] = block->first_generation * 2;
  return block->number << PTG__BLOCK_BITS | index;
}

ptg_status ptg__slab_take(struct ptg__slab *slab, uint32_t *slot) {
  uint32_t taken = take_free(slab);
  if (taken == PTG__NO_SLOT) {
    if (slab->newest == NULL || slab->newest->used == PTG__BLOCK_RECORDS) {
      ptg_status status = grow(slab);
      if (status != PTG_OK) return status;
    }
    taken = take_raw(slab);
  }

  uint32_t *count = count_at(slab, taken);
  PTG_CHECK(*count % 2 == 0 && *count / 2 < PTG__GENERATION_MAX);
  *count += 3; /* the next generation, live */
  slab->live++;
  *slot = taken;
  return PTG_OK;
}

ptg_status ptg__slab_add(struct ptg__slab *slab, uint32_t *slot) {
  ptg_status status = ptg__slab_take(slab, slot);
  if (status == PTG_OK) memset(ptg__slab_at(slab, *slot), 0, slab->record_size);
  return status;
}

/* Returns the slot's count. */
static inline uint32_t end(struct ptg__slab *slab, uint32_t slot) {
  uint32_t *at = count_at(slab, slot);
  uint32_t count = *at;
  PTG_CHECK(count % 2 == 1);
  slab->live--;
  return *at = count - 1;
}

static inline void give_back(struct ptg__slab *slab, uint32_t slot,
                             uint32_t count) {
  /* Not a spent one: its next handle would be an old one. */
  if (count / 2 < PTG__GENERATION_MAX) give_free(slab, slot);
}

void ptg__slab_end(struct ptg__slab *slab, uint32_t slot) {
  end(slab, slot);
}

void ptg__slab_give_back(struct ptg__slab *slab, uint32_t slot) {
  give_back(slab, slot, *count_at(slab, slot));
}

void ptg__slab_remove(struct ptg__slab *slab, uint32_t slot) {
  give_back(slab, slot, end(slab, slot));
}
