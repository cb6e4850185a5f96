/*
 * idle FILE SECONDS PROCESSES
 *
 * The command whose wrapper is measured: PROCESSES processes that sleep, itself included. At its end it writes into the file
 * the time of the monotonic clock in ns, and the CPU time in ns of all its processes.
 */
#define _GNU_SOURCE
#include "clock.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_PROCESSES 10000

static pid_t others[MOST_PROCESSES];

static pid_t sleeper(void) {
  pid_t pid = fork();
  if (pid < 0) perror("fork"), exit(1);
  if (pid > 0) return pid;
  /* Ends with its parent, even if that is killed. */
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

int main(int argc, char **argv) {
  if (argc != 4 || atoi(argv[3]) > MOST_PROCESSES) return 2;
  int64_t due = now_ns() + (int64_t)(strtod(argv[2], NULL) * 1e9);
  int fd = open(argv[1], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return perror(argv[1]), 1;
  int count = atoi(argv[3]) - 1;
  for (int i = 0; i < count; i++) others[i] = sleeper();
  struct timespec deadline = {due / 1000000000LL, due % 1000000000LL};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, NULL) == EINTR) continue;
  for (int i = 0; i < count; i++) kill(others[i], SIGKILL);
  while (wait(NULL) > 0) continue;
  char said[64];
  int64_t used = cpu_ns_of(RUSAGE_SELF) + cpu_ns_of(RUSAGE_CHILDREN);
  int length = snprintf(said, sizeof said, "%lld %lld\n", (long long)now_ns(), (long long)used);
  return write(fd, said, length) != length;
}
