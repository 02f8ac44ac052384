/* test_process.c - the sort of task "process": how children start, what they
 * are given, what they say and how they end by themselves. Real children on
 * the real clock; test_process_end.c is about how they are ended.
 */
#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "process_bench.h"
#include "process_child.h"

static int count_fds(void) {
  int count = 0;
  DIR *folder = opendir("/proc/self/fd");
  assert_non_null(folder);
  while (readdir(folder) != NULL)
    count++;
  closedir(folder);
  return count;
}

/* A bench with default limits, and one child in it to its end. */
static void run(struct watch *watch, const ptg_process_options *options) {
  watch_spawn(watch, options);
  bench_run(watch->bench);
}

static void set_up(struct bench *bench, struct watch *watch) {
  bench_set_up(bench, NULL, 0, 0);
  watch_init(watch, bench);
}

/* ------------------------------------------------------------------ ends -- */

static void exit_status_0_is_ok(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(&watch, SHELL("exit 0"));
  run(&watch, &options);
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_string_equal(watch.message, "");
  assert_int_equal(watch.started, 1);
}

static void exit_status_3_is_eexit(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(&watch, SHELL("exit 3"));
  run(&watch, &options);
  assert_outcome(&watch, PTG_EEXIT, 3, 0);
  assert_string_equal(watch.message, "exit status 3");
}

static void death_by_signal_is_esignal(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(&watch, SHELL("kill -KILL $$"));
  run(&watch, &options);
  assert_outcome(&watch, PTG_ESIGNAL, SIGKILL, 0);
  assert_string_equal(watch.message, "ended by signal 9 (Killed)");
}

static void nobody_needs_to_be_told(void **state) {
  (void)state;
  struct bench bench;
  bench_set_up(&bench, NULL, 0, 0);
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  options.argv = (const char *const[]){"true", NULL};
  ptg_task task;
  assert_int_equal(
      ptg_process_spawn(bench.runtime, bench.group, &options, &task), PTG_OK);
  ptg_task_info info = PTG_TASK_INFO_INIT;
  assert_int_equal(ptg_task_get_info(bench.runtime, task, &info), PTG_OK);
  assert_string_equal(info.name, "true");
  assert_string_equal(info.type_name, "process");
  bench_shut_down(&bench);
  bench_run(&bench);
}

/* ----------------------------------------------------- failures to start -- */

static void expect_no_start(const struct watch *watch, int error,
                            const char *message) {
  assert_outcome(watch, PTG_EUV, error, 0);
  assert_string_equal(watch->message, message);
  assert_int_equal(watch->started, 0);
  assert_int_equal(watch->lines, 0);
}

static void missing_program_is_euv(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options =
      watch_options(&watch, (const char *const[]){"no-such-program", NULL});
  run(&watch, &options);
  expect_no_start(&watch, ENOENT,
                  "cannot run no-such-program: no such file or directory");
}

static void folder_cannot_be_run(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options =
      watch_options(&watch, (const char *const[]){"/", NULL});
  run(&watch, &options);
  expect_no_start(&watch, EACCES, "cannot run /: permission denied");
}

static void missing_cwd_is_euv(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(&watch, SHELL("exit 0"));
  options.cwd = "/no-such-folder";
  run(&watch, &options);
  expect_no_start(&watch, ENOENT,
                  "cannot change to folder /no-such-folder: "
                  "no such file or directory");
}

static void file_that_cannot_be_opened_is_euv(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(&watch, SHELL("exit 0"));
  options.stderr_path = "/no-such-folder/file";
  run(&watch, &options);
  expect_no_start(
      &watch, ENOENT,
      "cannot open /no-such-folder/file: no such file or directory");
}

