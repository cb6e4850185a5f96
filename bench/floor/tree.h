#pragma once
/*
 * Walks a process tree, by a list of /proc and the stat of each member, which stays open. The stat of a new process says who its
 * parent is. Include it in one file of a program, which defines _GNU_SOURCE first.
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

/* Reads a stat and returns the parent's pid, or -1 if the process has ended; `add_up` adds its times and memory to the total. */
static int read_stat(int fd, int add_up) {
  char text[1024];
  ssize_t length = pread(fd, text, sizeof text - 1, 0);
  if (length <= 0) return -1;
  text[length] = 0;
  char *at = strrchr(text, ')') + 2;
  int parent = atoi(field(at, 1));
  if (add_up) {
    char *times = field(at, 7), *end;
    for (int i = 0; i < 8; i++, times = end) tree_total += strtoull(times, &end, 10);
    char *threads = field(at, 17);
    tree_total +=
        strtoull(threads, NULL, 10) + strtoull(field(threads, 2), NULL, 10) + strtoull(field(threads, 4), NULL, 10);
  }
  return parent;
}

/* The index of a pid among the known ones, which are in ascending order, or the index at which to insert it. */
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

/* Adds a process to the known ones. The list of /proc is in ascending order, so that a parent usually comes before its child. */
static void add(int pid, int top) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  int parent_pid = read_stat(fd, 0);
  struct process *parent = find(parent_pid);
  /* Pids have wrapped around, and the parent comes later: the next walk adds the child. */
  if (parent_pid > 0 && !parent && pid != top) {
    close(fd);
    return;
  }
  int member = pid == top || (parent && parent->member);
  if (!member) close(fd);
  if (known_count == known_room) known = realloc(known, (known_room = known_room ? known_room * 2 : 1024) * sizeof *known);
  int place = place_of(pid);
  memmove(known + place + 1, known + place, (known_count++ - place) * sizeof *known);
  known[place] = (struct process){ pid, member ? fd : -1, member };
  members += member;
}

/* A process that has ended stays known: no floor runs long enough for its pid to be reused. */
static void drop(struct process *process) {
  close(process->fd);
  process->member = 0;
  members--;
}

static void walk(DIR *proc, int top) {
  for (int i = 0; i < known_count; i++)
    if (known[i].member && read_stat(known[i].fd, 1) < 0) drop(&known[i]);
  rewinddir(proc);
  for (struct dirent *entry; (entry = readdir(proc));)
    if (isdigit((unsigned char)entry->d_name[0]) && !find(atoi(entry->d_name))) add(atoi(entry->d_name), top);
}
