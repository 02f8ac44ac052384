/* reaper.c - ptg-reaper: stands between a host and one child process, and sees
 * to it that no descendant of the child outlives the child or the host.
 *
 * It is a subreaper: whoever among the descendants loses its parent becomes its
 * child, so nobody gets away by forking twice or by leaving the session. When
 * the child has ended, or the host is gone, or the host asks for it by closing
 * its side of the stream, the reaper kills what is left, and exits when the
 * kernel says that it has no more children.
 *
 * All signals are blocked for good: a terminal's do not reach it, and those
 * that it waits for come through a descriptor. So no call is ever interrupted.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"
#include "protocol.h"
#include "sweep.h"

#ifdef __SANITIZE_ADDRESS__
/* The search for leaks as it exits, which works by ptrace, sometimes does not
 * come to its end under a flood of signals. */
__attribute__((visibility("default"))) int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
  return 1;
}
#endif

#define CONTROL_FD PTG__REAPER_CONTROL_FD

/* A sweep follows every SIGCHLD, which is enough; this is for a kernel whose
 * list of children left one out. */
#define SWEEP_AGAIN_MS 1000

struct reaper {
  pid_t host;
  pid_t child;        /* may be signalled while is_child_gone is 0 */
  int signals;        /* a signalfd */
  int outcome;        /* of the start; -1: it has been told */
  int is_host_silent; /* the host's side of the stream has ended */
  int has_failed;     /* the child could not be started */
  int is_asked;       /* the child was sent a signal that asks it to end */
  int is_child_gone;
  int is_ending;   /* kill whoever is left */
  size_t received; /* bytes of incoming */
  struct ptg__reaper_message incoming;
};

