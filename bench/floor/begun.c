/*
 * begun FILE
 *
 * Writes the wall-clock time at which it began to run, in ns, into a file that appears complete. Waits for a signal.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct timespec now;
  char part[4096];
  FILE *file;

  clock_gettime(CLOCK_REALTIME, &now);
  if (argc != 2 || snprintf(part, sizeof part, "%s.part", argv[1]) >= (int)sizeof part) return 2;
  file = fopen(part, "w");
  if (file == NULL) return 1;
  fprintf(file, "%lld", (long long)now.tv_sec * 1000000000 + now.tv_nsec);
  if (fclose(file) != 0 || rename(part, argv[1]) != 0) return 1;
  pause();
  return 0;
}
