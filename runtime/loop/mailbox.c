/* mailbox.c - see mailbox.h. */
#include "mailbox.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"

/* Shared by threads, so it cannot come from a runtime's allocator. */
struct ptg__mailbox *ptg__mailbox_create(void) {
  struct ptg__mailbox *mailbox =
      aligned_alloc(PTG__CACHE_LINE, sizeof(*mailbox));
  if (mailbox == NULL) return NULL;
  memset(mailbox, 0, sizeof(*mailbox));
  atomic_init(&mailbox->references, 1);
  return mailbox;
}

void ptg__mailbox_retain(struct ptg__mailbox *mailbox) {
  atomic_fetch_add(&mailbox->references, 1);
}

void ptg__mailbox_release(struct ptg__mailbox *mailbox) {
  if (atomic_fetch_sub(&mailbox->references, 1) == 1) free(mailbox);
}

/* Who sees that a place is filled sees what is in it; who reads it too late,
 * when it is filled anew, has lost the race for `taken`. */
static struct ptg__letter *take_from_ring(struct ptg__mailbox *mailbox) {
  uint64_t at = atomic_load(&mailbox->taken);
  for (;;) {
    if (at == atomic_load_explicit(&mailbox->filled, memory_order_acquire))
      return NULL;
    struct ptg__letter *letter = atomic_load_explicit(
        &mailbox->ring[at % PTG__LETTERS], memory_order_relaxed);
    if (atomic_compare_exchange_weak(&mailbox->taken, &at, at + 1))
      return letter;
  }
}

ptg_status ptg__mailbox_take(struct ptg__mailbox *mailbox,
                             struct ptg__letter **letter) {
  /* Looked at first, so that who shuts does not wait for those who only come
   * to be told. */
  if (atomic_load(&mailbox->is_shut)) return PTG_ECLOSED;
  atomic_fetch_add(&mailbox->writers, 1);
  if (atomic_load(&mailbox->is_shut)) {
    ptg__mailbox_leave(mailbox);
    return PTG_ECLOSED;
  }
  *letter = take_from_ring(mailbox);
  return *letter != NULL ? PTG_OK : PTG_EFULL;
}

int ptg__mailbox_push(struct ptg__mailbox *mailbox,
                      struct ptg__letter *letter) {
  struct ptg__letter *top = atomic_load(&mailbox->stack);
  do {
    letter->next = top;
  } while (!atomic_compare_exchange_weak(&mailbox->stack, &top, letter));
  return top == NULL;
}

void ptg__mailbox_leave(struct ptg__mailbox *mailbox) {
  atomic_fetch_sub(&mailbox->writers, 1);
}

struct ptg__letter *ptg__mailbox_open(struct ptg__mailbox *mailbox) {
  struct ptg__letter *first = NULL;
  struct ptg__letter *top = atomic_exchange(&mailbox->stack, NULL);
  while (top != NULL) {
    struct ptg__letter *next = top->next;
    top->next = first;
    first = top;
    top = next;
  }
  return first;
}

void ptg__mailbox_fill(struct ptg__mailbox *mailbox,
                       struct ptg__letter *letter) {
  uint64_t at = atomic_load(&mailbox->filled);
  PTG_CHECK(at - atomic_load(&mailbox->taken) < PTG__LETTERS);
  atomic_store_explicit(&mailbox->ring[at % PTG__LETTERS], letter,
                        memory_order_relaxed);
  atomic_store_explicit(&mailbox->filled, at + 1, memory_order_release);
}

/* Writers are between two steps of a few instructions each, so waiting for
 * them by yielding is short. */
void ptg__mailbox_shut(struct ptg__mailbox *mailbox) {
  atomic_store(&mailbox->is_shut, 1);
  while (atomic_load(&mailbox->writers) > 0)
    sched_yield();
}
