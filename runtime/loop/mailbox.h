/* mailbox.h - mail from many threads to one, of bounded number, without locks.
 *
 * Letters are taken from a ring that only the receiver fills, written, and
 * pushed onto a stack that the receiver takes whole and turns round, so that
 * the order of each sender is kept. A mailbox outlives its receiver: once it
 * is shut nothing can be taken.
 */
#ifndef PTG_LOOP_MAILBOX_H
#define PTG_LOOP_MAILBOX_H

#include <ptg/ptg.h>

#include <stdatomic.h>

#define PTG__LETTERS 1024

enum ptg__letter_kind {
  PTG__LETTER_SPAWN,
  PTG__LETTER_FINISH,
  PTG__LETTER_CANCEL,
  PTG__LETTER_SHUTDOWN,
  PTG__LETTER_POST
};

struct ptg__letter {
  struct ptg__letter *next; /* in the stack */
  enum ptg__letter_kind kind;
  uint32_t slot;  /* of the task that is reserved for a spawn */
  ptg_task task;  /* its handle; else what the letter is about */
  ptg_task about; /* a task or a group */
  const ptg_task_type *type;
  ptg_post_fn function;
  ptg_release_fn release;
  void *user_data;
  char *texts; /* what the options' strings point into; NULL: none */
  union {
    ptg_task_options spawn;
    ptg_outcome outcome;
    ptg_cancel_options cancel;
    ptg_shutdown_options shutdown;
  } options;
};

/* What senders and the receiver write lies in cache lines of their own. */
#define PTG__CACHE_LINE 64

struct ptg__mailbox {
  atomic_uint references;
  atomic_int writers; /* between take and push */
  atomic_int is_shut;
  _Atomic uint64_t taken; /* how many have ever been taken from the ring */
  _Alignas(PTG__CACHE_LINE) _Atomic uint64_t filled; /* and put there */
  _Alignas(PTG__CACHE_LINE) _Atomic(struct ptg__letter *) stack;
  _Alignas(PTG__CACHE_LINE) _Atomic(struct ptg__letter *) ring[PTG__LETTERS];
  struct ptg__letter letters[PTG__LETTERS];
};

/* Makes a mailbox with one reference and an empty ring, or returns NULL. */
struct ptg__mailbox *ptg__mailbox_create(void);
void ptg__mailbox_retain(struct ptg__mailbox *mailbox);
void ptg__mailbox_release(struct ptg__mailbox *mailbox);

/* A sender takes a letter and pushes it, which returns 1 if the receiver is to
 * be woken; that must be done before ptg__mailbox_leave(), which ends what
 * taking began, also one that answered PTG_EFULL; but not PTG_ECLOSED. */
ptg_status ptg__mailbox_take(struct ptg__mailbox *mailbox,
                             struct ptg__letter **letter);
int ptg__mailbox_push(struct ptg__mailbox *mailbox, struct ptg__letter *letter);
void ptg__mailbox_leave(struct ptg__mailbox *mailbox);

/* The receiver: all letters, in order, through next; a letter that is empty is
 * put into the ring; no more can be taken. */
struct ptg__letter *ptg__mailbox_open(struct ptg__mailbox *mailbox);

/* True if there is something to open. */
static inline int ptg__mailbox_has_mail(struct ptg__mailbox *mailbox) {
  return atomic_load(&mailbox->stack) != NULL;
}
void ptg__mailbox_fill(struct ptg__mailbox *mailbox,
                       struct ptg__letter *letter);
void ptg__mailbox_shut(struct ptg__mailbox *mailbox);

#endif
