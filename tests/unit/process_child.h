/* process_child.h - the children that the tests of the sort "process" run. */
#ifndef PTG_TESTS_PROCESS_CHILD_H
#define PTG_TESTS_PROCESS_CHILD_H

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *text) {
  char line[128];
  int length = snprintf(line, sizeof(line), "%s\n", text);
  if (write(STDOUT_FILENO, line, (size_t)length) != length) _exit(99);
}

_Noreturn static void wait_for_ever(void) {
  for (;;)
    pause();
}

static void ignore_all(void) {
  signal(SIGTERM, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  signal(SIGINT, SIG_IGN);
}

/* -------------------------------------------------------------- handlers -- */

static int exit_status;
static int signals_to_go;

static void on_signal(int signum) {
  char line[] = "signal 00\n";
  line[7] = (char)('0' + signum / 10);
  line[8] = (char)('0' + signum % 10);
  if (write(STDOUT_FILENO, line, sizeof(line) - 1) < 0) _exit(99);
  if (signum != SIGUSR2 && --signals_to_go == 0) _exit(exit_status);
}

/* child handle SIGNAL COUNT STATUS: tells each signal, exits at the last; tells
 * SIGUSR2 as well. */
_Noreturn static void child_handle(char **argv) {
  signals_to_go = atoi(argv[1]);
  exit_status = atoi(argv[2]);
  signal(SIGUSR2, on_signal);
  signal(atoi(argv[0]), on_signal);
  say("ready");
  wait_for_ever();
}

/* ----------------------------------------------------------- descendants -- */

/* Forks; the new process never returns. It tells that it is up through fd. */
static void fork_one(int is_in_session, int fd) {
  if (fork() != 0) return;
  if (is_in_session) setsid();
  if (write(fd, "", 1) != 1) _exit(99);
  wait_for_ever();
}

/* Four that ignore what asks them to end: one in the process group, one in a
 * session of its own, one whose parent has ended, and one both. */
static void fork_tree(void) {
  int fds[2];
  if (pipe(fds) < 0) _exit(99);
  for (int i = 0; i < 2; i++) {
    fork_one(i, fds[1]);
    pid_t middle = fork();
    if (middle == 0) {
      fork_one(i, fds[1]);
      _exit(0);
    }
    waitpid(middle, NULL, 0);
  }
  char byte;
  for (int i = 0; i < 4; i++)
    if (read(fds[0], &byte, 1) != 1) _exit(99);
}

/* child tree: they and this one stay. child leave: only they do. */
_Noreturn static void child_tree(int is_leaving) {
  ignore_all();
  fork_tree();
  say("ready");
  if (is_leaving) _exit(0);
  wait_for_ever();
}

/* child evade: a process that is always another one. */
_Noreturn static void child_evade(void) {
  ignore_all();
  say("ready");
  for (;;) {
    setsid();
    if (fork() > 0) _exit(0);
  }
}

/* ----------------------------------------------------------------- other -- */

/* child fds: which descriptors it was given. */
_Noreturn static void child_fds(void) {
  for (int fd = 0; fd < 1024; fd++) {
    char line[32];
    snprintf(line, sizeof(line), "%d", fd);
    if (fcntl(fd, F_GETFD) >= 0) say(line);
  }
  _exit(0);
}

/* child reaper: says who its parent is, and stays. */
_Noreturn static void child_reaper(void) {
  char line[32];
  snprintf(line, sizeof(line), "%ld", (long)getppid());
  ignore_all();
  say(line);
  wait_for_ever();
}

_Noreturn static void child_main(char **argv) {
  const char *what = argv[0];
  if (strcmp(what, "handle") == 0) child_handle(argv + 1);
  if (strcmp(what, "tree") == 0) child_tree(0);
  if (strcmp(what, "leave") == 0) child_tree(1);
  if (strcmp(what, "evade") == 0) child_evade();
  if (strcmp(what, "fds") == 0) child_fds();
  if (strcmp(what, "reaper") == 0) child_reaper();
  _exit(98);
}

#endif
