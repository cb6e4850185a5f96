/*
 * dump FILE [words]: writes to FILE all that a process gets from its caller, a line a thing, in an order of its own.
 * What must differ between two runs (pid, times) is left out.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MOST_DESCRIPTORS 4096

extern char **environ;

static char text[1 << 22];
static size_t length;

#define say(...) (length += snprintf(text + length, sizeof text - length, __VA_ARGS__))

static void say_hex(const char *name, const char *bytes)
{
    say("%s ", name);
    for (; *bytes; bytes++)
        say("%02x", (unsigned char)*bytes);
    say("\n");
}

static void say_link(const char *name, const char *path)
{
    char target[4096];
    ssize_t got = readlink(path, target, sizeof target - 1);
    target[got < 0 ? 0 : got] = 0;
    say("%s %s\n", name, got < 0 ? strerror(errno) : target);
}

/* Before anything else opens one. */
static void say_descriptors(void)
{
    for (int fd = 0; fd < MOST_DESCRIPTORS; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags < 0)
            continue;
        char name[64], path[64];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        snprintf(name, sizeof name, "descriptor %d flags %x status %x", fd, flags, fcntl(fd, F_GETFL));
        say_link(name, path);
    }
}

static void say_limits(void)
{
    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit limit;
        if (getrlimit(resource, &limit) == 0)
            say("limit %d soft %llu hard %llu\n", resource, (unsigned long long)limit.rlim_cur,
                (unsigned long long)limit.rlim_max);
    }
}

static void say_file(const char *path)
{
    char content[4096];
    int fd = open(path, O_RDONLY);
    ssize_t got = fd < 0 ? -1 : read(fd, content, sizeof content - 1);
    if (fd >= 0)
        close(fd);
    content[got < 0 ? 0 : got] = 0;
    say("%s %s\n", path, content);
}

/* The lines of proc_pid_status(5) that come from the caller. */
static void say_status(void)
{
    static const char *const names[] = { "Umask", "TracerPid", "Uid", "Gid", "Groups", "SigPnd", "ShdPnd", "SigBlk",
        "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp",
        "Cpus_allowed", "Mems_allowed", "THP_enabled" };
    static char content[1 << 16];
    int fd = open("/proc/self/status", O_RDONLY);
    ssize_t got = fd < 0 ? -1 : read(fd, content, sizeof content - 1);
    if (fd >= 0)
        close(fd);
    content[got < 0 ? 0 : got] = 0;
    for (char *line = strtok(content, "\n"); line; line = strtok(NULL, "\n"))
        for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
            size_t name = strlen(names[i]);
            if (strncmp(line, names[i], name) == 0 && line[name] == ':')
                say("%s\n", line);
        }
}

static void say_scheduling(void)
{
    struct sched_param parameter = { 0 };
    sched_getparam(0, &parameter);
    errno = 0;
    int nice_value = getpriority(PRIO_PROCESS, 0);
    say("nice %d scheduler %d priority %d ioprio %ld\n", nice_value, sched_getscheduler(0), parameter.sched_priority,
        syscall(SYS_ioprio_get, 1, 0));
}

/* Sessions and groups as they stand to the caller's, since a run in a new one has new numbers. */
static void say_session(void)
{
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY);
    say("session %s group %s terminal %s\n", getsid(0) == getsid(getppid()) ? "the parent's" : "another",
        getpgrp() == getpgid(getppid()) ? "the parent's" : "another",
        fd < 0 ? "none" : tcgetpgrp(fd) == getpgrp() ? "in its foreground" : "in its background");
    if (fd >= 0)
        close(fd);
}

int main(int argc, char **argv)
{
    say_descriptors();
    for (int i = 0; i < argc; i++)
        say_hex("argument", argv[i]);
    for (char **entry = environ; *entry; entry++)
        say_hex("environment", *entry);
    say_limits();
    say_status();
    say_scheduling();
    say_session();
    char *folder = getcwd(NULL, 0);
    say("cwd %s\n", folder ? folder : strerror(errno));
    say_link("exe", "/proc/self/exe");
    say_link("root", "/proc/self/root");
    say("executed as %s, secure %lu\n", (const char *)getauxval(AT_EXECFN), getauxval(AT_SECURE));
    say("personality %x\n", personality(0xffffffff));
    int death = -1, reaper = -1;
    prctl(PR_GET_PDEATHSIG, &death);
    prctl(PR_GET_CHILD_SUBREAPER, &reaper);
    say("dumpable %d keepcaps %d securebits %x timerslack %d death %d reaper %d\n", prctl(PR_GET_DUMPABLE),
        prctl(PR_GET_KEEPCAPS), prctl(PR_GET_SECUREBITS), prctl(PR_GET_TIMERSLACK), death, reaper);
    say_file("/proc/self/oom_score_adj");
    say_file("/proc/self/cgroup");
    static const char *const namespaces[] = { "cgroup", "ipc", "mnt", "net", "pid", "user", "uts" };
    for (size_t i = 0; i < sizeof namespaces / sizeof *namespaces; i++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/self/ns/%s", namespaces[i]);
        say_link("namespace", path);
    }
    int out = open(argc > 1 ? argv[1] : "/dev/null", O_WRONLY | O_CREAT | O_TRUNC, 0666);
    for (size_t done = 0; done < length;) {
        ssize_t wrote = write(out, text + done, length - done);
        if (wrote <= 0)
            return 1;
        done += wrote;
    }
    return 0;
}
