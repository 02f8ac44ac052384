/* remote.c - see remote.h, and mailbox.h for how mail travels. */
#include "remote.h"

#include <stdlib.h>
#include <string.h>

#include "border.h"
#include "core/group.h"
#include "core/spawn.h"
#include "core/task.h"
#include "mailbox.h"
#include "trace.h"

/* A way in: it holds the mailbox, not the runtime. */
struct ptg_remote {
  struct ptg__mailbox *mailbox;
  ptg_runtime *runtime; /* to be touched only with a letter in hand */
};

/* ------------------------------------------------------------------ open -- */

/* A letter in the ring has a task record reserved, so that a spawn knows its
 * handle at once. Without memory for one the letter waits for the next fill. */
static void fill(ptg_runtime *runtime, struct ptg__letter *letter) {
  struct ptg__core *core = &runtime->core;
  if (letter->task == PTG_NONE &&
      ptg__task_reserve(core, &letter->slot) != PTG_OK) {
    letter->next = runtime->starved;
    runtime->starved = letter;
    return;
  }
  letter->task = ptg__task_handle(core, letter->slot);
  ptg__mailbox_fill(runtime->mailbox, letter);
}

static void fill_starved(ptg_runtime *runtime) {
  struct ptg__letter *letter = runtime->starved;
  runtime->starved = NULL;
  while (letter != NULL) {
    struct ptg__letter *next = letter->next;
    fill(runtime, letter);
    letter = next;
  }
}

static ptg_status open_mailbox(ptg_runtime *runtime) {
  if (runtime->mailbox != NULL) return PTG_OK;
  runtime->mailbox = ptg__mailbox_create();
  if (runtime->mailbox == NULL) return PTG_ENOMEM;
  for (size_t i = 0; i < PTG__LETTERS; i++)
    fill(runtime, &runtime->mailbox->letters[i]);
  return PTG_OK;
}

/* A way in through which nothing can be sent for want of memory is none. */
static int has_letters(ptg_runtime *runtime) {
  fill_starved(runtime);
  return atomic_load(&runtime->mailbox->filled) > 0;
}

ptg_status ptg_remote_open(ptg_runtime *runtime, ptg_remote **out) {
  if (out != NULL) *out = NULL;
  ptg_status status = ptg__runtime_enter(runtime);
  if (status != PTG_OK) return status;
  if (out == NULL)
    return ptg__core_fail(&runtime->core, PTG_EINVAL,
                          "nowhere to put the answer");
  ptg_remote *remote = malloc(sizeof(*remote));
  if (remote == NULL || open_mailbox(runtime) != PTG_OK ||
      !has_letters(runtime)) {
    free(remote);
    return ptg__core_fail(&runtime->core, PTG_ENOMEM, "no memory for mail");
  }
  ptg__mailbox_retain(runtime->mailbox);
  *remote = (struct ptg_remote){runtime->mailbox, runtime};
  *out = remote;
  const struct ptg__core *core = &runtime->core;
  if (ptg__group_at(core, core->root)->is_gone) ptg__remote_shut(runtime);
  return PTG_OK;
}

void ptg_remote_close(ptg_remote *remote) {
  if (remote == NULL) return;
  ptg__mailbox_release(remote->mailbox);
  free(remote);
}

/* ------------------------------------------------------------------ send -- */

/* Between these two the runtime cannot be destroyed. */
static ptg_status take_letter(ptg_remote *remote, struct ptg__letter **letter) {
  ptg_status status = ptg__mailbox_take(remote->mailbox, letter);
  if (status != PTG_EFULL) return status;
  /* What letters there are may be starved: a turn tries to fill them. */
  uv_async_send(&remote->runtime->async);
  ptg__mailbox_leave(remote->mailbox);
  return status;
}

static void send_letter(ptg_remote *remote, struct ptg__letter *letter) {
  if (ptg__mailbox_push(remote->mailbox, letter))
    uv_async_send(&remote->runtime->async);
  ptg__mailbox_leave(remote->mailbox);
}

/* Copies a text to the end of a block, and points there. */
static void copy_text(char *block, size_t at, const char **text,
                      size_t length) {
  if (*text == NULL || length == 0) return;
  memcpy(block + at, *text, length);
  *text = block + at;
}

static int is_short_text(const char *text, size_t length) {
  return length <= PTG_NAME_MAX && ptg__text_is_valid(text, length);
}

