/*
 * Loads whose truth is known.
 *
 *   load cpu PROCESSES MS          so many processes at once, each of so much CPU time
 *   load children COUNT MS         one after the other, each of so much CPU time
 *   load daemon MS                 a session of its own, forked twice, of so much CPU time; waits until it has ended
 *   load reaped PROCESSES MS       as cpu, by a parent that has the kernel end its children unseen
 *   load private PROCESSES MIB MS  each holds so much memory of its own, all for so long together
 *   load shared PROCESSES MIB MS   all of them map the same memory and hold it for so long
 *   load grow PROCESSES MIB MS     each takes so much memory of its own, in ten steps in so long; all hold it together
 *                                  for a second; they are copies of their parent
 *   load grown PROCESSES MIB MS    as grow, by processes that have each executed a program
 *   load server PROCESSES MIB MS   holds so much, and has copies that write to a half of it each, and hold that for so long
 *   load io FILE MIB               writes so much to the disk, and reads it from there
 *   load touch FILE MS             reads single pages of a file through a mapping, in no order, for so long
 *   load pipe MIB                  so much through a pipe to a child
 *   load tree PROCESSES            so many that sleep, until standard input ends; a line when they are there
 *   load vfork MIB MS              holds so much, and has a child that has not executed its program yet, for so long
 *   load rusage FILE COMMAND...    runs it, and writes what the kernel's wait4(2) says of it: CPU seconds, minor page
 *                                  faults, voluntary context switches
 *
 * CPU time is measured by the kernel's own clock of the process.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

static void cpu(long processes, double ms)
{
    for (long i = 0; i < processes; i++)
        if (child() == 0) {
            burn(ms);
            _exit(0);
        }
    wait_all();
}

static void children(long count, double ms)
{
    for (long i = 0; i < count; i++) {
        if (child() == 0) {
            burn(ms);
            _exit(0);
        }
        wait(NULL);
    }
}

/* The end of a pipe that the daemon holds tells when it has ended: nobody here is its parent. */
static void daemon_load(double ms)
{
    int held[2];
    if (pipe(held) < 0)
        fail("pipe");
    pid_t first = child();
    if (first == 0) {
        setsid();
        if (child() == 0) {
            close(held[0]);
            burn(ms);
            _exit(0);
        }
        _exit(0);
    }
    close(held[1]);
    waitpid(first, NULL, 0);
    char byte;
    while (read(held[0], &byte, 1) < 0 && errno == EINTR)
        ;
    /* The daemon's descriptors are closed before it is a zombie. */
    pause_ms(50);
}

static char *memory(long mib, int flags)
{
    char *bytes = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        fail("mmap");
    memset(bytes, 1, mib * MIB);
    return bytes;
}

/* Ends that children share: what they write to when they are ready, and what ends when they are to go. */
static int ready[2], go[2];

static void meet(void)
{
    if (pipe(ready) < 0 || pipe(go) < 0)
        fail("pipe");
}

/* In a child: it has all that it is to hold. */
static void hold(int ready_end, int go_end)
{
    char byte = 0;
    if (write(ready_end, &byte, 1) != 1 || read(go_end, &byte, 1) != 0)
        _exit(1);
    _exit(0);
}

/* Waits until all children hold what they are to, and lets them for so long. */
static void hold_all(long processes, long ms)
{
    close(go[0]);
    for (long i = 0; i < processes; i++) {
        char byte;
        if (read(ready[0], &byte, 1) != 1)
            fail("read");
    }
    pause_ms(ms);
    close(go[1]);
    wait_all();
}

static void private(long processes, long mib, long ms)
{
    meet();
    for (long i = 0; i < processes; i++)
        if (child() == 0) {
            close(go[1]);
            memory(mib, MAP_PRIVATE);
            hold(ready[1], go[0]);
        }
    hold_all(processes, ms);
}

static void grow_one(long mib, long ms, int ready_end, int go_end)
{
    char *bytes = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        fail("mmap");
    for (long step = 0; step < 10; step++) {
        long from = step * mib * MIB / 10, to = (step + 1) * mib * MIB / 10;
        memset(bytes + from, 1, to - from);
        pause_ms(ms / 10);
    }
    hold(ready_end, go_end);
}

/* Each executes the program, if there is one. */
static void grow(const char *program, long processes, char **arguments)
{
    char ends[2][16];
    meet();
    snprintf(ends[0], sizeof ends[0], "%d", ready[1]);
    snprintf(ends[1], sizeof ends[1], "%d", go[0]);
    for (long i = 0; i < processes; i++)
        if (child() == 0) {
            close(go[1]);
            if (!program)
                grow_one(atol(arguments[0]), atol(arguments[1]), ready[1], go[0]);
            execl(program, program, "grow-one", arguments[0], arguments[1], ends[0], ends[1], (char *)NULL);
            fail(program);
        }
    hold_all(processes, 1000);
}

static void server(long processes, long mib, long ms)
{
    char *bytes = memory(mib, MAP_PRIVATE);
    meet();
    for (long i = 0; i < processes; i++)
        if (child() == 0) {
            close(go[1]);
            memset(bytes, 2, mib * MIB / 2);
            hold(ready[1], go[0]);
        }
    hold_all(processes, ms);
}

