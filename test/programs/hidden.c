/*
 * Loads of known truth that one way of measuring or another does not see.
 *
 *   hidden hugetlb MIB MS          holds so much in reserved huge pages, for so long
 *   hidden thp MIB MS              in transparent huge pages, one byte of each written
 *   hidden memfd MIB MS            in a file in memory that nobody maps
 *   hidden file FILE MIB MS        in a file that is written and stays open: in a tmpfs, that is memory
 *   hidden sysv PROCESSES MIB MS   in System V shared memory that all map
 *   hidden mapped FILE MIB MS      a file of that size, mapped and read: page cache, no memory of its own
 *   hidden copied FILE MIB MS      the same, mapped privately and written: all of it is its own
 *   hidden locked MIB MS           locked memory
 *   hidden leader MIB MS           by a thread, after the process' first thread has ended
 *   hidden spike PROCESSES MIB MS  so many children, each holds so much, all for so long together, between half a second and
 *                                  a second of nothing
 *   hidden stray MIB MS            by a daemon that nobody waits for; the command ends when the daemon has it
 *   hidden clonevm MIB MS          has a child with the same memory (clone(2) with CLONE_VM), for so long
 *   hidden switched UID MIB MS     by a child that becomes another user
 *   hidden nowait CHILDREN MS      one after the other, each of so much CPU time, with SA_NOCLDWAIT
 *   hidden adopted CHILDREN MS     orphans of so much CPU time each, adopted by a child that never waits for them
 *   hidden untold CHILDREN MS      children that send no signal at their end (exit signal 0), of so much CPU time each
 *   hidden leftover CHILDREN MS    daemons of so much CPU time each, which all live on when the command ends
 *   hidden threads COUNT MS        so many threads of so much CPU time each
 *   hidden crowd PROCESSES MS      the same without memory
 *   hidden reused CHILDREN MS      one after the other, each of so much CPU time and with the number of the one before
 *   hidden writers FILE CHILDREN MIB  one after the other, each writes so much to the disk
 *   hidden cancelled FILE MIB      so much is written to a file and taken back before the disk has it
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

#define PAGE 4096
#define HUGE_PAGE (2 * MIB)

static void pipe_of(int ends[2])
{
    if (pipe(ends) < 0)
        fail("pipe");
}

/* Waits until nobody holds the other end of a pipe any more. */
static void wait_closed(int ends[2])
{
    char byte;
    close(ends[1]);
    while (read(ends[0], &byte, 1) > 0 || errno == EINTR)
        errno = 0;
    close(ends[0]);
}

static char *map(long mib, int flags, int fd)
{
    char *bytes = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, flags, fd, 0);
    if (bytes == MAP_FAILED)
        fail("mmap");
    return bytes;
}

static void touch(char *bytes, long mib)
{
    for (long at = 0; at < mib * MIB; at += PAGE)
        bytes[at] = 1;
}

static char *own(long mib)
{
    char *bytes = map(mib, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    touch(bytes, mib);
    return bytes;
}

static void hold_own(long mib, long ms)
{
    own(mib);
    pause_ms(ms);
}

static void hugetlb(long mib, long ms)
{
    touch(map(mib, MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB, -1), mib);
    pause_ms(ms);
}

static void thp(long mib, long ms)
{
    /* Two huge pages more than are used, so that the used ones can begin at a boundary. */
    char *bytes = map(mib + 4, MAP_PRIVATE | MAP_ANONYMOUS, -1);
    bytes += HUGE_PAGE - (unsigned long)bytes % HUGE_PAGE;
    if (madvise(bytes, mib * MIB, MADV_HUGEPAGE) < 0)
        fail("madvise");
    for (long at = 0; at < mib * MIB; at += HUGE_PAGE)
        bytes[at] = 1;
    pause_ms(ms);
}

static int written(int fd, long mib)
{
    static char block[MIB];
    memset(block, 1, MIB);
    if (fd < 0)
        fail("open");
    for (long i = 0; i < mib; i++)
        if (write(fd, block, MIB) != MIB)
            fail("write");
    return fd;
}

static int new_file(const char *path)
{
    return open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
}

static void mapped(const char *path, long mib, long ms, int flags)
{
    char *bytes = map(mib, flags, written(new_file(path), mib));
    volatile long sum = 0;
    if (flags & MAP_PRIVATE)
        touch(bytes, mib);
    for (long at = 0; at < mib * MIB; at += PAGE)
        sum += bytes[at];
    pause_ms(ms);
    unlink(path);
}

static void sysv(long processes, long mib, long ms)
{
    int id = shmget(IPC_PRIVATE, mib * MIB, IPC_CREAT | 0600);
    char *bytes = shmat(id, NULL, 0);
    if (bytes == (char *)-1)
        fail("shmat");
    shmctl(id, IPC_RMID, NULL);
    touch(bytes, mib);
    for (long i = 1; i < processes; i++)
        if (child() == 0) {
            touch(bytes, mib);
            pause_ms(ms);
            _exit(0);
        }
    pause_ms(ms);
    wait_all();
}

static void locked(long mib, long ms)
{
    if (mlock(own(mib), mib * MIB) < 0)
        fail("mlock");
    pause_ms(ms);
}

static long arguments[2];

static void *hold_and_end(void *unused)
{
    (void)unused;
    pause_ms(50);
    hold_own(arguments[0], arguments[1]);
    exit(0);
}

static void leader(void)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, hold_and_end, NULL))
        fail("pthread_create");
    pthread_exit(NULL);
}

