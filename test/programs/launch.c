/*
 * launch [OPTIONS] COMMAND [words]: executes COMMAND in a world that no shell can make.
 *   -b N  with signal N blocked          -i N  with signal N ignored       -d N  with signal N at its default
 *   -c N  with descriptor N closed       -g    in a process group of its own
 *   -C    with an empty environment      -E X  with X as a further entry of the environment, whatever it is
 *   -0 X  with X as its argv[0]          -S    with a seat of its own: a new session
 *   -P F  with its pid written to the file F first
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_ENTRIES 256

extern char **environ;

int main(int argc, char **argv)
{
    static char *entries[MOST_ENTRIES];
    size_t count = 0;
    char *name = NULL;
    sigset_t blocked;
    sigemptyset(&blocked);
    for (char **entry = environ; *entry; entry++)
        entries[count++] = *entry;
    for (int option; (option = getopt(argc, argv, "+b:i:d:c:gCE:0:SP:")) != -1;) {
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
