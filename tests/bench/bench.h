/* bench.h - what the scenarios have in common: a runtime to measure in, a
 * stopwatch, and the form in which results are printed.
 *
 * There is one runtime at a time. It stands on the real clock; where
 * instructions are counted instead, it stands on a manual one, so that nothing
 * depends on how fast the machine is.
 */
#ifndef PTG_BENCH_H
#define PTG_BENCH_H

#include <ptg/ptg.h>
#include <stddef.h>
#include <stdint.h>

#define MS INT64_C(1000000)

extern ptg_runtime *runtime;
extern ptg_group root;
extern long started; /* tasks that have run their first step */
extern long ended;   /* tasks whose done was called */
extern long closed;  /* groups whose on_closed was called */
extern int is_counting;

/* No-op: finishes in its first step. */
extern const ptg_task_type NOOP;
/* Stays until it is told to drain or, by force, to cancel. */
extern const ptg_task_type PARKED;

/* Ends the program with a message unless status is PTG_OK. */
void must(ptg_status status);

/* Aborts with the line if a scenario did not do what it says. */
#define EXPECT(condition) \
  ((condition) ? (void)0 : bench_fail(__FILE__, __LINE__, #condition))
_Noreturn void bench_fail(const char *file, int line, const char *condition);

void bench_open(void);
/* Shuts down what is left and destroys the runtime. */
void bench_close(void);

/* One turn of the loop, which does what is ready and does not wait. */
void bench_turn(void);
void bench_turn_until(const long *counter, long value);

ptg_group bench_group(ptg_group parent, uint32_t flags);
void bench_spawn(ptg_group group, const ptg_task_type *type, long count);

/* A stopwatch; what lies between begin and end is also what instructions are
 * counted of (see instructions): callgrind writes a file at each end. */
typedef struct bench_span {
  double wall_ns;
  double cpu_ns; /* of all threads of the process */
} bench_span;
void span_begin(bench_span *span);
void span_end(bench_span *span);

double bench_now_ns(void);
double bench_cpu_ns(void);
double bench_rss(void); /* bytes */
uint64_t bench_random(void);
void bench_shuffle(uint64_t *values, long count);
int bench_compare(const void *a, const void *b); /* doubles, for qsort() */

/* scenario <TAB> n <TAB> metric <TAB> value */
void bench_print(const char *scenario, long n, const char *metric,
                 double value);
void bench_print_span(const char *scenario, long n, const bench_span *span,
                      double count);

/* The scenarios; n is their size. */
typedef void (*scenario_fn)(long n);
void scenario_s1(long n);
void scenario_s1_one(long n);
void scenario_s1_named(long n);
void scenario_s1_all(long n);
void scenario_s1_beside(long n);
void scenario_s2(long n);
void scenario_s2_force(long n);
void scenario_idle(long n);
void scenario_s4(long n);
void scenario_s5(long n);
void scenario_s5_picture(long n);
void scenario_s5_list(long n);
void scenario_s6(long n);
void scenario_s6_same(long n);
void scenario_s7(long n);
void scenario_groups(long n);
void scenario_depth(long n);
void scenario_edges(long n);
void scenario_edges_random(long n);
void scenario_events(long n);
void scenario_latency(long n);
void scenario_processes(long n);

#endif /* PTG_BENCH_H */
