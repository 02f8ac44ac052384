/* registry.c - see registry.h. */
#include "registry.h"

#include <uv.h>

#include "core/check.h"

/* A block whose generations are half spent is not handed out again: a new
 * owner is to have enough of them. */
#define GENERATION_TOO_HIGH (UINT32_C(1) << 24)

static uv_once_t once = UV_ONCE_INIT;
static uv_mutex_t mutex;
static struct {
  uint32_t generation;
  uint32_t is_taken;
} blocks[PTG__BLOCK_MAX];
static uint32_t lowest_free; /* no block below it is free */

static void init_mutex(void) {
  int status = uv_mutex_init(&mutex);
  PTG_CHECK(status == 0);
}

static ptg_status take(uint32_t *number, uint32_t *generation) {
  uv_once(&once, init_mutex);
  uv_mutex_lock(&mutex);
  uint32_t at = lowest_free;
  while (at < PTG__BLOCK_MAX &&
         (blocks[at].is_taken || blocks[at].generation > GENERATION_TOO_HIGH))
    at++;
  lowest_free = at;
  if (at < PTG__BLOCK_MAX) {
    blocks[at].is_taken = 1;
    *number = at;
    *generation = blocks[at].generation;
  }
  uv_mutex_unlock(&mutex);
  return at < PTG__BLOCK_MAX ? PTG_OK : PTG_ENOMEM;
}

static void give(uint32_t number, uint32_t generation) {
  uv_mutex_lock(&mutex);
  blocks[number].is_taken = 0;
  blocks[number].generation = generation;
  if (number < lowest_free) lowest_free = number;
  uv_mutex_unlock(&mutex);
}

const struct ptg__block_source ptg__registry = {take, give};
