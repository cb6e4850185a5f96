/*
 * stopwatch ROUNDS SEPARATOR command [args] [SEPARATOR command [args]]...
 *
 * Runs every command once a round and prints a line for each round: the wall time of each command in ns, in the order given.
 * Each round begins at another command, and every second round goes backwards, so that no command always follows the same one.
 * Exits if a command does not exit with 0: its time would mean nothing.
 */
#define _GNU_SOURCE
#include "spawn.h"

#define MAX_COMMANDS 64

static int64_t time_one(char **argv) {
  struct rusage usage;
  int64_t start = now_ns();
  pid_t pid = start_quietly(argv);
  return end_of(pid, argv[0], &usage) - start;
}

int main(int argc, char **argv) {
  char **commands[MAX_COMMANDS];
  int count = 0;
  long rounds = argc > 3 ? strtol(argv[1], NULL, 10) : 0;
  const char *separator = argc > 3 ? argv[2] : "";
  for (int i = 2; rounds > 0 && i < argc; i++) {
    if (strcmp(argv[i], separator) != 0) continue;
    if (count == MAX_COMMANDS || i + 1 == argc) die("commands", EINVAL);
    commands[count++] = argv + i + 1;
    if (i > 2) argv[i] = NULL;
  }
  if (count == 0) die("usage: ROUNDS SEPARATOR command [args]...", EINVAL);

  /* Some commands would pass inherited descriptors on, which would cost only those. */
  close_range(3, ~0U, 0);

  int64_t ns[MAX_COMMANDS];
  for (long round = 0; round < rounds; round++) {
    for (int step = 0; step < count; step++) {
      int place = round % 2 ? count - 1 - step : step;
      int which = (int)((place + round / 2) % count);
      ns[which] = time_one(commands[which]);
    }
    for (int i = 0; i < count; i++) printf("%lld%c", (long long)ns[i], i + 1 == count ? '\n' : ' ');
  }
  return 0;
}