static void tell(uint8_t type, uint8_t detail, int32_t value) {
  struct ptg__reaper_message message = {
      .type = type, .detail = detail, .value = value};
  /* If the host is gone, nobody needs to know. */
  send(CONTROL_FD, &message, sizeof(message), MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* ---------------------------------------------------------------- set-up -- */

static void close_from(unsigned first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
#endif
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  for (rlim_t fd = first; fd < limit.rlim_max && fd < 1 << 20; fd++)
    close((int)fd);
}

static int open_signals(void) {
  sigset_t set;
  sigfillset(&set);
  if (sigprocmask(SIG_SETMASK, &set, NULL) < 0) return -1;
  /* Ignored, as a parent may have left it, it would reap behind our back. */
  if (signal(SIGCHLD, SIG_DFL) == SIG_ERR) return -1;

  sigemptyset(&set);
  sigaddset(&set, SIGCHLD);
  sigaddset(&set, SIGTERM);
  return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Descriptors that a host forgot to mark are not the child's business. */
static int set_up(struct reaper *reaper) {
  close_from(CONTROL_FD + 1);
  if (fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC) < 0) return -1;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return -1;
  /* The end of the stream tells that the host is gone, unless somebody forked
   * and holds the host's side of it open. This signal tells it too. It also
   * comes when a mere thread of the host ends; getppid() knows better. */
  if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0) return -1;

  reaper->signals = open_signals();
  return reaper->signals < 0 ? -1 : 0;
}

static int is_host_gone(const struct reaper *reaper) {
  if (getppid() != reaper->host) return 1;
  struct ptg__reaper_message message;
  int flags = MSG_PEEK | MSG_DONTWAIT;
  return recv(CONTROL_FD, &message, sizeof(message), flags) == 0;
}

/* ---------------------------------------------------------------- events -- */

/* A child that ended by itself just before a request did not end because of
 * it, though this process may hear of the request first. */
static int has_child_ended(const struct reaper *reaper) {
  if (reaper->is_child_gone) return 1;
  siginfo_t info = {0};
  waitid(P_PID, (id_t)reaper->child, &info, WEXITED | WNOHANG | WNOWAIT);
  return info.si_pid != 0;
}

static void kill_all(struct reaper *reaper) {
  reaper->is_ending = 1;
  if (has_child_ended(reaper)) return;

  reaper->is_asked = 1;
  kill(-reaper->child, SIGKILL);
}

/* The group can be empty while the child lives: it may have joined another. */
static void signal_child(const struct reaper *reaper, int signum) {
  if (kill(-reaper->child, signum) < 0 && errno == ESRCH)
    kill(reaper->child, signum);
}

static void obey(struct reaper *reaper) {
  const struct ptg__reaper_message *message = &reaper->incoming;
  if (message->type != PTG__REAPER_SIGNAL && message->type != PTG__REAPER_ASK)
    return;
  if (has_child_ended(reaper)) return;
  if (message->type == PTG__REAPER_ASK) reaper->is_asked = 1;
  signal_child(reaper, message->value);
}

static void hear_host(struct reaper *reaper) {
  for (;;) {
    char *rest = (char *)&reaper->incoming + reaper->received;
    size_t size = sizeof(reaper->incoming) - reaper->received;
    ssize_t got = recv(CONTROL_FD, rest, size, MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) break;

    reaper->received += (size_t)got;
    if (reaper->received < sizeof(reaper->incoming)) continue;
    reaper->received = 0;
    obey(reaper);
  }
  reaper->is_host_silent = 1;
  kill_all(reaper);
}

static void hear_signals(struct reaper *reaper) {
  struct signalfd_siginfo info;
  while (read(reaper->signals, &info, sizeof(info)) > 0)
    continue;
  if (getppid() != reaper->host) kill_all(reaper);
}

static void hear_start(struct reaper *reaper) {
  struct ptg__start_error error;
  if (read(reaper->outcome, &error, sizeof(error)) == sizeof(error)) {
    reaper->has_failed = 1;
    tell(PTG__REAPER_FAILED, (uint8_t)error.stage, error.error);
  } else {
    tell(PTG__REAPER_STARTED, 0, reaper->child);
  }
  close(reaper->outcome);
  reaper->outcome = -1;
}

/* Called while the child is still a zombie, whose pid nobody else can have, and
 * so neither its process group: the last moment to kill that as a whole. */
static void end_child(struct reaper *reaper, const siginfo_t *info) {
  if (reaper->outcome >= 0) hear_start(reaper);

  kill(-reaper->child, SIGKILL);
  reaper->is_child_gone = 1;
  reaper->is_ending = 1;
  if (reaper->has_failed) return;

  int is_exit = info->si_code == CLD_EXITED;
  tell(is_exit ? PTG__REAPER_EXITED : PTG__REAPER_KILLED,
       (uint8_t)reaper->is_asked, info->si_status);
}

/* Returns 0 when there is no child left, adopted ones included. */
static int reap(struct reaper *reaper) {
  for (;;) {
    siginfo_t info = {0};
    if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
      return errno != ECHILD;
    if (info.si_pid == 0) return 1;

    if (info.si_pid == reaper->child && !reaper->is_child_gone)
      end_child(reaper, &info);
    waitpid(info.si_pid, NULL, 0);
  }
}

/* Signals are taken before the sweep and the sweep is done before the reaping:
 * whoever dies after the one has its SIGCHLD waiting, and brings another turn,
 * which finds the children that it left. */
static void stand_guard(struct reaper *reaper) {
  do {
    struct pollfd fds[] = {
        {.fd = reaper->is_host_silent ? -1 : CONTROL_FD, .events = POLLIN},
        {.fd = reaper->signals, .events = POLLIN},
        {.fd = reaper->outcome, .events = POLLIN},
    };
    poll(fds, 3, reaper->is_ending ? SWEEP_AGAIN_MS : -1);

    if (fds[1].revents) hear_signals(reaper);
    if (fds[2].revents) hear_start(reaper);
    if (fds[0].revents) hear_host(reaper);
    if (reaper->is_ending) ptg__sweep_children();
  } while (reap(reaper));
}

int main(int argc, char **argv) {
  if (argc <= PTG__REAPER_ARG_COMMAND ||
      strcmp(argv[PTG__REAPER_ARG_PROTOCOL], PTG__REAPER_PROTOCOL) != 0) {
    fputs("ptg-reaper: a part of libptg (protocol " PTG__REAPER_PROTOCOL
          "), not to be run by hand\n",
          stderr);
    return 64;
  }

  struct reaper reaper = {.host = atoi(argv[PTG__REAPER_ARG_HOST])};
  if (set_up(&reaper) < 0) {
    tell(PTG__REAPER_FAILED, PTG__REAPER_STAGE_SETUP, errno);
    return 1;
  }
  if (is_host_gone(&reaper)) return 0;

  reaper.child = ptg__child_start(argv, &reaper.outcome);
  if (reaper.child < 0) {
    tell(PTG__REAPER_FAILED, PTG__REAPER_STAGE_SETUP, errno);
    return 1;
  }
  stand_guard(&reaper);
  return 0;
}
