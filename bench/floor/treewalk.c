/*
 * treewalk LOAD PROCESSES TICKS: the counterpart of bench/treewalk.ts. A tick lists /proc, and reads and parses the stat
 * of each process of the tree, whose descriptors are kept; what is new in the list would be asked for its parent.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "clock.h"

struct process { int pid, fd, member; };

static struct process *known;
static int count, room, members;
static double total;

static char *field(char *at, int skip) {
  while (skip--) at = strchr(at, ' ') + 1;
  return at;
}

/* Reads a stat; its parent. Times and memory of a member are added up. */
static int look(int fd, int add) {
  char text[1024];
  ssize_t length = pread(fd, text, sizeof text - 1, 0);
  if (length <= 0) return -1;
  text[length] = 0;
  char *at = strrchr(text, ')') + 2;
  int parent = atoi(field(at, 1));
  if (add) {
    char *times = field(at, 7), *end;
    for (int i = 0; i < 8; i++, times = end) total += strtoull(times, &end, 10);
    char *threads = field(at, 17);
    total += strtoull(threads, NULL, 10) + strtoull(field(threads, 2), NULL, 10) + strtoull(field(threads, 4), NULL, 10);
  }
  return parent;
}

static struct process *find(int pid) {
  for (int low = 0, high = count - 1; low <= high;) {
    int middle = (low + high) / 2;
    if (known[middle].pid == pid) return &known[middle];
    if (known[middle].pid < pid) low = middle + 1;
    else high = middle - 1;
  }
  return NULL;
}

/* The kernel lists pids in ascending order, and a child of these has a higher one than its parent. */
static void meet(int pid, int root) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  struct process *parent = find(look(fd, 0));
  int member = pid == root || (parent && parent->member);
  if (!member) close(fd);
  if (count == room) known = realloc(known, (room = room ? room * 2 : 1024) * sizeof *known);
  known[count++] = (struct process){ pid, member ? fd : -1, member };
  members += member;
}

static void tick(DIR *proc, int root) {
  for (int i = 0; i < count; i++)
    if (known[i].member) look(known[i].fd, 1);
  rewinddir(proc);
  for (struct dirent *entry; (entry = readdir(proc));)
    if (isdigit((unsigned char)entry->d_name[0]) && !find(atoi(entry->d_name))) meet(atoi(entry->d_name), root);
}

int main(int argc, char **argv) {
  if (argc < 4) return 2;
  int in[2], out[2];
  char ready[16];
  if (pipe(in) || pipe(out)) return 1;
  pid_t root = fork();
  if (root == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    close(in[1]);
    execl(argv[1], argv[1], "tree", argv[2], NULL);
    _exit(127);
  }
  if (read(out[0], ready, sizeof ready) <= 0) return 1;
  DIR *proc = opendir("/proc");
  int ticks = atoi(argv[3]);
  for (int i = 0; i < 300; i++) tick(proc, root);
  int64_t start = now_ns();
  for (int i = 0; i < ticks; i++) tick(proc, root);
  printf("%lld %d %d\n", (long long)(now_ns() - start), ticks, members);
  close(in[1]);
  waitpid(root, NULL, 0);
  return total < 0;
}
