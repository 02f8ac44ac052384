/* process_marks.h - finding every process that descends from a marked one, by
 * the variable that it was given and cannot lose.
 */
#ifndef PTG_TESTS_PROCESS_MARKS_H
#define PTG_TESTS_PROCESS_MARKS_H

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* "PTG_TEST_MARK=..." for the n-th time in this process. */
struct mark {
  char variable[64];
};

static void mark_init(struct mark *mark, int n) {
  snprintf(mark->variable, sizeof(mark->variable), "PTG_TEST_MARK=%ld-%d.",
           (long)getpid(), n);
}

static int has_mark(const struct mark *mark, const char *pid) {
  char path[300];
  snprintf(path, sizeof(path), "/proc/%s/environ", pid);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  static char text[65536];
  ssize_t length = read(file, text, sizeof(text));
  close(file);
  return length > 0 && memmem(text, (size_t)length, mark->variable,
                              strlen(mark->variable)) != NULL;
}

/* How many there are; each is sent signum, if that is not 0. */
static int count_marked(const struct mark *mark, int signum) {
  int count = 0;
  DIR *proc = opendir("/proc");
  if (proc == NULL) abort();
  const struct dirent *entry;
  while ((entry = readdir(proc)) != NULL) {
    if (!isdigit((unsigned char)entry->d_name[0])) continue;
    if (!has_mark(mark, entry->d_name)) continue;
    count++;
    if (signum != 0) kill(atoi(entry->d_name), signum);
  }
  closedir(proc);
  return count;
}

#endif