/* Copies two texts into one block, and points the options there. */
static ptg_status copy_texts(char **texts, const char **one, size_t *one_length,
                             const char **other, size_t *other_length) {
  *one_length = ptg__text_length(*one, *one_length, PTG_NAME_MAX);
  *other_length = ptg__text_length(*other, *other_length, PTG_NAME_MAX);
  *texts = NULL;
  if (!is_short_text(*one, *one_length) ||
      !is_short_text(*other, *other_length))
    return PTG_EINVAL;
  size_t size = *one_length + *other_length;
  if (size == 0) return PTG_OK;
  *texts = malloc(size);
  if (*texts == NULL) return PTG_ENOMEM;
  copy_text(*texts, 0, one, *one_length);
  copy_text(*texts, *one_length, other, *other_length);
  return PTG_OK;
}

/* Takes a letter and addresses it; it then has the texts. Without one they are
 * freed. */
static ptg_status begin_letter(ptg_remote *remote, enum ptg__letter_kind kind,
                               uint64_t about, char *texts,
                               struct ptg__letter **letter) {
  ptg_status status = take_letter(remote, letter);
  if (status != PTG_OK) {
    free(texts);
    return status;
  }
  (*letter)->kind = kind;
  (*letter)->about = about;
  (*letter)->texts = texts;
  return PTG_OK;
}

static ptg_status spawn(ptg_remote *remote, ptg_group group,
                        const ptg_task_type *type,
                        const ptg_task_options *options, void *user_data,
                        ptg_task *out) {
  ptg_task_options ours;
  ptg_status status =
      ptg__border_take(NULL, &ours, sizeof(ours), options, sizeof(ours));
  if (status == PTG_OK && ours.flags & ~PTG__SPAWN_FLAGS) status = PTG_EINVAL;
  if (status != PTG_OK) return status;
  char *texts;
  status = copy_texts(&texts, &ours.name, &ours.name_length, &ours.place,
                      &ours.place_length);
  if (status != PTG_OK) return status;
  struct ptg__letter *letter;
  status = begin_letter(remote, PTG__LETTER_SPAWN, group, texts, &letter);
  if (status != PTG_OK) return status;
  letter->type = type;
  letter->user_data = user_data;
  letter->options.spawn = ours;
  if (out != NULL) *out = letter->task;
  send_letter(remote, letter);
  return PTG_OK;
}

ptg_status ptg_remote_spawn(ptg_remote *remote, ptg_group group,
                            const ptg_task_type *type,
                            const ptg_task_options *options, void *user_data,
                            ptg_task *out) {
  if (out != NULL) *out = PTG_NONE;
  ptg_status status =
      remote != NULL ? ptg__border_check_type(NULL, type) : PTG_EINVAL;
  if (status == PTG_OK)
    status = spawn(remote, group, type, options, user_data, out);
  if (status != PTG_OK) ptg__border_release(type, user_data);
  return status;
}

ptg_status ptg_remote_finish(ptg_remote *remote, ptg_task task,
                             const ptg_outcome *outcome) {
  ptg_outcome ours;
  ptg_status status =
      ptg__border_take(NULL, &ours, sizeof(ours), outcome, sizeof(ours));
  if (remote == NULL || ours.flags != 0 || ours.status > 0) return PTG_EINVAL;
  if (status != PTG_OK) return status;
  ours.message_length =
      ptg__text_length(ours.message, ours.message_length, PTRDIFF_MAX - 1);
  char *texts = NULL;
  if (ours.message != NULL) {
    texts = malloc(ours.message_length + 1);
    if (texts == NULL) return PTG_ENOMEM;
    memcpy(texts, ours.message, ours.message_length);
    ours.message = texts;
  }
  struct ptg__letter *letter;
  status = begin_letter(remote, PTG__LETTER_FINISH, task, texts, &letter);
  if (status != PTG_OK) return status;
  letter->options.outcome = ours;
  send_letter(remote, letter);
  return PTG_OK;
}

ptg_status ptg_remote_cancel(ptg_remote *remote, ptg_task task,
                             const ptg_cancel_options *options) {
  ptg_cancel_options ours;
  ptg_status status =
      ptg__border_take(NULL, &ours, sizeof(ours), options, sizeof(ours));
  if (remote == NULL || ours.flags != 0) return PTG_EINVAL;
  if (status != PTG_OK) return status;
  char *texts;
  const char *nothing = NULL;
  size_t no_length = 0;
  status = copy_texts(&texts, &ours.reason, &ours.reason_length, &nothing,
                      &no_length);
  if (status != PTG_OK) return status;
  struct ptg__letter *letter;
  status = begin_letter(remote, PTG__LETTER_CANCEL, task, texts, &letter);
  if (status != PTG_OK) return status;
  letter->options.cancel = ours;
  send_letter(remote, letter);
  return PTG_OK;
}

