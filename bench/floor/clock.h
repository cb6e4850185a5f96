#pragma once
#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

/* Time of the monotonic clock. */
static inline int64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* CPU time, user and system. */
static inline int64_t ns_of(const struct rusage *usage) {
  return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000LL +
         (usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000LL;
}

/* CPU time of this process (RUSAGE_SELF), or of the children that it has waited for (RUSAGE_CHILDREN). */
static inline int64_t cpu_ns_of(int who) {
  struct rusage usage;
  getrusage(who, &usage);
  return ns_of(&usage);
}

static inline int64_t cpu_ns(void) { return cpu_ns_of(RUSAGE_SELF); }
