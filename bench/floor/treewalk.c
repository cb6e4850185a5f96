/*
 * treewalk LOAD PROCESSES TICKS: the counterpart of bench/programs/tree-walk-loop.ts. Prints CPU time in ns, ticks, and the
 * processes of the tree.
 */
#define _GNU_SOURCE
#include "batches.h"
#include "tree.h"
#include <sys/wait.h>

/* As many as its counterpart needs. */
#define MOST_WARM_UP_TICKS 300
#define WARM_UP_READS 100000

struct tree { DIR *proc; int top; };

static void tick(void *with) {
  struct tree *tree = with;
  walk(tree->proc, tree->top);
}

/* Each process takes a descriptor. */
static void raise_file_limit(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  raise_file_limit();
  int in[2], out[2];
  char ready[16];
  if (pipe(in) || pipe(out)) return 1;
  pid_t top = fork();
  if (top == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[1]);
    execl(argv[1], argv[1], "tree", argv[2], NULL);
    _exit(127);
  }
  if (read(out[0], ready, sizeof ready) <= 0) return 1;
  DIR *proc = opendir("/proc");
  int processes = atoi(argv[2]), ticks = atoi(argv[3]);
  for (int i = 0; i < MOST_WARM_UP_TICKS && i < WARM_UP_READS / processes; i++) walk(proc, top);
  struct tree tree = {proc, top};
  long long ns = batched_ns(ticks, tick, &tree);
  printf("%lld %d %d\n", ns, ticks, members);
  close(in[1]);
  waitpid(top, NULL, 0);
  return tree_total < 0;
}
