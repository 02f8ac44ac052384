/* test_process_survival.c - nothing that a process left behind survives a host
 * that is killed with SIGKILL, whenever that happens.
 *
 * A host is this program again. It keeps a process whose descendants fork
 * twice, leave the session and ignore SIGTERM, and starts others over and over
 * (of which one never stops forking), so that at any instant something is
 * being born. The test is a subreaper: whoever loses everybody above it becomes
 * its child, and when the kernel says that it has none, nobody is left. As a
 * second witness all of them carry a mark in their environment.
 */
#include <sys/prctl.h>
#include <time.h>

#include "process_bench.h"
#include "process_child.h"
#include "process_marks.h"

#define INSTANTS 100

/* ------------------------------------------------------------------ host -- */

static int is_copied;

static void host_line(ptg_runtime *runtime, ptg_task task, int32_t stream,
                      const char *line, size_t length, void *user_data) {
  (void)runtime;
  (void)task;
  (void)stream;
  (void)line;
  (void)length;
  (void)user_data;
  /* The copy has the host's end of every stream to a reaper, and keeps it. */
  if (is_copied && fork() == 0) wait_for_ever();
  say("ready");
}

static void host_spawn(ptg_runtime *runtime, const char *what,
                       ptg_line_fn on_line);

static void host_again(ptg_runtime *runtime, ptg_task task,
                       const ptg_outcome *outcome, void *user_data) {
  (void)task;
  (void)outcome;
  host_spawn(runtime, user_data, NULL);
}

static void host_spawn(ptg_runtime *runtime, const char *what,
                       ptg_line_fn on_line) {
  ptg_process_options options = PTG_PROCESS_OPTIONS_INIT;
  options.argv = CHILD(what);
  options.stdout_path = on_line == NULL ? "/dev/null" : NULL;
  options.on_line = on_line;
  options.done = host_again;
  options.user_data = (void *)(uintptr_t)what;
  ptg_group root;
  if (ptg_runtime_get_root(runtime, &root) != PTG_OK ||
      ptg_process_spawn(runtime, root, &options, NULL) != PTG_OK)
    _exit(97);
}

_Noreturn static void host_main(int is_to_be_copied) {
  ptg_runtime *runtime;
  is_copied = is_to_be_copied;
  if (ptg_runtime_create(NULL, &runtime) != PTG_OK) _exit(96);
  host_spawn(runtime, "tree", host_line);
  if (!is_copied) {
    host_spawn(runtime, "leave", NULL);
    host_spawn(runtime, "evade", NULL);
  }
  ptg_runtime_run(runtime);
  _exit(95);
}

/* ------------------------------------------------------------------ test -- */

static int64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 * MS + now.tv_nsec;
}

static void wait_ns(int64_t duration_ns) {
  struct timespec duration = {duration_ns / (1000 * MS),
                              duration_ns % (1000 * MS)};
  nanosleep(&duration, NULL);
}

/* Sets *output to the host's, which says "ready" when its tree is up. */
static pid_t start_host(const char *kind, struct mark *mark, int *output) {
  static int n;
  int fds[2];
  mark_init(mark, n++);
  assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
  pid_t host = fork();
  if (host == 0) {
    dup2(fds[1], STDOUT_FILENO);
    char variable[sizeof(mark->variable)];
    memcpy(variable, mark->variable, sizeof(variable));
    putenv(variable);
    execl(own_path(), "test", kind, (char *)NULL);
    _exit(94);
  }
  assert_true(host > 0);
  close(fds[1]);
  *output = fds[0];
  return host;
}

static void wait_until_ready(int output) {
  char byte;
  assert_int_equal(read(output, &byte, 1), 1);
}

static void kill_host(pid_t host, int output) {
  int status;
  assert_int_equal(kill(host, SIGKILL), 0);
  assert_int_equal(waitpid(host, &status, 0), host);
  assert_true(WIFSIGNALED(status));
  close(output);
}

/* Waits until only so many marked processes are left, whom this program has
 * adopted, or the watchdog's time is over. Returns how many there are. */
static int wait_until_left(const struct mark *mark, int expected) {
  int64_t end_ns = now_ns() + WATCHDOG_S / 2 * 1000 * MS;
  for (;;) {
    pid_t pid = waitpid(-1, NULL, WNOHANG);
    if (pid > 0) continue;
    int left = pid < 0 ? 0 : 1;
    if (left == 0 || expected > 0) left = count_marked(mark, 0);
    if (left == expected || now_ns() > end_ns) return left;
    wait_ns(MS);
  }
}

static void expect_left(const struct mark *mark, int expected) {
  int left = wait_until_left(mark, expected);
  if (left != expected) {
    left = count_marked(mark, SIGKILL);
    fail_msg("%d survivors", left);
  }
}

static void nobody_survives_a_kill_at_a_random_instant(void **state) {
  (void)state;
  const char *given = getenv("PTG_TEST_SEED");
  unsigned seed = given != NULL ? (unsigned)strtoul(given, NULL, 10)
                                : (unsigned)now_ns() ^ (unsigned)getpid();
  printf("PTG_TEST_SEED=%u\n", seed);
  fflush(stdout);
  srandom(seed);

  struct mark mark;
  int output;
  int64_t begun_ns = now_ns();
  pid_t host = start_host("host", &mark, &output);
  wait_until_ready(output);
  int64_t span_ns = 2 * (now_ns() - begun_ns);
  kill_host(host, output);
  expect_left(&mark, 0);

  for (int i = 0; i < INSTANTS; i++) {
    alarm(WATCHDOG_S);
    host = start_host("host", &mark, &output);
    wait_ns((int64_t)((double)span_ns * (double)random() / RAND_MAX));
    kill_host(host, output);
    expect_left(&mark, 0);
  }
}

/* As a program does that forks without an exec, such as Python's. */
static void nobody_survives_though_a_copy_of_the_host_does(void **state) {
  (void)state;
  alarm(WATCHDOG_S);
  struct mark mark;
  int output;
  pid_t host = start_host("copied-host", &mark, &output);
  wait_until_ready(output);
  kill_host(host, output);
  expect_left(&mark, 1);
  assert_int_equal(count_marked(&mark, SIGKILL), 1);
  expect_left(&mark, 0);
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "child") == 0) child_main(argv + 2);
  if (argc > 1 && strcmp(argv[1], "host") == 0) host_main(0);
  if (argc > 1 && strcmp(argv[1], "copied-host") == 0) host_main(1);

  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) return 1;
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nobody_survives_a_kill_at_a_random_instant),
      cmocka_unit_test(nobody_survives_though_a_copy_of_the_host_does),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