/* Takes $PTG_REAPER away or sets it, and puts it back. */
static void run_with_reaper(struct watch *watch, const char *path) {
  const char *old = getenv("PTG_REAPER");
  char *saved = old == NULL ? NULL : strdup(old);
  assert_int_equal(setenv("PTG_REAPER", path, 1), 0);
  ptg_process_options options = watch_options(watch, SHELL("exit 0"));
  run(watch, &options);
  if (saved == NULL)
    unsetenv("PTG_REAPER");
  else
    setenv("PTG_REAPER", saved, 1);
  free(saved);
}

static void missing_reaper_is_euv_and_says_where_it_was_sought(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  run_with_reaper(&watch, "/no-such-folder/ptg-reaper");
  expect_no_start(
      &watch, ENOENT,
      "no ptg-reaper; tried /no-such-folder/ptg-reaper (PTG_REAPER)");
}

static void what_is_no_reaper_is_a_failure(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  run_with_reaper(&watch, "/bin/false");
  assert_outcome(&watch, PTG_EFAILED, 1, 0);
  assert_string_equal(watch.message,
                      "ptg-reaper exited with status 1 before its child did");
  assert_int_equal(watch.started, 0);
}

static void reaper_is_found_beside_the_library(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  run_with_reaper(&watch, "");
  assert_outcome(&watch, PTG_OK, 0, 0);
}

/* ------------------------------------------------ what a child is given -- */

static void argv_env_and_cwd_arrive(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(
      &watch, (const char *const[]){
                  "sh", "-c", "pwd; for i; do echo \"<$i>\"; done; echo $A$B",
                  "sh", "one two", "", "3", NULL});
  options.cwd = "/proc";
  options.env = (const char *const[]){"A=x", "PATH=/usr/bin:/bin", NULL};
  assert_int_equal(setenv("B", "y", 1), 0);
  run(&watch, &options);
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_string_equal(watch.text, "1:/proc|1:<one two>|1:<>|1:<3>|1:x|");
}

static void without_env_the_hosts_is_inherited(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(&watch, SHELL("echo $B"));
  assert_int_equal(setenv("B", "y", 1), 0);
  run(&watch, &options);
  assert_string_equal(watch.text, "1:y|");
}

static void program_is_looked_up_in_the_childs_path(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(&watch, SHELL("exit 0"));
  options.env = (const char *const[]){"PATH=/no-such-folder", NULL};
  run(&watch, &options);
  expect_no_start(&watch, ENOENT, "cannot run sh: no such file or directory");
}

static void stdin_is_empty(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options =
      watch_options(&watch, SHELL("cat; readlink /proc/self/fd/0"));
  run(&watch, &options);
  assert_string_equal(watch.text, "1:/dev/null|");
}

/* Also those that the host forgot to mark as its own. */
static void no_descriptor_leaks_into_a_child(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  int unmarked = open("/dev/null", O_RDONLY);
  assert_int_equal(dup2(unmarked, 900), 900);
  ptg_process_options options = watch_options(&watch, CHILD("fds"));
  run(&watch, &options);
  assert_string_equal(watch.text, "1:0|1:1|1:2|");
  close(unmarked);
  close(900);
}

static void child_begins_without_the_hosts_signal_settings(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  sigset_t blocked;
  sigset_t old;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGUSR1);
  sigaddset(&blocked, SIGRTMIN + 3);
  sigprocmask(SIG_BLOCK, &blocked, &old);
  void (*old_pipe)(int) = signal(SIGPIPE, SIG_IGN);
  void (*old_rt)(int) = signal(SIGRTMIN + 4, SIG_IGN);

  ptg_process_options options =
      watch_options(&watch, (const char *const[]){"grep", "-E", "Sig(Blk|Ign)",
                                                  "/proc/self/status", NULL});
  run(&watch, &options);
  assert_string_equal(watch.text, "1:SigBlk:\t0000000000000000|1:SigIgn:\t"
                                  "0000000000000000|");
  sigprocmask(SIG_SETMASK, &old, NULL);
  signal(SIGPIPE, old_pipe);
  signal(SIGRTMIN + 4, old_rt);
}

