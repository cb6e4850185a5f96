#pragma once
/* Runs a command to its end, with /dev/null as its standard input and output. Define _GNU_SOURCE first. */
#include "clock.h"
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static inline void die(const char *what, int error) {
  fprintf(stderr, "%s: %s\n", what, strerror(error));
  exit(1);
}

static inline pid_t start_quietly(char **argv) {
  pid_t pid;
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
  int error = posix_spawn(&pid, argv[0], &quiet, NULL, argv, environ);
  if (error) die(argv[0], error);
  posix_spawn_file_actions_destroy(&quiet);
  return pid;
}

/* Waits for a process and returns the time of its end. Exits if the process does not exit with 0: its time would mean nothing. */
static inline int64_t end_of(pid_t pid, const char *name, struct rusage *usage) {
  int status;
  while (wait4(pid, &status, 0, usage) < 0)
    if (errno != EINTR) die("wait4", errno);
  int64_t end = now_ns();
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return end;
  fprintf(stderr, "%s: wait status 0x%x, expected exit 0\n", name, status);
  exit(1);
}