static void *burn_thread(void *unused)
{
    (void)unused;
    burn_on(CLOCK_THREAD_CPUTIME_ID, arguments[1]);
    return NULL;
}

static void threads(long count)
{
    pthread_t all[64];
    for (long i = 0; i < count; i++)
        if (pthread_create(&all[i], NULL, burn_thread, NULL))
            fail("pthread_create");
    for (long i = 0; i < count; i++)
        pthread_join(all[i], NULL);
}

static void spike(long processes, long mib, long ms)
{
    int ready[2], go[2];
    char byte = 0;
    pipe_of(ready), pipe_of(go);
    pause_ms(500);
    for (long i = 0; i < processes; i++)
        if (child() == 0) {
            close(go[1]);
            if (mib > 0)
                own(mib);
            _exit(write(ready[1], &byte, 1) != 1 || read(go[0], &byte, 1) != 0);
        }
    for (long i = 0; i < processes; i++)
        if (read(ready[0], &byte, 1) != 1)
            fail("read");
    pause_ms(ms);
    close(go[1]);
    wait_all();
    pause_ms(1000);
}

/* Forks twice into a session of its own; what returns is the daemon, its streams closed. */
static int is_daemon(void)
{
    if (child() != 0) {
        wait(NULL);
        return 0;
    }
    setsid();
    if (child() != 0)
        _exit(0);
    close(0), close(1), close(2);
    return 1;
}

static void stray(long mib, long ms)
{
    int ends[2];
    pipe_of(ends);
    if (is_daemon()) {
        close(ends[0]);
        own(mib);
        pause_ms(ms);
        close(ends[1]);
        pause_ms(2000);
        _exit(0);
    }
    wait_closed(ends);
}

static void leftover(long count, long ms)
{
    int ends[2];
    pipe_of(ends);
    for (long i = 0; i < count; i++)
        if (is_daemon()) {
            close(ends[0]);
            burn(ms);
            close(ends[1]);
            pause_ms(2000);
            _exit(0);
        }
    wait_closed(ends);
}

static int same_memory(void *unused)
{
    (void)unused;
    pause_ms(arguments[1]);
    _exit(0);
}

static void clonevm(long mib)
{
    char *stack = own(1);
    own(mib);
    if (clone(same_memory, stack + MIB, CLONE_VM | SIGCHLD, NULL) < 0)
        fail("clone");
    wait_all();
}

static void switched(long uid, long mib, long ms)
{
    if (child() == 0) {
        if (setgid(uid) < 0 || setuid(uid) < 0)
            fail("setuid");
        hold_own(mib, ms);
        _exit(0);
    }
    wait_all();
}

static void one_by_one(long count, long ms)
{
    for (long i = 0; i < count; i++) {
        int ends[2];
        pipe_of(ends);
        if (child() == 0) {
            close(ends[0]);
            burn(ms);
            _exit(0);
        }
        wait_closed(ends);
    }
    pause_ms(50);
}

static void nowait(long count, long ms)
{
    struct sigaction action = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };
    sigaction(SIGCHLD, &action, NULL);
    one_by_one(count, ms);
}