static void note_child_signal(struct watch *watch) {
  struct sigaction action;
  assert_int_equal(sigaction(SIGCHLD, NULL, &action), 0);
  *(int *)watch->extra = action.sa_flags;
}

static void child_signal_is_taken_on_the_signal_stack(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  int flags = 0;
  watch.extra = &flags;
  watch.on_started = note_child_signal;
  ptg_process_options options = watch_options(&watch, SHELL("exit 0"));
  run(&watch, &options);
  assert_true(flags & SA_ONSTACK);
  assert_true(flags & SA_RESTART); /* as libuv set it up */
}

/* So that Ctrl-C at the host's terminal does not reach it. */
static void child_has_a_process_group_and_session_of_its_own(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(
      &watch, SHELL("read pid comm state ppid group session rest "
                    "</proc/$$/stat; echo $pid $group $session $ppid"));
  run(&watch, &options);
  long pid;
  long group;
  long session;
  long parent;
  assert_int_equal(
      sscanf(watch.text, "1:%ld %ld %ld %ld|", &pid, &group, &session, &parent),
      4);
  assert_int_equal(pid, watch.pid);
  assert_int_equal(group, pid);
  assert_int_equal(session, parent);
  assert_int_not_equal(session, getsid(0));
}

/* ---------------------------------------------------------------- output -- */

static void lines_of_both_outputs_arrive(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(
      &watch, SHELL("echo one; echo; printf 'a\\r\\n\\n'; printf 'no end'"));
  run(&watch, &options);
  assert_string_equal(watch.text, "1:one|1:|1:a\r|1:|1:no end|");

  set_up(&bench, &watch);
  options = watch_options(&watch, SHELL("printf 'error\\nlast' >&2"));
  run(&watch, &options);
  assert_string_equal(watch.text, "2:error|2:last|");
}

static void bytes_are_not_touched(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options =
      watch_options(&watch, SHELL("printf 'a\\000b\\377c\\n'"));
  run(&watch, &options);
  assert_int_equal(watch.lines, 1);
  assert_int_equal(watch.bytes, 5);
}

static void expect_pieces(const char *script, size_t lines, size_t bytes,
                          size_t longest) {
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(&watch, SHELL(script));
  run(&watch, &options);
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_int_equal(watch.lines, lines);
  assert_int_equal(watch.bytes, bytes);
  assert_int_equal(watch.longest, longest);
}

#define XS(count) "head -c " #count " /dev/zero | tr '\\0' x;"

static void long_lines_come_in_pieces(void **state) {
  (void)state;
  expect_pieces(XS(65535) "echo", 1, 65535, 65535);
  expect_pieces(XS(65536) "echo", 1, 65536, 65536);
  expect_pieces(XS(65536), 1, 65536, 65536);
  expect_pieces(XS(65537) "echo", 2, 65537, 65536);
  expect_pieces(XS(131072) "echo; echo", 3, 131072, 65536);
  expect_pieces("echo 12345;" XS(1000000), 17, 1000005, 65536);
}

static void much_output_is_lost_nowhere(void **state) {
  (void)state;
  expect_pieces("yes 'a line of text' | head -n 1000000", 1000000, 14000000,
                14);
}

/* Opens its output as a stranger would who was given the pipe. */
static void hold_its_output(struct watch *watch, const char *line) {
  if (strcmp(line, "ready") != 0) return;
  char path[64];
  snprintf(path, sizeof(path), "/proc/%ld/fd/1", (long)watch->pid);
  int *held = watch->extra;
  *held = open(path, O_WRONLY | O_CLOEXEC);
  assert_true(*held >= 0);
  assert_int_equal(
      ptg_process_signal(watch->bench->runtime, watch->task, SIGUSR1), PTG_OK);
}

