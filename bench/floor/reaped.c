/*
 * reaped command [args]
 *
 * Runs a command and prints its pid at once. At its end it prints the time of the monotonic clock in ns, the CPU time in ns of
 * the command and its descendants that were waited for, and the peak RSS in bytes of the largest of them.
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
