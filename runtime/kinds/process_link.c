/* process_link.c - the libuv side of a process: its reaper, the stream that
 * controls it, and the pipes of its output.
 */
#include "process_link.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kind.h"
#include "process.h"
#include "process_reaper.h"

/* How long an abandoned link waits for its reaper, which has been told to kill
 * everything, so that it is collected and leaves no zombie. Shorter than what
 * ptg_runtime_destroy() waits for handles on a loop of its own. */
#define LAST_WAIT_MS 500

enum output_state {
  OUTPUT_OVER = 0, /* or never read by us */
  OUTPUT_READING,
  OUTPUT_FULL /* its lines must be taken first */
};

struct output {
  uv_pipe_t pipe;
  enum output_state state;
  int left; /* bytes to read, once nobody is there to write more */
};

/* Invariant: every handle is initialised, but reaper only if is_spawned. */
struct ptg__link {
  struct ptg__process *process; /* NULL: abandoned */
  uv_process_t reaper;
  uv_pipe_t control;
  uv_timer_t last_wait;
  struct output outputs[PTG__OUTPUTS];
  int control_fd;
  int is_spawned;
  int is_reaper_gone;
  int is_closing;
  int open_handles;
  size_t received; /* bytes of incoming */
  struct ptg__reaper_message incoming;
};

/* --------------------------------------------------------------- the end -- */

static void on_close(uv_handle_t *handle) {
  struct ptg__link *link = handle->data;
  if (--link->open_handles > 0) return;

  struct ptg__process *process = link->process;
  free(link);
  if (process != NULL) ptg__process_end(process);
}

static void close_handle(uv_handle_t *handle) {
  if (!uv_is_closing(handle)) uv_close(handle, on_close);
}

static void close_streams(struct ptg__link *link) {
  close_handle((uv_handle_t *)&link->control);
  for (int i = 0; i < PTG__OUTPUTS; i++)
    close_handle((uv_handle_t *)&link->outputs[i].pipe);
}

static void close_all(struct ptg__link *link) {
  link->is_closing = 1;
  close_streams(link);
  close_handle((uv_handle_t *)&link->last_wait);
  if (link->is_spawned) close_handle((uv_handle_t *)&link->reaper);
}

static void on_last_wait(uv_timer_t *timer) {
  close_all(timer->data);
}

/* The runtime, its memory and the task go now; the handles go with the loop's
 * next turns, whoever runs it. libuv collects the exit status of a process
 * only while its handle is open, so that one waits for the reaper a little. If
 * it takes longer (a descendant that hangs in the kernel, or that belongs to
 * another user) the reaper goes on alone and stays a zombie of the host. */
void ptg__link_abandon(struct ptg__link *link) {
  link->process = NULL;
  if (link->is_closing) return;
  if (!link->is_spawned || link->is_reaper_gone) {
    close_all(link);
    return;
  }
  close_streams(link);
  uv_update_time(link->last_wait.loop);
  uv_timer_start(&link->last_wait, on_last_wait, LAST_WAIT_MS, 0);
}

/* ----------------------------------------------------------- the control -- */

static void take_message(struct ptg__link *link, size_t length) {
  link->received += length;
  if (link->received < sizeof(link->incoming)) return;

  link->received = 0;
  struct ptg__process *process = link->process;
  switch (link->incoming.type) {
  case PTG__REAPER_STARTED:
  case PTG__REAPER_FAILED:
    process->started = link->incoming;
    break;
  case PTG__REAPER_EXITED:
  case PTG__REAPER_KILLED:
    process->ended = link->incoming;
    break;
  default:
    break;
  }
  ptg__process_wake(process);
}

static uv_buf_t room_for_message(struct ptg__link *link) {
  char *rest = (char *)&link->incoming + link->received;
  size_t size = sizeof(link->incoming) - link->received;
  return uv_buf_init(rest, (unsigned)size);
}

static void on_control_room(uv_handle_t *handle, size_t suggested,
                            uv_buf_t *buffer) {
  (void)suggested;
  *buffer = room_for_message(handle->data);
}

/* At its end nothing is done: the reaper's exit will say the same. */
static void on_control(uv_stream_t *stream, ssize_t got, const uv_buf_t *data) {
  (void)data;
  if (got > 0) take_message(stream->data, (size_t)got);
}

/* What the reaper said may come after the news of its exit. */
static void take_last_messages(struct ptg__link *link) {
  uv_read_stop((uv_stream_t *)&link->control);
  for (;;) {
    uv_buf_t room = room_for_message(link);
    ssize_t got = recv(link->control_fd, room.base, room.len, MSG_DONTWAIT);
    if (got <= 0) return;
    take_message(link, (size_t)got);
  }
}

/* The caller may send as many signals as it likes to a reaper that is stopped
 * or starved, but half of the stream's room is kept for our own. */