static void pipe_that_a_stranger_holds_does_not_hold_the_task(void **state) {
  (void)state;
  struct bench bench;
  struct watch watch;
  int held = -1;
  set_up(&bench, &watch);
  watch.on_line = hold_its_output;
  watch.extra = &held;
  ptg_process_options options =
      watch_options(&watch, CHILD("handle", "10", "1", "0"));
  run(&watch, &options);
  assert_outcome(&watch, PTG_OK, 0, 0);
  assert_string_equal(watch.text, "1:ready|1:signal 10|");
  close(held);
}

static void expect_file(const char *path, const char *expected) {
  char text[256];
  FILE *file = fopen(path, "r");
  assert_non_null(file);
  size_t length = fread(text, 1, sizeof(text) - 1, file);
  text[length] = '\0';
  fclose(file);
  assert_string_equal(text, expected);
}

static void files_are_appended_to(void **state) {
  (void)state;
  char folder[] = "/tmp/ptg-test-XXXXXX";
  assert_non_null(mkdtemp(folder));
  char path[64];
  snprintf(path, sizeof(path), "%s/log", folder);

  for (int i = 0; i < 2; i++) {
    struct bench bench;
    struct watch watch;
    set_up(&bench, &watch);
    ptg_process_options options =
        watch_options(&watch, SHELL("echo out; echo err >&2; echo out"));
    options.stdout_path = path;
    if (i == 1) options.stderr_path = path;
    run(&watch, &options);
    assert_outcome(&watch, PTG_OK, 0, 0);
    assert_string_equal(watch.text, i == 0 ? "2:err|" : "");
  }
  expect_file(path, "out\nout\nout\nerr\nout\n");
  unlink(path);
  rmdir(folder);
}

/* It is the child that hangs then, and it can be ended. */
static void fifo_without_a_reader_does_not_hold_the_host(void **state) {
  (void)state;
  char folder[] = "/tmp/ptg-test-XXXXXX";
  assert_non_null(mkdtemp(folder));
  char path[64];
  snprintf(path, sizeof(path), "%s/fifo", folder);
  assert_int_equal(mkfifo(path, 0600), 0);

  struct bench bench;
  struct watch stuck;
  struct watch other;
  bench_set_up(&bench, NULL, PTG_FOREVER, 0);
  watch_init(&stuck, &bench);
  watch_init(&other, &bench);
  ptg_process_options options = watch_options(&stuck, SHELL("exit 0"));
  options.stdout_path = path;
  watch_spawn(&stuck, &options);
  options = watch_options(&other, SHELL("exit 0"));
  watch_spawn(&other, &options);
  bench.to_end = 1;
  bench_run(&bench);
  assert_outcome(&other, PTG_OK, 0, 0);
  assert_outcome(&stuck, PTG_ECANCELED, SIGTERM, 0);
  unlink(path);
  rmdir(folder);
}

static void output_that_nobody_reads_is_the_hosts(void **state) {
  (void)state;
  char path[] = "/tmp/ptg-test-XXXXXX";
  int file = mkstemp(path);
  assert_true(file >= 0);
  fflush(stdout);
  int old = dup(STDOUT_FILENO);
  dup2(file, STDOUT_FILENO);

  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  ptg_process_options options = watch_options(&watch, SHELL("echo out"));
  options.on_line = NULL;
  run(&watch, &options);

  dup2(old, STDOUT_FILENO);
  close(old);
  close(file);
  assert_outcome(&watch, PTG_OK, 0, 0);
  expect_file(path, "out\n");
  unlink(path);
}

/* ------------------------------------------------------------------ many -- */

