/*
 * launch [OPTIONS] COMMAND [words]: executes COMMAND in a world that no shell can make.
 *   -b N  with signal N blocked          -i N  with signal N ignored       -d N  with signal N at its default
 *   -c N  with descriptor N closed       -g    in a process group of its own
 *   -C    with an empty environment      -E X  with X as a further entry of the environment, whatever it is
 *   -0 X  with X as its argv[0]          -S    with a seat of its own: a new session
 *   -P F  with its pid written to the file F first
 *   -W    unable to make code while it runs (PR_SET_MDWE), as MemoryDenyWriteExecute of systemd has it
 *   -R N=E  where system call N fails with errno E, as in a container whose filter of calls refuses it
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MOST_ENTRIES 256

/* Older headers lack it: Linux 6.3. */
#define PR_SET_MDWE_CALL 65
#define MDWE_REFUSE_EXEC 1

extern char **environ;

static void refuse(const char *text)
{
    unsigned number = 0, error = 0;
    if (sscanf(text, "%u=%u", &number, &error) != 2)
        exit(125);
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = { sizeof lines / sizeof *lines, lines };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter)) {
        perror("seccomp");
        exit(125);
    }
}

int main(int argc, char **argv)
{
    static char *entries[MOST_ENTRIES];
    size_t count = 0;
    char *name = NULL;
    sigset_t blocked;
    sigemptyset(&blocked);
    for (char **entry = environ; *entry; entry++)
        entries[count++] = *entry;
    for (int option; (option = getopt(argc, argv, "+b:i:d:c:gCE:0:SP:R:W")) != -1;) {
        switch (option) {
        case 'b': sigaddset(&blocked, atoi(optarg)); break;
        case 'i': signal(atoi(optarg), SIG_IGN); break;
        case 'd': signal(atoi(optarg), SIG_DFL); break;
        case 'c': close(atoi(optarg)); break;
        case 'g': setpgid(0, 0); break;
        case 'C': memset(entries, 0, sizeof entries); count = 0; break;
        case 'E': entries[count++] = optarg; break;
        case '0': name = optarg; break;
        case 'S': setsid(); break;
        case 'R': refuse(optarg); break;
        case 'W':
            if (prctl(PR_SET_MDWE_CALL, MDWE_REFUSE_EXEC, 0, 0, 0)) {
                perror("PR_SET_MDWE");
                return 125;
            }
            break;
        case 'P': {
            FILE *file = fopen(optarg, "w");
            if (!file)
                return 125;
            fprintf(file, "%d\n", getpid());
            fclose(file);
            break;
        }
        default: return 125;
        }
    }
    sigprocmask(SIG_BLOCK, &blocked, NULL);
    char *path = argv[optind];
    if (name)
        argv[optind] = name;
    execve(path, argv + optind, entries);
    perror(path);
    return 127;
}
