/* test_core_threads_mailbox.c - the mailbox alone: letters of many senders, and
 * who shuts it waits for who is writing.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "loop/mailbox.h"

#define SENDERS 4
#define LETTERS 50000 /* of each sender */

static struct ptg__mailbox *make_full_mailbox(void) {
  struct ptg__mailbox *mailbox = ptg__mailbox_create();
  assert_non_null(mailbox);
  for (size_t i = 0; i < PTG__LETTERS; i++)
    ptg__mailbox_fill(mailbox, &mailbox->letters[i]);
  return mailbox;
}

static void taken_letters_are_bounded_and_none_is_taken_twice(void **state) {
  struct ptg__mailbox *mailbox = make_full_mailbox();
  struct ptg__letter *letter;
  for (uint32_t i = 0; i < PTG__LETTERS; i++) {
    assert_int_equal(ptg__mailbox_take(mailbox, &letter), PTG_OK);
    assert_int_equal(letter->slot, 0);
    letter->slot = i + 1;
    assert_int_equal(ptg__mailbox_push(mailbox, letter), i == 0);
    ptg__mailbox_leave(mailbox);
  }
  assert_int_equal(ptg__mailbox_take(mailbox, &letter), PTG_EFULL);
  ptg__mailbox_leave(mailbox);
  letter = ptg__mailbox_open(mailbox);
  for (uint32_t i = 0; i < PTG__LETTERS; i++, letter = letter->next)
    assert_int_equal(letter->slot, i + 1);
  assert_null(letter);
  assert_null(ptg__mailbox_open(mailbox));
  ptg__mailbox_shut(mailbox);
  assert_int_equal(ptg__mailbox_take(mailbox, &letter), PTG_ECLOSED);
  ptg__mailbox_release(mailbox);
}

struct sender {
  struct ptg__mailbox *mailbox;
  pthread_t thread;
  uint32_t number;
};

static void *send_all(void *data) {
  struct sender *sender = data;
  for (uint64_t i = 0; i < LETTERS;) {
    struct ptg__letter *letter;
    ptg_status status = ptg__mailbox_take(sender->mailbox, &letter);
    if (status == PTG_OK) {
      letter->slot = sender->number;
      letter->about = i++;
      ptg__mailbox_push(sender->mailbox, letter);
    } else {
      sched_yield();
    }
    ptg__mailbox_leave(sender->mailbox);
  }
  return NULL;
}

static void all_letters_arrive_in_the_order_of_each_sender(void **state) {
  struct ptg__mailbox *mailbox = make_full_mailbox();
  struct sender senders[SENDERS];
  uint64_t next[SENDERS] = {0};
  for (uint32_t i = 0; i < SENDERS; i++) {
    senders[i] = (struct sender){.mailbox = mailbox, .number = i};
    assert_int_equal(
        pthread_create(&senders[i].thread, NULL, send_all, &senders[i]), 0);
  }
  for (uint64_t left = SENDERS * (uint64_t)LETTERS; left > 0;) {
    struct ptg__letter *letter = ptg__mailbox_open(mailbox);
    if (letter == NULL) sched_yield();
    while (letter != NULL) {
      struct ptg__letter *after = letter->next;
      assert_int_equal(letter->about, next[letter->slot]++);
      ptg__mailbox_fill(mailbox, letter);
      letter = after;
      left--;
    }
  }
  for (uint32_t i = 0; i < SENDERS; i++)
    assert_int_equal(pthread_join(senders[i].thread, NULL), 0);
  ptg__mailbox_shut(mailbox);
  ptg__mailbox_release(mailbox);
}

struct closing {
  struct ptg__mailbox *mailbox;
  atomic_int is_over;
};

static void *shut(void *data) {
  struct closing *closing = data;
  ptg__mailbox_shut(closing->mailbox);
  atomic_store(&closing->is_over, 1);
  return NULL;
}

/* What was taken before is written and found; after that there is nothing. */
static void who_shuts_waits_for_who_is_writing(void **state) {
  struct closing closing = {.mailbox = make_full_mailbox()};
  struct ptg__letter *letter, *late;
  assert_int_equal(ptg__mailbox_take(closing.mailbox, &letter), PTG_OK);
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, shut, &closing), 0);
  while (!atomic_load(&closing.mailbox->is_shut))
    sched_yield();
  for (int i = 0; i < 1000; i++)
    sched_yield();
  assert_int_equal(atomic_load(&closing.is_over), 0);
  assert_int_equal(ptg__mailbox_take(closing.mailbox, &late), PTG_ECLOSED);
  ptg__mailbox_push(closing.mailbox, letter);
  ptg__mailbox_leave(closing.mailbox);
  assert_int_equal(pthread_join(thread, NULL), 0);
  assert_ptr_equal(ptg__mailbox_open(closing.mailbox), letter);
  ptg__mailbox_release(closing.mailbox);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(taken_letters_are_bounded_and_none_is_taken_twice),
      cmocka_unit_test(all_letters_arrive_in_the_order_of_each_sender),
      cmocka_unit_test(who_shuts_waits_for_who_is_writing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