static void fifty_at_once_leave_nothing_behind(void **state) {
  (void)state;
  static struct watch watches[50];
  static char scripts[50][64];
  struct bench bench;
  int before = count_fds();
  bench_set_up(&bench, NULL, 0, 0);
  for (int i = 0; i < 50; i++) {
    watch_init(&watches[i], &bench);
    snprintf(scripts[i], sizeof(scripts[i]), "echo %d; exit %d", i, i);
    ptg_process_options options = watch_options(&watches[i], SHELL(scripts[i]));
    watch_spawn(&watches[i], &options);
  }
  bench_run(&bench);
  for (int i = 0; i < 50; i++) {
    assert_outcome(&watches[i], i == 0 ? PTG_OK : PTG_EEXIT, i, 0);
    char line[32];
    snprintf(line, sizeof(line), "1:%d|", i);
    assert_string_equal(watches[i].text, line);
  }
  assert_int_equal(count_fds(), before);
}

/* Descriptors run out at every step of a start in turn. */
static void expect_with_descriptors(rlim_t limit, int *is_enough) {
  struct bench bench;
  struct watch watch;
  set_up(&bench, &watch);
  struct rlimit old;
  assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
  struct rlimit low = {limit, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);

  ptg_process_options options = watch_options(&watch, SHELL("echo fine"));
  run(&watch, &options);
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  *is_enough = watch.outcome.status == PTG_OK;
  if (!*is_enough)
    expect_no_start(&watch, EMFILE,
                    "cannot start ptg-reaper: too many open files");
}

static void without_descriptors_a_start_fails_cleanly(void **state) {
  (void)state;
  int before = count_fds();
  /* Above those that a runtime with its loop takes. */
  rlim_t first = 64;
  while (first > 3 && fcntl((int)first - 1, F_GETFD) < 0)
    first--;
  int failures = 0;
  for (int is_enough = 0; !is_enough; failures++) {
    assert_in_range(failures, 0, 40);
    expect_with_descriptors(first + (rlim_t)failures, &is_enough);
    assert_int_equal(count_fds(), before);
  }
  assert_true(failures > 5);
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "child") == 0) child_main(argv + 2);

  const struct CMUnitTest tests[] = {
      cmocka_unit_test(exit_status_0_is_ok),
      cmocka_unit_test(exit_status_3_is_eexit),
      cmocka_unit_test(death_by_signal_is_esignal),
      cmocka_unit_test(nobody_needs_to_be_told),
      cmocka_unit_test(missing_program_is_euv),
      cmocka_unit_test(folder_cannot_be_run),
      cmocka_unit_test(missing_cwd_is_euv),
      cmocka_unit_test(file_that_cannot_be_opened_is_euv),
      cmocka_unit_test(missing_reaper_is_euv_and_says_where_it_was_sought),
      cmocka_unit_test(what_is_no_reaper_is_a_failure),
      cmocka_unit_test(reaper_is_found_beside_the_library),
      cmocka_unit_test(argv_env_and_cwd_arrive),
      cmocka_unit_test(without_env_the_hosts_is_inherited),
      cmocka_unit_test(program_is_looked_up_in_the_childs_path),
      cmocka_unit_test(stdin_is_empty),
      cmocka_unit_test(no_descriptor_leaks_into_a_child),
      cmocka_unit_test(child_begins_without_the_hosts_signal_settings),
      cmocka_unit_test(child_signal_is_taken_on_the_signal_stack),
      cmocka_unit_test(child_has_a_process_group_and_session_of_its_own),
      cmocka_unit_test(lines_of_both_outputs_arrive),
      cmocka_unit_test(bytes_are_not_touched),
      cmocka_unit_test(long_lines_come_in_pieces),
      cmocka_unit_test(much_output_is_lost_nowhere),
      cmocka_unit_test(pipe_that_a_stranger_holds_does_not_hold_the_task),
      cmocka_unit_test(files_are_appended_to),
      cmocka_unit_test(fifo_without_a_reader_does_not_hold_the_host),
      cmocka_unit_test(output_that_nobody_reads_is_the_hosts),
      cmocka_unit_test(fifty_at_once_leave_nothing_behind),
      cmocka_unit_test(without_descriptors_a_start_fails_cleanly),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
