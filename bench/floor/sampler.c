/*
 * sampler SECONDS FILE command [args]
 *
 * The floor for a wrapper that samples: fork, exec, wait4, and once a period the four sources and the stat of each of the
 * command's processes, appended to a file as doubles. It reads status, io and open descriptors of each process as often as the
 * product does, which depends on their cost. Its exit status is the command's.
 */
#define _GNU_SOURCE
#include "clock.h"
#include "sources.h"
#include "tree.h"
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* Anonymous, file and shared memory by status; bytes read and written, by system calls and on the disk, by io. */
static const char *const STATUS_KEYS[] = {"RssAnon:", "RssFile:", "RssShmem:"};
static const char *const IO_KEYS[] = {"rchar:", "wchar:", "read_bytes:", "write_bytes:"};
enum { STATUS_COUNT = 3, IO_COUNT = 4, DETAILS = STATUS_COUNT + IO_COUNT + 1 };

static double details[DETAILS];

/* The part of the elapsed time that may go into details, and what of it in advance: as the product does. */
#define DETAILS_SHARE 0.004
#define DETAILS_ADVANCE_NS 50e6

static int64_t begun_ns, details_ns;

static void add_keys(int pid, const char *file, const char *const *keys, int count, double *into) {
  char path[64], text[4096];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  ssize_t length = pread(fd, text, sizeof text - 1, 0);
  close(fd);
  if (length <= 0) return;
  text[length] = 0;
  const char *end = text + length;
  for (const char *at = text; at < end; at = next_line(at, end))
    for (int key = 0; key < count; key++)
      if (!strncmp(at, keys[key], strlen(keys[key]))) into[key] += strtoull(at + strlen(keys[key]), NULL, 10);
}

static int count_descriptors(int pid) {
  char path[64];
  int count = 0;
  snprintf(path, sizeof path, "/proc/%d/fd", pid);
  DIR *folder = opendir(path);
  if (!folder) return 0;
  for (struct dirent *entry; (entry = readdir(folder));) count += entry->d_name[0] != '.';
  closedir(folder);
  return count;
}

/* Reads the details if the budget is not used up. */
static void read_details(void) {
  int64_t start = now_ns();
  if (details_ns > (start - begun_ns) * DETAILS_SHARE + DETAILS_ADVANCE_NS) return;
  memset(details, 0, sizeof details);
  for (int i = 0; i < known_count; i++) {
    if (!known[i].member) continue;
    add_keys(known[i].pid, "status", STATUS_KEYS, STATUS_COUNT, details);
    add_keys(known[i].pid, "io", IO_KEYS, IO_COUNT, details + STATUS_COUNT);
    details[DETAILS - 1] += count_descriptors(known[i].pid);
  }
  details_ns += now_ns() - start;
}

static void write_row(int out, DIR *proc, int top) {
  tree_total = 0;
  walk(proc, top);
  read_details();
  int count = sample();
  values[count++] = tree_total;
  values[count++] = members;
  memcpy(values + count, details, sizeof details);
  ssize_t bytes = (count + DETAILS) * sizeof *values;
  if (write(out, values, bytes) != bytes) die("write");
}

/* Writes one row a period until the pidfd of the command says that it has ended, and then one more. */
static void record(int command, int64_t period, int out, DIR *proc, int top) {
  struct pollfd ended = {command, POLLIN, 0};
  int64_t start = begun_ns = now_ns();
  for (int64_t tick = 0;; tick++) {
    write_row(out, proc, top);
    int64_t left = start + (tick + 1) * period - now_ns();
    if (left < 0) left = 0;
    struct timespec pause = {left / 1000000000LL, left % 1000000000LL};
    if (ppoll(&ended, 1, &pause, NULL) > 0) break;
  }
  write_row(out, proc, top);
}

int main(int argc, char **argv) {
  if (argc < 4) return 125;
  int64_t period = strtod(argv[1], NULL) * 1e9;
  int out = open(argv[2], O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  DIR *proc = opendir("/proc");
  if (out < 0 || !proc || period <= 0) die(argv[2]);
  open_sources();
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) {
    execvp(argv[3], argv + 3);
    int status = errno == ENOENT ? 127 : 126;
    perror(argv[3]);
    _exit(status);
  }
  int command = syscall(SYS_pidfd_open, pid, 0);
  if (command < 0) die("pidfd_open");
  record(command, period, out, proc, pid);
  int status;
  struct rusage usage;
  while (wait4(pid, &status, 0, &usage) < 0)
    if (errno != EINTR) die("wait4");
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
