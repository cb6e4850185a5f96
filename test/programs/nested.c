/*
 * nested FILE MS WORDS...: processes within processes, as the words say, whose sums are known.
 *
 *   f WORDS )   a child that does the words
 *   s WORDS )   a child in a session of its own
 *   d WORDS )   a daemon: forked twice, in a session of its own
 *   x           executes the program again for the rest of the words; the first of a process' words
 *   bN          N ms of CPU time
 *   tN          the same by a thread
 *   mN          N MiB of memory
 *
 * All keep what they have until each has done its words, and for MS more. FILE gets a line: the CPU seconds that they used
 * until then by the kernel's clock of each process.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

/* Pipes that all share: what they write to when they are done, what ends when they are to go, what ends when all are gone. */
static int done[2], go[2], gone[2];

static int begins(const char *word)
{
    return !strcmp(word, "f") || !strcmp(word, "s") || !strcmp(word, "d");
}

/* Returns the word after the end of the process that begins here. */
static char **after(char **words)
{
    int depth = 0;
    do
        depth += begins(*words) - !strcmp(*words, ")");
    while (*++words && depth > 0);
    return words;
}

static void *burn_thread(void *ms)
{
    burn_on(CLOCK_THREAD_CPUTIME_ID, *(double *)ms);
    return NULL;
}

static void one_thread(double ms)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, burn_thread, &ms))
        fail("pthread_create");
    pthread_join(thread, NULL);
}

static void hold(long mib)
{
    char *bytes = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED)
        fail("mmap");
    memset(bytes, 1, mib * MIB);
}

/* The end of a process that is not the first: it says what it used, and waits with the others. */
static void finish(void)
{
    double seconds = clock_ms(CLOCK_PROCESS_CPUTIME_ID) / 1e3;
    char byte;
    if (write(done[1], &seconds, sizeof seconds) != sizeof seconds || read(go[0], &byte, 1) != 0)
        _exit(1);
    wait_all();
    _exit(0);
}

static void execute_again(char **rest)
{
    char ends[3][16], *words[256] = { "nested", "--", ends[0], ends[1], ends[2] };
    int count = 5;
    snprintf(ends[0], sizeof ends[0], "%d", done[1]);
    snprintf(ends[1], sizeof ends[1], "%d", go[0]);
    snprintf(ends[2], sizeof ends[2], "%d", gone[1]);
    while (*rest && count < 255)
        words[count++] = *rest++;
    execv("/proc/self/exe", words);
    fail("exec");
}

static void process(char **words);

/* Starts the process that begins here, and goes on beside it. */
static void start(char kind, char **words)
{
    if (child() != 0) {
        if (kind == 'd')
            wait(NULL);
        return;
    }
    close(go[1]);
    go[1] = -1;
    if (kind != 'f')
        setsid();
    if (kind == 'd' && child() != 0)
        _exit(0);
    process(words);
    finish();
}

/* Does the words of one process. */
static void process(char **words)
{
    while (*words && strcmp(*words, ")")) {
        long amount = atol(*words + 1);
        char kind = **words;
        if (begins(*words)) {
            start(kind, words + 1);
            words = after(words);
            continue;
        }
        words++;
        if (kind == 'x')
            execute_again(words);
        else if (kind == 'b')
            burn(clock_ms(CLOCK_PROCESS_CPUTIME_ID) + amount);
        else if (kind == 't')
            one_thread(amount);
        else if (kind == 'm')
            hold(amount);
        else
            exit(2);
    }
}

int main(int argc, char **argv)
{
    if (argc > 5 && !strcmp(argv[1], "--")) {
        done[1] = atoi(argv[2]), go[0] = atoi(argv[3]), gone[1] = atoi(argv[4]);
        process(argv + 5);
        finish();
    }
    if (argc < 4 || pipe(done) < 0 || pipe(go) < 0 || pipe(gone) < 0)
        return 2;
    double sum, seconds;
    char byte;
    process(argv + 3);
    sum = clock_ms(CLOCK_PROCESS_CPUTIME_ID) / 1e3;
    for (char **word = argv + 3; *word; word++)
        if (begins(*word)) {
            if (read(done[0], &seconds, sizeof seconds) != sizeof seconds)
                fail("read");
            sum += seconds;
        }
    FILE *file = fopen(argv[1], "w");
    if (!file || fprintf(file, "%.6f\n", sum) < 0 || fclose(file))
        fail(argv[1]);
    pause_ms(atol(argv[2]));
    close(go[1]);
    wait_all();
    close(gone[1]);
    return read(gone[0], &byte, 1) != 0;
}