static void adopted(long count, long ms)
{
    int ends[2];
    pipe_of(ends);
    if (child() == 0) {
        close(ends[0]);
        prctl(PR_SET_CHILD_SUBREAPER, 1);
        for (long i = 0; i < count; i++)
            if (child() == 0) {
                if (child() == 0) {
                    burn(ms);
                    _exit(0);
                }
                _exit(0);
            }
        /* Only those that it has itself forked are waited for by number. */
        close(ends[1]);
        pause_ms(count * (long)ms + 500);
        _exit(0);
    }
    wait_closed(ends);
    wait_all();
}

static void untold(long count, long ms)
{
    for (long i = 0; i < count; i++) {
        long pid = syscall(SYS_clone, 0, NULL, NULL, NULL, 0);
        if (pid == 0) {
            burn(ms);
            _exit(0);
        }
        waitpid(pid, NULL, __WALL);
    }
}

/* A child with a number of our choice, which takes rights; 0: any. */
static pid_t child_numbered(pid_t number)
{
    struct clone_args arguments = { .exit_signal = SIGCHLD };
    if (number > 0) {
        arguments.set_tid = (unsigned long)&number;
        arguments.set_tid_size = 1;
    }
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0)
        fail("clone3");
    return pid;
}

static void reused(long count, long ms)
{
    for (pid_t number = 0; count > 0; count--) {
        pid_t pid = child_numbered(number);
        if (pid == 0) {
            burn(ms);
            _exit(0);
        }
        waitpid(pid, NULL, 0);
        number = pid;
    }
}

static void writers(const char *path, long count, long mib)
{
    for (long i = 0; i < count; i++) {
        if (child() == 0) {
            if (fsync(written(new_file(path), mib)) < 0)
                fail("fsync");
            _exit(0);
        }
        wait_all();
    }
    unlink(path);
}

static void cancelled(const char *path, long mib)
{
    int fd = written(new_file(path), mib);
    if (ftruncate(fd, 0) < 0)
        fail("ftruncate");
    close(fd);
    unlink(path);
}

int main(int argc, char **argv)
{
    const char *kind = argc > 1 ? argv[1] : "";
    const char *path = argc > 2 ? argv[2] : "";
    long a = argc > 2 ? atol(argv[2]) : 0, b = argc > 3 ? atol(argv[3]) : 0, c = argc > 4 ? atol(argv[4]) : 0;
    arguments[0] = a, arguments[1] = b;
    if (!strcmp(kind, "hugetlb"))
        hugetlb(a, b);
    else if (!strcmp(kind, "thp"))
        thp(a, b);
    else if (!strcmp(kind, "memfd"))
        written(memfd_create("hidden", 0), a), pause_ms(b);
    else if (!strcmp(kind, "file"))
        written(new_file(path), b), pause_ms(c), unlink(path);
    else if (!strcmp(kind, "sysv"))
        sysv(a, b, c);
    else if (!strcmp(kind, "mapped"))
        mapped(path, b, c, MAP_SHARED);
    else if (!strcmp(kind, "copied"))
        mapped(path, b, c, MAP_PRIVATE);
    else if (!strcmp(kind, "locked"))
        locked(a, b);
    else if (!strcmp(kind, "leader"))
        leader();
    else if (!strcmp(kind, "spike"))
        spike(a, b, c);
    else if (!strcmp(kind, "crowd"))
        spike(a, 0, b);
    else if (!strcmp(kind, "stray"))
        stray(a, b);
    else if (!strcmp(kind, "clonevm"))
        clonevm(a);
    else if (!strcmp(kind, "switched"))
        switched(a, b, c);
    else if (!strcmp(kind, "nowait"))
        nowait(a, b);
    else if (!strcmp(kind, "adopted"))
        adopted(a, b);
    else if (!strcmp(kind, "untold"))
        untold(a, b);
    else if (!strcmp(kind, "leftover"))
        leftover(a, b);
    else if (!strcmp(kind, "reused"))
        reused(a, b);
    else if (!strcmp(kind, "writers"))
        writers(path, b, c);
    else if (!strcmp(kind, "threads"))
        threads(a);
    else if (!strcmp(kind, "cancelled"))
        cancelled(path, b);
    else
        return 2;
    return 0;
}
