#pragma once
/*
 * Reads and parses the four system sources into doubles, from descriptors that stay open, as the collectors do: it reads each
 * file to its end, checks that each row still has the same CPU, interface or disk, omits partitions, and converts to seconds and
 * bytes. Include it in one file of a program, which defines _GNU_SOURCE first.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_BYTES (1 << 20)
#define MAX_VALUES (1 << 16)
#define MAX_ROWS 4096
#define PATH_BYTES 4096
#define NAME_BYTES 32
#define CPU_MODES 10
#define NET_COLUMNS 16
#define DISK_COLUMNS 17
#define WITH_DISCARDS 15
#define SECTOR_BYTES 512.0
#define KIB 1024.0

enum { STAT, MEMINFO, NET_DEV, DISKSTATS, SOURCES };
static const char *const PATHS[SOURCES] = {"/proc/stat", "/proc/meminfo", "/proc/net/dev", "/proc/diskstats"};

struct names {
  int count;
  struct { int bytes, wanted; char text[NAME_BYTES]; } row[MAX_ROWS];
};

static const char *root = "";
static int descriptors[SOURCES];
static char buffer[BUFFER_BYTES + 1];
static double values[MAX_VALUES];
static double ticks_per_second;
static struct names cpus, interfaces, disks;

static inline void die(const char *what) {
  fprintf(stderr, "sources: %s: %s\n", what, errno ? strerror(errno) : "not as expected");
  exit(1);
}

static inline void open_sources(void) {
  char path[PATH_BYTES];
  for (int i = 0; i < SOURCES; i++) {
    snprintf(path, sizeof path, "%s%s", root, PATHS[i]);
    descriptors[i] = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptors[i] < 0) die(path);
  }
  ticks_per_second = sysconf(_SC_CLK_TCK);
}

/* Reads a source into the buffer, adds a NUL, and returns the end. */
static const char *read_whole(int source) {
  size_t length = 0;
  for (;;) {
    ssize_t got = pread(descriptors[source], buffer + length, BUFFER_BYTES - length, length);
    if (got < 0) die(PATHS[source]);
    if (got == 0) break;
    length += got;
    if (length == BUFFER_BYTES) die("a source is longer than the buffer");
  }
  buffer[length] = 0;
  return buffer + length;
}

static const char *skip_blanks(const char *at) {
  while (*at == ' ') at++;
  return at;
}

static const char *next_line(const char *at, const char *end) {
  const char *feed = memchr(at, '\n', end - at);
  return feed ? feed + 1 : end;
}

static const char *skip_cells(const char *at, int cells) {
  for (; cells > 0; cells--) {
    at = skip_blanks(at);
    while ((unsigned char)*at > ' ') at++;
  }
  return at;
}

static const char *number(const char *at, double *value) {
  at = skip_blanks(at);
  if (*at < '0' || *at > '9') die("a number");
  uint64_t sum = 0;
  while (*at >= '0' && *at <= '9') sum = sum * 10 + (*at++ - '0');
  *value = (double)sum;
  return at;
}

/* Whether a name is that of a whole disk: not a partition (/sys/block), a loop device or memory. */
static int is_whole_disk(const char *name) {
  static const char *const NO_DISK[] = {"loop", "ram", "zram"};
  for (int i = 0; i < 3; i++) {
    size_t length = strlen(NO_DISK[i]);
    if (!strncmp(name, NO_DISK[i], length) && name[length] >= '0' && name[length] <= '9') return 0;
  }
  char path[PATH_BYTES];
  int length = snprintf(path, sizeof path, "%s/sys/block/", root);
  for (; *name; name++) path[length++] = *name == '/' ? '!' : *name;
  path[length] = 0;
  return access(path, F_OK) == 0;
}

/* Whether the row is recorded. `is_wanted` is asked only when the row's name has changed; NULL: always recorded. */
static int wanted(struct names *names, int row, const char *name, int bytes, int (*is_wanted)(const char *)) {
  if (row >= MAX_ROWS || bytes >= NAME_BYTES) die("too many rows, or a name too long");
  if (row >= names->count || names->row[row].bytes != bytes || memcmp(names->row[row].text, name, bytes)) {
    names->row[row].bytes = bytes;
    memcpy(names->row[row].text, name, bytes);
    names->row[row].text[bytes] = 0;
    names->row[row].wanted = !is_wanted || is_wanted(names->row[row].text);
    if (row >= names->count) names->count = row + 1;
  }
  return names->row[row].wanted;
}

static double *parse_stat(double *counts) {
  static const char *const KEYS[] = {"procs_running ", "procs_blocked ", "ctxt ", "intr ", "processes "};
  enum { KEY_COUNT = 5 };
  const char *end = read_whole(STAT), *at;
  int row = 0;
  double *out = counts + 1 + KEY_COUNT;
  for (at = next_line(buffer, end); at[0] == 'c' && at[1] == 'p' && at[2] == 'u'; at = next_line(at, end)) {
    const char *name = at;
    at = skip_cells(at, 1);
    if (!wanted(&cpus, row++, name, at - name, NULL)) continue;
    for (int mode = 0; mode < CPU_MODES; mode++) {
      double ticks;
      at = number(at, &ticks);
      *out++ = ticks / ticks_per_second;
    }
  }
  counts[0] = row;
  for (int key = 0; key < KEY_COUNT; key++) counts[1 + key] = NAN;
  for (; at < end; at = next_line(at, end))
    for (int key = 0; key < KEY_COUNT; key++)
      if (!strncmp(at, KEYS[key], strlen(KEYS[key]))) number(at + strlen(KEYS[key]), counts + 1 + key);
  return out;
}

