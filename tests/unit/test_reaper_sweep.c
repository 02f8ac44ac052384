/* test_reaper_sweep.c - the reaper's sweep kills the children of a process, and
 * nobody else, whatever /proc has to tell. It is a part of a program and not of
 * the library, so its source is taken in here.
 *
 * Its kill() is replaced: a sweep that is broken must not be let loose on the
 * machine that tests it.
 */
#include <signal.h>
#include <sys/types.h>

static int note_kill(pid_t pid, int signum);
#define kill note_kill
#include "../../runtime/kinds/reaper/sweep.c"
#undef kill

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define CHILDREN 5

static pid_t children[CHILDREN];
static int kills[CHILDREN];
static int strangers; /* how many others were to be killed */

static int note_kill(pid_t pid, int signum) {
  for (int i = 0; i < CHILDREN; i++) {
    if (pid != children[i]) continue;
    kills[i] += signum == SIGKILL;
    return 0;
  }
  strangers++;
  return 0;
}

static void begin_family(void) {
  strangers = 0;
  for (int i = 0; i < CHILDREN; i++) {
    kills[i] = 0;
    children[i] = fork();
    if (children[i] == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      for (;;)
        pause();
    }
    assert_true(children[i] > 0);
  }
}

static void end_family(void) {
  for (int i = 0; i < CHILDREN; i++) {
    assert_int_equal(kill(children[i], SIGKILL), 0);
    assert_int_equal(waitpid(children[i], NULL, 0), children[i]);
  }
}

static void expect_a_sweep_in(const char *place) {
  proc = place;
  ptg__sweep_children();
  for (int i = 0; i < CHILDREN; i++)
    assert_int_equal(kills[i], 1);
  assert_int_equal(strangers, 0);
}

/* A folder like /proc, but without the kernel's list of children. */
static void make_proc(char *folder, pid_t self) {
  char path[64];
  char target[16];
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof(path), "%s/self", folder);
  snprintf(target, sizeof(target), "%d", self);
  assert_int_equal(symlink(target, path), 0);
}

static void add_to_proc(const char *folder, pid_t pid) {
  char path[64];
  snprintf(path, sizeof(path), "%s/%d", folder, pid);
  assert_int_equal(mkdir(path, 0700), 0);
}

static void remove_proc(const char *folder) {
  DIR *entries = opendir(folder);
  assert_non_null(entries);
  const struct dirent *entry;
  while ((entry = readdir(entries)) != NULL)
    if (unlinkat(dirfd(entries), entry->d_name, 0) != 0)
      unlinkat(dirfd(entries), entry->d_name, AT_REMOVEDIR);
  closedir(entries);
  assert_int_equal(rmdir(folder), 0);
}

static void children_in_the_kernels_list_are_killed(void **state) {
  (void)state;
  begin_family();
  expect_a_sweep_in("/proc");
  end_family();
}

static void without_a_list_those_in_proc_are_tried(void **state) {
  (void)state;
  char folder[] = "/tmp/ptg-test-XXXXXX";
  begin_family();
  make_proc(folder, getpid());
  add_to_proc(folder, getpid()); /* two who are no children */
  add_to_proc(folder, getppid());
  for (int i = 0; i < CHILDREN; i++)
    add_to_proc(folder, children[i]);
  expect_a_sweep_in(folder);
  remove_proc(folder);
  end_family();
}

static void proc_of_another_namespace_is_not_trusted(void **state) {
  (void)state;
  char folder[] = "/tmp/ptg-test-XXXXXX";
  begin_family();
  make_proc(folder, getpid() + 1);
  expect_a_sweep_in(folder);
  remove_proc(folder);
  end_family();
}

static void without_proc_children_are_found_all_the_same(void **state) {
  (void)state;
  begin_family();
  expect_a_sweep_in("/no-such-folder");
  end_family();
}

int main(void) {
  alarm(240);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(children_in_the_kernels_list_are_killed),
      cmocka_unit_test(without_a_list_those_in_proc_are_tried),
      cmocka_unit_test(proc_of_another_namespace_is_not_trusted),
      cmocka_unit_test(without_proc_children_are_found_all_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
