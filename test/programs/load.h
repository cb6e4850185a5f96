/*
 * What the loads of known truth share: CPU time by the kernel's own clocks, pauses, children. Each program includes it once.
 */
#ifndef LOAD_H
#define LOAD_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MIB (1024L * 1024)

static inline void fail(const char *what)
{
    perror(what);
    exit(1);
}

static inline double clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* Uses CPU time until a clock shows so much. That of a process or thread begins at 0. */
static inline void burn_on(clockid_t clock, double ms)
{
    while (clock_ms(clock) < ms)
        for (volatile int i = 0; i < 1000; i++)
            ;
}

static inline void burn(double ms)
{
    burn_on(CLOCK_PROCESS_CPUTIME_ID, ms);
}

static inline void pause_ms(long ms)
{
    struct timespec rest = { ms / 1000, ms % 1000 * 1000000 };
    while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
        ;
}

static inline pid_t child(void)
{
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    return pid;
}

static inline void wait_all(void)
{
    while (wait(NULL) >= 0 || errno == EINTR)
        ;
}

#endif
