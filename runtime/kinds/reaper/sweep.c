/* sweep.c - the killing of every child of this process.
 *
 * Only children are killed, never deeper descendants: a child's pid stays its
 * own until this process reaps it, while a grandchild's may name a stranger by
 * the time that the signal is sent. The deeper ones become children as soon as
 * their parents are dead, because this process is a subreaper, and before the
 * SIGCHLD for the parent comes; so a sweep after each SIGCHLD misses nobody.
 */
#include "sweep.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Changed by a test alone. */
static const char *proc = "/proc";

/* The kernel's own bound (PID_MAX_LIMIT). */
#define LAST_PID 4194304

/* Whatever the lists below say, it is the kernel that tells a child from a
 * stranger here: waitid() knows no pid but those of children. */
static void kill_if_child(pid_t pid) {
  siginfo_t info;
  if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0)
    kill(pid, SIGKILL);
}

static void path_in_proc(char *path, size_t size, const char *rest) {
  snprintf(path, size, "%s/%s", proc, rest);
}

/* After a chroot /proc may be missing, and in a container it may count the
 * pids of another namespace. */
static int is_proc_ours(void) {
  char path[256];
  char self[32] = "";
  path_in_proc(path, sizeof(path), "self");
  return readlink(path, self, sizeof(self) - 1) > 0 && atoi(self) == getpid();
}

/* Returns 0 when the kernel keeps no such list. */
static int sweep_listed(void) {
  char path[256];
  path_in_proc(path, sizeof(path), "thread-self/children");
  FILE *list = fopen(path, "re");
  if (list == NULL) return 0;

  int pid;
  while (fscanf(list, "%d", &pid) == 1)
    kill_if_child(pid);
  fclose(list);
  return 1;
}

static int sweep_all_in_proc(void) {
  DIR *folder = opendir(proc);
  if (folder == NULL) return 0;

  const struct dirent *entry;
  while ((entry = readdir(folder)) != NULL) {
    int pid = atoi(entry->d_name);
    if (pid > 0) kill_if_child(pid);
  }
  closedir(folder);
  return 1;
}

void ptg__sweep_children(void) {
  if (is_proc_ours() && (sweep_listed() || sweep_all_in_proc())) return;
  /* Some hundred milliseconds, and better than a survivor. */
  for (pid_t pid = 1; pid <= LAST_PID; pid++)
    kill_if_child(pid);
}