static double *parse_meminfo(double *out) {
  static const char *const KEYS[] = {
      "MemTotal:", "MemAvailable:", "MemFree:",        "Buffers:",       "Cached:",       "SReclaimable:",   "AnonPages:",
      "Slab:",     "Shmem:",        "Dirty:",          "Writeback:",     "Committed_AS:", "SwapTotal:",      "SwapFree:",
      "Hugetlb:",  "Active(file):", "Inactive(file):", "Hugepagesize:",  "HugePages_Total:"};
  enum { TOTAL, AVAILABLE, FREE, BUFFERS, CACHED, RECLAIMABLE, ANON, SLAB, SHMEM, DIRTY, WRITEBACK, COMMITTED,
         SWAP_TOTAL, SWAP_FREE, HUGE, ACTIVE, INACTIVE, HUGE_SIZE, HUGE_COUNT, KEY_COUNT };
  double bytes[KEY_COUNT];
  for (int key = 0; key < KEY_COUNT; key++) bytes[key] = NAN;
  const char *end = read_whole(MEMINFO);
  for (const char *at = buffer; at < end; at = next_line(at, end)) {
    const char *colon = memchr(at, ':', end - at);
    if (!colon) die("meminfo");
    size_t length = colon + 1 - at;
    for (int key = 0; key < KEY_COUNT; key++)
      if (strlen(KEYS[key]) == length && !memcmp(at, KEYS[key], length)) {
        at = number(colon + 1, &bytes[key]);
        bytes[key] *= key == HUGE_COUNT ? 1 : KIB;
        break;
      }
  }
  if (isnan(bytes[TOTAL])) die("meminfo");
  double cached = bytes[CACHED] + (isnan(bytes[RECLAIMABLE]) ? 0 : bytes[RECLAIMABLE]);
  double used = bytes[TOTAL] - bytes[FREE] - bytes[BUFFERS] - cached;
  double huge = isnan(bytes[HUGE]) ? bytes[HUGE_COUNT] * bytes[HUGE_SIZE] : bytes[HUGE];
  double all[] = {bytes[TOTAL], bytes[AVAILABLE], used, bytes[FREE], bytes[BUFFERS], cached, used / bytes[TOTAL] * 100,
                  bytes[ANON], bytes[ACTIVE] + bytes[INACTIVE], bytes[SLAB], bytes[SHMEM], bytes[DIRTY],
                  bytes[WRITEBACK], huge, bytes[COMMITTED], bytes[SWAP_TOTAL], bytes[SWAP_TOTAL] - bytes[SWAP_FREE]};
  memcpy(out, all, sizeof all);
  return out + sizeof all / sizeof *all;
}

static double *parse_net_dev(double *out) {
  const char *end = read_whole(NET_DEV);
  int row = 0;
  for (const char *at = next_line(next_line(buffer, end), end); at < end; at = next_line(at, end)) {
    const char *name = skip_blanks(at);
    const char *feed = next_line(name, end);
    const char *colon = memrchr(name, ':', feed - name);
    if (!colon) die("net/dev");
    if (!wanted(&interfaces, row++, name, colon - name, NULL)) continue;
    double column[NET_COLUMNS];
    at = colon + 1;
    for (int i = 0; i < NET_COLUMNS; i++) at = number(at, &column[i]);
    for (int i = 0; i < 4; i++) {
      *out++ = column[8 + i];
      *out++ = column[i];
    }
  }
  return out;
}

static double *parse_diskstats(double *out) {
  const char *end = read_whole(DISKSTATS);
  int row = 0;
  for (const char *at = buffer; at < end; at = next_line(at, end)) {
    const char *name = skip_blanks(skip_cells(at, 2));
    at = skip_cells(name, 1);
    if (!wanted(&disks, row++, name, at - name, is_whole_disk)) continue;
    double c[DISK_COLUMNS];
    int columns = 0;
    for (at = skip_blanks(at); *at != '\n' && columns < DISK_COLUMNS; at = skip_blanks(at)) at = number(at, &c[columns++]);
    double base[] = {c[2] * SECTOR_BYTES, c[6] * SECTOR_BYTES, c[0], c[4], c[3] / 1000, c[7] / 1000, c[9] / 1000, c[8]};
    double discards[] = {c[11], c[14] / 1000, c[13] * SECTOR_BYTES};
    double flushes[] = {c[15], c[16] / 1000};
    memcpy(out, base, sizeof base);
    out += 8;
    if (columns >= WITH_DISCARDS) memcpy(out, discards, sizeof discards), out += 3;
    if (columns >= DISK_COLUMNS) memcpy(out, flushes, sizeof flushes), out += 2;
  }
  return out;
}

/* Takes one sample and returns the number of its values. */
static inline int sample(void) {
  return parse_diskstats(parse_net_dev(parse_meminfo(parse_stat(values)))) - values;
}