static void shared(long processes, long mib, long ms)
{
    char *bytes = memory(mib, MAP_SHARED);
    for (long i = 1; i < processes; i++)
        if (child() == 0) {
            long sum = 0;
            for (long at = 0; at < mib * MIB; at += 4096)
                sum += bytes[at];
            pause_ms(ms);
            _exit(sum == 0);
        }
    pause_ms(ms);
    wait_all();
}

static void touch(const char *path, double ms)
{
    int fd = open(path, O_RDONLY);
    off_t bytes = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    char *mapped = bytes <= 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd, 0);
    if (mapped == MAP_FAILED || madvise(mapped, bytes, MADV_RANDOM) < 0)
        fail(path);
    double until = clock_ms(CLOCK_MONOTONIC) + ms;
    volatile char seen;
    while (clock_ms(CLOCK_MONOTONIC) < until)
        seen = mapped[random() % bytes];
    (void)seen;
}

static void io(const char *path, long mib)
{
    char *block = memory(1, MAP_PRIVATE);
    int fd = open(path, O_CREAT | O_RDWR | O_TRUNC, 0600);
    if (fd < 0)
        fail(path);
    for (long i = 0; i < mib; i++)
        if (write(fd, block, MIB) != MIB)
            fail("write");
    if (fsync(fd) < 0)
        fail("fsync");
    close(fd);
    fd = open(path, O_RDONLY | O_DIRECT);
    if (fd < 0)
        fail("open with O_DIRECT");
    for (long i = 0; i < mib; i++)
        if (read(fd, block, MIB) != MIB)
            fail("read");
    close(fd);
}

static void pipe_load(long mib)
{
    int ends[2];
    char *block = memory(1, MAP_PRIVATE);
    if (pipe(ends) < 0)
        fail("pipe");
    if (child() == 0) {
        close(ends[1]);
        while (read(ends[0], block, MIB) > 0)
            ;
        _exit(0);
    }
    close(ends[0]);
    for (long left = mib * MIB; left > 0;) {
        ssize_t taken = write(ends[1], block, left < MIB ? left : MIB);
        if (taken < 0)
            fail("write");
        left -= taken;
    }
    close(ends[1]);
    wait_all();
}

static void tree(long processes)
{
    int held[2];
    char byte;
    if (pipe(held) < 0)
        fail("pipe");
    for (long i = 1; i < processes; i++)
        if (child() == 0) {
            close(held[1]);
            _exit(read(held[0], &byte, 1) != 0);
        }
    if (write(1, "ready\n", 6) != 6)
        fail("write");
    while (read(0, &byte, 1) > 0)
        ;
    close(held[1]);
    wait_all();
}

static long held_ms;

static int borrow(void *unused)
{
    (void)unused;
    pause_ms(held_ms);
    return 0;
}

static void vfork_load(long mib, long ms)
{
    char *stack = memory(1, MAP_PRIVATE);
    memory(mib, MAP_PRIVATE);
    held_ms = ms;
    if (clone(borrow, stack + MIB, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL) < 0)
        fail("clone");
    wait_all();
}

static int rusage(const char *path, char **command)
{
    struct rusage used;
    int status;
    pid_t pid = child();
    if (pid == 0) {
        execvp(command[0], command);
        fail(command[0]);
    }
    if (wait4(pid, &status, 0, &used) < 0)
        fail("wait4");
    FILE *file = fopen(path, "w");
    if (!file)
        fail(path);
    double user = used.ru_utime.tv_sec + used.ru_utime.tv_usec / 1e6;
    double system = used.ru_stime.tv_sec + used.ru_stime.tv_usec / 1e6;
    fprintf(file, "%.6f %ld %ld\n", user + system, used.ru_minflt, used.ru_nvcsw);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    long a = argc > 2 ? atol(argv[2]) : 0, b = argc > 3 ? atol(argv[3]) : 0, c = argc > 4 ? atol(argv[4]) : 0;
    if (!strcmp(kind, "cpu"))
        cpu(a, b);
    else if (!strcmp(kind, "children"))
        children(a, b);
    else if (!strcmp(kind, "daemon"))
        daemon_load(a);
    else if (!strcmp(kind, "reaped")) {
        signal(SIGCHLD, SIG_IGN);
        cpu(a, b);
    } else if (!strcmp(kind, "private"))
        private(a, b, c);
    else if (!strcmp(kind, "grow-one") && argc > 5)
        grow_one(a, b, c, atoi(argv[5]));
    else if (!strcmp(kind, "grow") && argc > 4)
        grow(NULL, a, argv + 3);
    else if (!strcmp(kind, "grown") && argc > 4)
        grow("/proc/self/exe", a, argv + 3);
    else if (!strcmp(kind, "server"))
        server(a, b, c);
    else if (!strcmp(kind, "shared"))
        shared(a, b, c);
    else if (!strcmp(kind, "io"))
        io(argv[2], b);
    else if (!strcmp(kind, "touch"))
        touch(argv[2], b);
    else if (!strcmp(kind, "pipe"))
        pipe_load(a);
    else if (!strcmp(kind, "tree"))
        tree(a);
    else if (!strcmp(kind, "vfork"))
        vfork_load(a, b);
    else if (!strcmp(kind, "rusage") && argc > 3)
        return rusage(argv[2], argv + 3);
    else
        return 2;
    return 0;
}
