#pragma once
/* Measures the CPU time of loops by the median of several batches. */
#include "clock.h"
#include <stdlib.h>

#define BATCHES 20

static int by_size(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* CPU time of `ticks` ticks, in ns, at the pace of the median batch. */
static inline int64_t batched_ns(long ticks, void (*tick)(void *), void *with) {
  int64_t ns[BATCHES];
  int batches = ticks < BATCHES ? (int)ticks : BATCHES;
  long each = ticks / batches;
  for (int batch = 0; batch < batches; batch++) {
    int64_t start = cpu_ns();
    for (long i = 0; i < each; i++) tick(with);
    ns[batch] = cpu_ns() - start;
  }
  qsort(ns, batches, sizeof *ns, by_size);
  return ns[batches / 2] * ticks / each;
}