static int is_crowded(const struct ptg__link *link) {
  int queued = 0;
  int room = 0;
  socklen_t size = sizeof(room);
  if (ioctl(link->control_fd, SIOCOUTQ, &queued) < 0) return 0;
  if (getsockopt(link->control_fd, SOL_SOCKET, SO_SNDBUF, &room, &size) < 0)
    return 0;
  return queued > room / 2;
}

/* Not by libuv, whose writes raise SIGPIPE in a host that does not ignore it
 * when the reaper has been killed. */
int ptg__link_send(struct ptg__link *link, uint8_t type, int32_t value) {
  struct ptg__reaper_message message = {.type = type, .value = value};
  if (link->is_closing) return UV_EPIPE;
  if (type == PTG__REAPER_SIGNAL && is_crowded(link)) return UV_EAGAIN;

  ssize_t sent = send(link->control_fd, &message, sizeof(message),
                      MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? uv_translate_sys_error(errno) : 0;
}

/* The end of our side; what the reaper still has to tell comes all the same. */
void ptg__link_kill(struct ptg__link *link) {
  if (!link->is_closing) shutdown(link->control_fd, SHUT_WR);
}

/* ----------------------------------------------------------- the outputs -- */

static struct ptg__lines *lines_of(const struct output *output) {
  struct ptg__link *link = output->pipe.data;
  return &link->process->lines[output - link->outputs];
}

static void on_output_room(uv_handle_t *handle, size_t suggested,
                           uv_buf_t *buffer) {
  (void)suggested;
  char *room;
  size_t size = ptg__lines_room(lines_of((struct output *)handle), &room);
  *buffer = uv_buf_init(room, (unsigned)size);
}

static void stop_output(struct output *output, enum output_state state) {
  uv_read_stop((uv_stream_t *)&output->pipe);
  output->state = state;
}

static void on_output(uv_stream_t *stream, ssize_t got, const uv_buf_t *data) {
  (void)data;
  struct output *output = (struct output *)stream;
  struct ptg__link *link = stream->data;
  if (got == 0) return;

  char *room;
  struct ptg__lines *lines = lines_of(output);
  if (got > 0) ptg__lines_add(lines, (size_t)got);
  if (got > 0 && link->is_reaper_gone) output->left -= (int)got;

  if (got < 0 || (link->is_reaper_gone && output->left <= 0))
    stop_output(output, OUTPUT_OVER);
  else if (ptg__lines_room(lines, &room) == 0)
    stop_output(output, OUTPUT_FULL);
  ptg__process_wake(link->process);
}

/* The reaper is gone, and with it everybody who was to write here. A stranger
 * to whom one of them gave the pipe may keep it open, so its end is not waited
 * for: what is in it now is all. */
static void limit_output(struct output *output) {
  if (output->state == OUTPUT_OVER) return;

  uv_os_fd_t fd;
  output->left = 0;
  if (uv_fileno((uv_handle_t *)&output->pipe, &fd) == 0)
    ioctl(fd, FIONREAD, &output->left);
  if (output->left == 0) stop_output(output, OUTPUT_OVER);
}

int ptg__link_is_output_over(const struct ptg__link *link, int output) {
  return link->outputs[output].state == OUTPUT_OVER;
}

void ptg__link_go_on(struct ptg__link *link) {
  int is_over = link->is_reaper_gone;
  for (int i = 0; i < PTG__OUTPUTS; i++) {
    struct output *output = &link->outputs[i];
    if (output->state == OUTPUT_FULL) {
      uv_read_start((uv_stream_t *)&output->pipe, on_output_room, on_output);
      output->state = OUTPUT_READING;
    }
    if (output->state != OUTPUT_OVER) is_over = 0;
  }
  if (is_over && !link->is_closing) close_all(link);
}

/* ------------------------------------------------------------- the start -- */

static void on_reaper_exit(uv_process_t *reaper, int64_t status, int signum) {
  struct ptg__link *link = reaper->data;
  link->is_reaper_gone = 1;
  if (link->process == NULL) {
    close_all(link);
    return;
  }
  link->process->reaper_status = (int)status;
  link->process->reaper_signal = signum;
  take_last_messages(link);
  for (int i = 0; i < PTG__OUTPUTS; i++)
    limit_output(&link->outputs[i]);
  ptg__process_wake(link->process);
}

static void close_fd(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
}

/* Opens the end that the loop reads; the other one becomes the reaper's. */
static int open_output(struct ptg__link *link, int i, uv_stdio_container_t *to,
                       int *fd) {
  const struct ptg__process *process = link->process;
  int host_fd = i == 0 ? STDOUT_FILENO : STDERR_FILENO;
  to->flags = UV_IGNORE;
  /* A file is the reaper's affair: to open one can take for ever. */
  if (process->reaper_argv[PTG__REAPER_ARG_STDOUT + i][0] != '\0') return 0;
  if (process->options.on_line == NULL) {
    to->data.fd = host_fd;
    if (fcntl(host_fd, F_GETFD) >= 0) to->flags = UV_INHERIT_FD;
    return 0;
  }

  /* A pipe and not a socket, as libuv would make: /dev/stdout of a process
   * cannot be opened when it is a socket. */
  int ends[2];
  int status = uv_pipe(ends, UV_NONBLOCK_PIPE, 0);
  if (status < 0) return status;
  to->flags = UV_INHERIT_FD;
  to->data.fd = *fd = ends[1];

  struct output *output = &link->outputs[i];
  status = uv_pipe_open(&output->pipe, ends[0]);
  if (status < 0) {
    close(ends[0]);
    return status;
  }
  output->state = OUTPUT_READING;
  return uv_read_start((uv_stream_t *)&output->pipe, on_output_room, on_output);
}

static int open_control(struct ptg__link *link, uv_stdio_container_t *to,
                        int *fd) {
  uv_os_sock_t ends[2];
  int status = uv_socketpair(SOCK_STREAM, 0, ends, UV_NONBLOCK_PIPE, 0);
  if (status < 0) return status;
  to->flags = UV_INHERIT_FD;
  to->data.fd = *fd = ends[1];

  status = uv_pipe_open(&link->control, ends[0]);
  if (status < 0) {
    close(ends[0]);
    return status;
  }
  link->control_fd = ends[0];
  return uv_read_start((uv_stream_t *)&link->control, on_control_room,
                       on_control);
}

/* libuv takes SIGCHLD on whatever stack is running; hosts with small ones, as
 * Go's, want every handler on the signal stack (Go's package os/signal says so
 * of programs with cgo). Without such a stack this changes nothing. */
static void take_child_signal_on_its_stack(void) {
  struct sigaction action;
  if (sigaction(SIGCHLD, NULL, &action) != 0) return;
  action.sa_flags |= SA_ONSTACK;
  sigaction(SIGCHLD, &action, NULL);
}

/* In a session of its own no terminal reaches the reaper. */
static int spawn_reaper(struct ptg__link *link, char *path,
                        uv_stdio_container_t *stdio) {
  struct ptg__process *process = link->process;
  char **argv = process->reaper_argv;
  char protocol[] = PTG__REAPER_PROTOCOL;
  char host[24];
  snprintf(host, sizeof(host), "%ld", (long)getpid());
  argv[0] = path;
  argv[PTG__REAPER_ARG_PROTOCOL] = protocol;
  argv[PTG__REAPER_ARG_HOST] = host;

  uv_process_options_t options = {.exit_cb = on_reaper_exit,
                                  .file = path,
                                  .args = argv,
                                  .env = process->reaper_env,
                                  .flags = UV_PROCESS_DETACHED,
                                  .stdio_count = PTG__REAPER_CONTROL_FD + 1,
                                  .stdio = stdio};
  link->reaper.data = link;
  link->is_spawned = 1;
  link->open_handles++;
  int status = uv_spawn(link->control.loop, &link->reaper, &options);
  take_child_signal_on_its_stack();
  link->is_reaper_gone = status < 0;
  argv[0] = argv[PTG__REAPER_ARG_PROTOCOL] = argv[PTG__REAPER_ARG_HOST] = NULL;
  return status;
}

static int start_reaper(struct ptg__link *link) {
  struct ptg__process *process = link->process;
  char path[4096];
  if (!ptg__reaper_find(path, sizeof(path), process->failure_message,
                        sizeof(process->failure_message)))
    return UV_ENOENT;

  uv_stdio_container_t stdio[PTG__REAPER_CONTROL_FD + 1] = {
      {.flags = UV_IGNORE}};
  int fds[PTG__OUTPUTS + 1] = {-1, -1, -1};
  int status = open_control(link, &stdio[PTG__REAPER_CONTROL_FD], &fds[2]);
  for (int i = 0; i < PTG__OUTPUTS && status == 0; i++)
    status = open_output(link, i, &stdio[1 + i], &fds[i]);
  if (status == 0) status = spawn_reaper(link, path, stdio);

  for (int i = 0; i <= PTG__OUTPUTS; i++)
    close_fd(&fds[i]);
  return status;
}

static void init_handles(struct ptg__link *link, uv_loop_t *loop) {
  uv_pipe_init(loop, &link->control, 0);
  uv_timer_init(loop, &link->last_wait);
  link->control.data = link->last_wait.data = link;
  link->open_handles = 2;
  for (int i = 0; i < PTG__OUTPUTS; i++) {
    uv_pipe_init(loop, &link->outputs[i].pipe, 0);
    link->outputs[i].pipe.data = link;
    link->open_handles++;
  }
}

ptg_status ptg__link_begin(struct ptg__process *process, uv_loop_t *loop) {
  struct ptg__link *link = calloc(1, sizeof(*link));
  if (link == NULL) return PTG_ENOMEM;

  link->process = process;
  link->control_fd = -1;
  process->link = link;
  init_handles(link, loop);
  process->failure = start_reaper(link);
  if (process->failure != 0) close_all(link);
  return PTG_OK;
}
