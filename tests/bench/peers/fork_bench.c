/* fork_bench.c - n children in ten groups, forked and killed in a plain loop:
 * what a program would write that has nothing but the system.
 *
 *   fork_bench processes N
 *
 * A child counts as started once it has become `sleep`, which a pipe tells that
 * closes with that; each has a process group of its own.
 */
#include "peer.h"
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define GROUPS 10

static pid_t start(void) {
  int pipes[2];
  char byte;
  if (pipe2(pipes, O_CLOEXEC) != 0) abort();
  pid_t pid = fork();
  if (pid < 0) abort();
  if (pid == 0) {
    setpgid(0, 0);
    execlp("sleep", "sleep", "1000", (char *)NULL);
    _exit(127);
  }
  close(pipes[1]);
  while (read(pipes[0], &byte, 1) < 0)
    ;
  close(pipes[0]);
  return pid;
}

int main(int argc, char **argv) {
  long n = argc > 2 ? atol(argv[2]) : 500;
  long size = n / GROUPS;
  pid_t *pids = malloc((size_t)n * sizeof *pids);
  if (!pids) return 1;
  double begin = wall_ns();
  for (long i = 0; i < size * GROUPS; i++)
    pids[i] = start();
  double up = wall_ns();
  for (int group = GROUPS - 1; group >= 0; group--) {
    for (long i = 0; i < size; i++)
      kill(-pids[group * size + i], SIGTERM);
    for (long i = 0; i < size; i++)
      waitpid(pids[group * size + i], NULL, 0);
  }
  double down = wall_ns();
  print("processes", n, "up_ms", (up - begin) / 1e6);
  print("processes", n, "down_ms", (down - up) / 1e6);
  print("processes", n, "ms", (down - begin) / 1e6);
  free(pids);
  return 0;
}
