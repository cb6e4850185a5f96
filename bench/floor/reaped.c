/*
 * reaped command [args]
 *
 * Runs it, and prints its pid at once. When it has ended: the monotonic clock in ns, the CPU time in ns of it and of all
 * below it that were waited for, and the highest resident memory in bytes of the largest of them.
 */
#define _GNU_SOURCE
#include "spawn.h"

int main(int argc, char **argv) {
  if (argc < 2) return 2;
  close_range(3, ~0U, 0);
  struct rusage usage;
  pid_t pid = start_quietly(argv + 1);
  printf("%d\n", pid);
  fflush(stdout);
  int64_t end = end_of(pid, argv[1], &usage);
  printf("%lld %lld %lld\n", (long long)end, (long long)ns_of(&usage), usage.ru_maxrss * 1024LL);
  return 0;
}
