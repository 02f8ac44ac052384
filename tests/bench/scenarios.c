/* scenarios.c - runs one scenario, and prints what it measured.
 *
 *   scenarios SCENARIO N
 *   scenarios --count SCENARIO N   on a manual clock, for callgrind
 *   scenarios                      lists the scenarios
 *
 * What each scenario is stands in README.md.
 */
#include "bench.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
  const char *name;
  scenario_fn run;
} SCENARIOS[] = {
    {"S1", scenario_s1},
    {"S1one", scenario_s1_one},
    {"S1named", scenario_s1_named},
    {"S1all", scenario_s1_all},
    {"S1beside", scenario_s1_beside},
    {"S2", scenario_s2},
    {"S2force", scenario_s2_force},
    {"idle", scenario_idle},
    {"S4", scenario_s4},
    {"S5", scenario_s5},
    {"S5picture", scenario_s5_picture},
    {"S5list", scenario_s5_list},
    {"S6", scenario_s6},
    {"S6same", scenario_s6_same},
    {"S7", scenario_s7},
    {"groups", scenario_groups},
    {"depth", scenario_depth},
    {"edges", scenario_edges},
    {"edges_random", scenario_edges_random},
    {"events", scenario_events},
    {"latency", scenario_latency},
    {"processes", scenario_processes},
};
#define COUNT (sizeof(SCENARIOS) / sizeof(SCENARIOS[0]))

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--count") == 0) {
    is_counting = 1;
    argv++, argc--;
  }
  if (argc == 3)
    for (size_t i = 0; i < COUNT; i++)
      if (strcmp(argv[1], SCENARIOS[i].name) == 0) {
        SCENARIOS[i].run(strtol(argv[2], NULL, 10));
        return 0;
      }
  fprintf(stderr, "usage: scenarios [--count] SCENARIO N\n");
  for (size_t i = 0; i < COUNT; i++)
    fprintf(stderr, "  %s\n", SCENARIOS[i].name);
  return 2;
}
