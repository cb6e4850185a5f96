/*
 * The floor for a sampler: reads and parses the four system sources into doubles, from descriptors that stay open.
 *
 *   sources hot TICKS           without pauses:                     prints its CPU time in ns, ticks, values a tick
 *   sources paced HZ SECONDS    at absolute deadlines:              prints its CPU time in ns, ticks, values a tick
 *   sources idle HZ SECONDS     the same wake-ups, nothing read:    prints its CPU time in ns, ticks, 0
 *   sources values [ROOT]       one tick, of ROOT/proc if given:    prints the values, one a line
 */
#define _GNU_SOURCE
#include "batches.h"
#include "sources.h"

static void tick(void *count) { *(int *)count = sample(); }

static void hot(long ticks) {
  int count = 0;
  for (long i = 0; i < ticks / 4; i++) sample();
  long long ns = batched_ns(ticks, tick, &count);
  printf("%lld %ld %d\n", ns, ticks, count);
}

static void paced(double hz, double seconds, int idle) {
  int64_t period = 1e9 / hz;
  long ticks = hz * seconds;
  int count = idle ? 0 : sample();
  int64_t cpu = cpu_ns(), start = now_ns();
  for (long i = 1; i <= ticks; i++) {
    int64_t due = start + i * period;
    struct timespec deadline = {due / 1000000000LL, due % 1000000000LL};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) continue;
    if (!idle) count = sample();
  }
  printf("%lld %ld %d\n", (long long)(cpu_ns() - cpu), ticks, count);
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "";
  int show = !strcmp(mode, "values");
  if (show && argc > 2) root = argv[2];
  open_sources();
  if (show) {
    int count = sample();
    for (int i = 0; i < count; i++) printf("%.17g\n", values[i]);
  } else if (!strcmp(mode, "hot") && argc == 3) {
    hot(strtol(argv[2], NULL, 10));
  } else if ((!strcmp(mode, "paced") || !strcmp(mode, "idle")) && argc == 4) {
    paced(strtod(argv[2], NULL), strtod(argv[3], NULL), mode[0] == 'i');
  } else {
    die("usage: hot TICKS | paced HZ SECONDS | idle HZ SECONDS | values [ROOT]");
  }
  return 0;
}
