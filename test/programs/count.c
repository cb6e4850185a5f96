/*
 * count READY: counts what it gets of all signals and the sender's way of sending, until its standard input ends. A line
 * `SIGNAL si_code` each on standard output, at once; the file READY is made when it is ready.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <poll.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    /* By system calls: the library's functions leave out the signals that it uses itself. */
    unsigned long long set = ~0ULL;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &set, NULL, sizeof set);
    int signals = syscall(SYS_signalfd4, -1, &set, sizeof set, SFD_CLOEXEC);
    if (argc > 1)
        close(open(argv[1], O_WRONLY | O_CREAT, 0666));
    dprintf(1, "ready\n");
    struct pollfd watched[] = { { signals, POLLIN, 0 }, { 0, POLLIN, 0 } };
    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR)
            return 1;
        if (watched[0].revents) {
            struct signalfd_siginfo info;
            if (read(signals, &info, sizeof info) == sizeof info)
                dprintf(1, "%u %d\n", info.ssi_signo, info.ssi_code);
            continue;
        }
        char byte;
        if (watched[1].revents && read(0, &byte, 1) <= 0)
            return 0;
    }
}
