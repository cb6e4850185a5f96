/*
 * execs BATCHES program contestant...
 *
 * What a fork and exec of a command costs the command. Each contestant runs the same loop, which spawns the program and waits
 * for it. They take turns after every ten spawns, so that a busy machine is equally busy for all. A contestant is "none", or a
 * number: so many kinds of the perf events below, which nobody reads; or else a command of words that the
 * loop is put behind. Prints for each the mean in ns of the faster half of its spawns.
 */
#define _GNU_SOURCE
#include "batches.h"
#include "spawn.h"
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define TURN 10
#define RING (64 * 1024)

struct result {
  int contestant;
  double ns;
};

/* The loop of a contestant, which begins a turn when it can read a byte, and passes it on. */
static int loop(char **argv) {
  int batches = atoi(argv[0]), in = atoi(argv[2]), out = atoi(argv[3]), count = 0;
  int64_t *ns = malloc(sizeof *ns * batches * TURN);
  char token;
  for (int batch = 0; batch < batches; batch++) {
    if (read(in, &token, 1) != 1) die("read", errno);
    for (int i = 0; i < TURN; i++) {
      int64_t start = now_ns();
      char *program[] = {argv[1], NULL};
      struct rusage usage;
      ns[count++] = end_of(start_quietly(program), argv[1], &usage) - start;
    }
    if (write(out, &token, 1) != 1) die("write", errno);
  }
  qsort(ns, count, sizeof *ns, by_size);
  double sum = 0;
  for (int i = 0; i < count / 2; i++) sum += ns[i];
  struct result result = {atoi(argv[5]), sum / (count / 2)};
  return write(atoi(argv[4]), &result, sizeof result) == sizeof result ? 0 : 1;
}

/*
 * Opens the events as statexec does: 1, those that count, which children inherit; 2, and those that write records of processes;
 * 3, and the former write the time of each thread that ends.
 */
static void open_events(int flags) {
  for (int cpu = 0; cpu < 2 * sysconf(_SC_NPROCESSORS_ONLN); cpu++) {
    int records = cpu % 2;
    if (records && flags < 2) continue;
    struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof attr, .config = PERF_COUNT_SW_TASK_CLOCK};
    attr.disabled = attr.enable_on_exec = attr.exclude_kernel = attr.exclude_hv = 1;
    attr.sample_id_all = attr.use_clockid = 1;
    attr.clockid = CLOCK_MONOTONIC;
    attr.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
    attr.watermark = 1;
    attr.wakeup_watermark = RING / 16;
    attr.inherit = 1;
    attr.task = attr.comm = attr.comm_exec = records;
    attr.inherit_stat = !records && flags > 2;
    int fd = syscall(SYS_perf_event_open, &attr, 0, cpu / 2, -1, PERF_FLAG_FD_CLOEXEC);
    if (fd < 0) die("perf_event_open", errno);
    // Full rings lose records, which costs less than to write them: so old ones are overwritten.
    if (mmap(NULL, getpagesize() + RING, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED) die("mmap", errno);
  }
}

static char *text_of(int number) {
  char *text = malloc(12);
  snprintf(text, 12, "%d", number);
  return text;
}

int main(int argc, char **argv) {
  if (argc > 2 && strcmp(argv[1], "--loop") == 0) return loop(argv + 2);
  if (argc < 4) return 2;
  int contestants = argc - 3, turns[contestants][2], results[2];
  for (int i = 0; i < contestants; i++)
    if (pipe(turns[i])) die("pipe", errno);
  if (pipe(results)) die("pipe", errno);
  for (int i = 0; i < contestants; i++) {
    char *what = argv[3 + i], *words[64];
    int count = 0;
    int flags = -1;
    if (strspn(what, "0123456789") == strlen(what)) flags = atoi(what);
    else if (strcmp(what, "none") != 0)
      for (char *word = strtok(what, " "); word && count < 50; word = strtok(NULL, " ")) words[count++] = word;
    char *rest[] = {argv[0], "--loop", argv[1], argv[2], text_of(turns[i][0]), text_of(turns[(i + 1) % contestants][1]),
                    text_of(results[1]), text_of(i), NULL};
    memcpy(words + count, rest, sizeof rest);
    pid_t pid = fork();
    if (pid != 0) continue;
    if (flags >= 0) open_events(flags);
    // The events are enabled by an exec of a child.
    pid_t child = fork();
    if (child == 0) {
      execv(words[0], words);
      _exit(127);
    }
    struct rusage usage;
    end_of(child, words[0], &usage);
    _exit(0);
  }
  if (write(turns[0][1], "", 1) != 1) die("write", errno);
  double ns[contestants];
  for (int i = 0; i < contestants; i++) {
    struct rusage usage;
    end_of(-1, "a contestant", &usage);
    struct result result;
    if (read(results[0], &result, sizeof result) != sizeof result) die("read", errno);
    ns[result.contestant] = result.ns;
  }
  for (int i = 0; i < contestants; i++) printf("%.0f%s", ns[i], i + 1 < contestants ? " " : "\n");
  return 0;
}