ptg_status ptg_remote_shutdown(ptg_remote *remote, ptg_group group,
                               const ptg_shutdown_options *options) {
  ptg_shutdown_options ours;
  ptg_status status =
      ptg__border_take(NULL, &ours, sizeof(ours), options, sizeof(ours));
  if (remote == NULL) return PTG_EINVAL;
  if (status == PTG_OK) status = ptg__border_check_shutdown(NULL, &ours);
  if (status != PTG_OK) return status;
  struct ptg__letter *letter;
  status = begin_letter(remote, PTG__LETTER_SHUTDOWN, group, NULL, &letter);
  if (status != PTG_OK) return status;
  letter->options.shutdown = ours;
  send_letter(remote, letter);
  return PTG_OK;
}

ptg_status ptg_remote_post(ptg_remote *remote, ptg_post_fn function,
                           ptg_release_fn release, void *user_data) {
  struct ptg__letter *letter;
  ptg_status status =
      remote == NULL || function == NULL
          ? PTG_EINVAL
          : begin_letter(remote, PTG__LETTER_POST, PTG_NONE, NULL, &letter);
  if (status != PTG_OK) {
    if (release != NULL) release(user_data);
    return status;
  }
  letter->function = function;
  letter->release = release;
  letter->user_data = user_data;
  send_letter(remote, letter);
  return PTG_OK;
}

/* --------------------------------------------------------------- deliver -- */

static void deliver_spawn(ptg_runtime *runtime, struct ptg__letter *letter) {
  struct ptg__core *core = &runtime->core;
  uint32_t slot = letter->slot;
  letter->task = PTG_NONE; /* the reservation is used up */
  uint32_t group;
  ptg_status status = ptg__group_find(core, letter->about, &group);
  if (status == PTG_OK)
    status = ptg__task_accept(core, slot, group, letter->type,
                              &letter->options.spawn, letter->user_data);
  if (runtime->trace != NULL)
    ptg__trace_spawn(runtime, status, letter->about,
                     ptg__task_handle(core, slot));
  if (status != PTG_OK)
    ptg__task_refuse(core, slot, letter->type, letter->user_data, status);
}

static void deliver(ptg_runtime *runtime, struct ptg__letter *letter) {
  runtime->is_delivering = letter->kind != PTG__LETTER_POST;
  switch (letter->kind) {
  case PTG__LETTER_SPAWN:
    deliver_spawn(runtime, letter);
    break;
  case PTG__LETTER_FINISH:
    (void)ptg_task_finish(runtime, letter->about, &letter->options.outcome);
    break;
  case PTG__LETTER_CANCEL:
    (void)ptg_task_cancel(runtime, letter->about, &letter->options.cancel);
    break;
  case PTG__LETTER_SHUTDOWN:
    (void)ptg_group_shutdown(runtime, letter->about, &letter->options.shutdown);
    break;
  case PTG__LETTER_POST:
    letter->function(runtime, letter->user_data);
    if (letter->release != NULL) letter->release(letter->user_data);
    break;
  }
  runtime->is_delivering = 0;
  free(letter->texts);
}

void ptg__remote_deliver(ptg_runtime *runtime) {
  if (runtime->mailbox == NULL) return;
  fill_starved(runtime);
  struct ptg__letter *letter = ptg__mailbox_open(runtime->mailbox);
  while (letter != NULL) {
    struct ptg__letter *next = letter->next;
    deliver(runtime, letter);
    fill(runtime, letter);
    letter = next;
  }
}

void ptg__remote_shut(ptg_runtime *runtime) {
  if (runtime->mailbox != NULL) ptg__mailbox_shut(runtime->mailbox);
}

void ptg__remote_fini(ptg_runtime *runtime) {
  struct ptg__mailbox *mailbox = runtime->mailbox;
  if (mailbox == NULL) return;
  for (size_t i = 0; i < PTG__LETTERS; i++)
    if (mailbox->letters[i].task != PTG_NONE)
      ptg__slab_remove(&runtime->core.tasks, mailbox->letters[i].slot);
  ptg__mailbox_release(mailbox);
  runtime->mailbox = NULL;
}
