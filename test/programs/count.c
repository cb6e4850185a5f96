/*
 * count READY: counts what it gets of INT TERM HUP QUIT USR1 USR2 and the sender's way of sending, until its standard
 * input ends. A line `SIGNAL si_code` each on standard output, at once; the file READY is made when it is ready.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <poll.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    static const int counted[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2 };
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
        sigaddset(&set, counted[i]);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int signals = signalfd(-1, &set, SFD_CLOEXEC);
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
