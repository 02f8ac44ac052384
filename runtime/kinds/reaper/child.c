/* child.c - the start of the one process that a reaper stands guard over.
 *
 * What may fail or take long (a FIFO without a reader, a folder on a dead
 * server) happens after the fork, where SIGKILL can end it.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "protocol.h"

_Noreturn static void give_up(int outcome, int32_t stage) {
  struct ptg__start_error error = {.stage = stage, .error = errno};
  ssize_t written = write(outcome, &error, sizeof(error));
  (void)written; /* the reaper is gone: then nobody asks */
  _exit(127);
}

static void redirect(int fd, const char *path, int outcome, int32_t stage) {
  if (path[0] == '\0') return;

  int flags = O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY | O_CLOEXEC;
  int file = open(path, flags, 0666);
  if (file < 0 || dup2(file, fd) < 0) give_up(outcome, stage);
}

/* The kernel is asked itself: glibc keeps two signals from sigaction(), and
 * whoever started the host (make, say) may have left them ignored. Zeroed is
 * SIG_DFL; no signal's structure is longer, and its mask is 8 bytes. */
static void reset_signals(void) {
  static const unsigned long by_default[8];
  for (int signum = 1; signum < NSIG; signum++)
    syscall(SYS_rt_sigaction, signum, by_default, NULL, 8);

  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

_Noreturn static void run(char **argv, pid_t reaper, int outcome) {
  setpgid(0, 0);
  /* For the case that the reaper itself is killed. It covers this process
   * only, and not a program that changes its user. */
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
    give_up(outcome, PTG__REAPER_STAGE_SETUP);
  if (getppid() != reaper) _exit(127);
  /* Early, so that it can be asked to end in what follows. */
  reset_signals();

  /* Before the change of folder: the paths are the host's. */
  redirect(STDOUT_FILENO, argv[PTG__REAPER_ARG_STDOUT], outcome,
           PTG__REAPER_STAGE_STDOUT);
  redirect(STDERR_FILENO, argv[PTG__REAPER_ARG_STDERR], outcome,
           PTG__REAPER_STAGE_STDERR);
  const char *cwd = argv[PTG__REAPER_ARG_CWD];
  if (cwd[0] != '\0' && chdir(cwd) < 0) give_up(outcome, PTG__REAPER_STAGE_CWD);

  char **command = argv + PTG__REAPER_ARG_COMMAND;
  execvp(command[0], command);
  give_up(outcome, PTG__REAPER_STAGE_EXEC);
}

pid_t ptg__child_start(char **argv, int *outcome) {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) < 0) return -1;

  pid_t reaper = getpid();
  pid_t pid = fork();
  if (pid == 0) run(argv, reaper, fds[1]);
  if (pid < 0) return -1; /* the caller's next step is to exit */

  /* On both sides, so that neither can be too late. Once the command runs this
   * fails, and has been done. */
  setpgid(pid, pid);
  close(fds[1]);
  *outcome = fds[0];
  return pid;
}
