#pragma once
/*
 * The processes below one, by a listing of /proc and the stat of each, whose descriptors are kept. What is new in the
 * list is asked for its parent. To be included by one file of a program, which defines _GNU_SOURCE first.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process { int pid, fd, member; };

static struct process *known;
static int known_count, known_room, members;
static double tree_total;

static char *field(char *at, int skip) {
  while (skip--) at = strchr(at, ' ') + 1;
  return at;
}

/* Reads a stat; its parent, or -1 of one that has ended. Times and memory of a member are added up. */
static int look(int fd, int add) {
  char text[1024];
  ssize_t length = pread(fd, text, sizeof text - 1, 0);
  if (length <= 0) return -1;
  text[length] = 0;
  char *at = strrchr(text, ')') + 2;
  int parent = atoi(field(at, 1));
  if (add) {
    char *times = field(at, 7), *end;
    for (int i = 0; i < 8; i++, times = end) tree_total += strtoull(times, &end, 10);
    char *threads = field(at, 17);
    tree_total +=
        strtoull(threads, NULL, 10) + strtoull(field(threads, 2), NULL, 10) + strtoull(field(threads, 4), NULL, 10);
  }
  return parent;
}

/* Where a pid is among the known, which are in ascending order, or would have to be. */
static int place_of(int pid) {
  int low = 0, high = known_count;
  while (low < high) {
    int middle = (low + high) / 2;
    if (known[middle].pid < pid) low = middle + 1;
    else high = middle;
  }
  return low;
}

static struct process *find(int pid) {
  int place = place_of(pid);
  return place < known_count && known[place].pid == pid ? &known[place] : NULL;
}

/* The kernel lists pids in ascending order, and a child of these has a higher one than its parent. */
static void meet(int pid, int top) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  struct process *parent = find(look(fd, 0));
  int member = pid == top || (parent && parent->member);
  if (!member) close(fd);
  if (known_count == known_room) known = realloc(known, (known_room = known_room ? known_room * 2 : 1024) * sizeof *known);
  int place = place_of(pid);
  memmove(known + place + 1, known + place, (known_count++ - place) * sizeof *known);
  known[place] = (struct process){ pid, member ? fd : -1, member };
  members += member;
}

/* One that has ended stays known: no floor runs for so long that its pid is another's. */
static void leave(struct process *process) {
  close(process->fd);
  process->member = 0;
  members--;
}

static void walk(DIR *proc, int top) {
  for (int i = 0; i < known_count; i++)
    if (known[i].member && look(known[i].fd, 1) < 0) leave(&known[i]);
  rewinddir(proc);
  for (struct dirent *entry; (entry = readdir(proc));)
    if (isdigit((unsigned char)entry->d_name[0]) && !find(atoi(entry->d_name))) meet(atoi(entry->d_name), top);
}
