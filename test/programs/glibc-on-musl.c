/*
 * What a C++ library that was made for glibc asks of the C library, and musl has not: with it Debian's libstdc++ serves
 * programs that were made for Alpine. Linked against nothing: what it calls itself is musl's.
 */
typedef unsigned long size_t;

extern long getrandom(void *, size_t, unsigned);
extern size_t strftime_l(char *, size_t, const char *, const void *, void *);
extern int pthread_key_create(unsigned *, void (*)(void *));
extern int pthread_setspecific(unsigned, const void *);
extern void *pthread_getspecific(unsigned);
extern int pthread_once(int *, void (*)(void));
extern void *malloc(size_t);
extern void free(void *);

/* Never true: then nobody leaves a lock out. */
char __libc_single_threaded = 0;

/* No processor feature is known, and the plain way is taken. */
unsigned __cpu_model[4];
int __cpu_indicator_init(void) { return 0; }

/* Unwinding asks dl_iterate_phdr(3) then. */
int _dl_find_object(void *at, void *result) {
    (void)at;
    (void)result;
    return -1;
}

unsigned arc4random(void) {
    unsigned value;
    getrandom(&value, sizeof value, 0);
    return value;
}

size_t __strftime_l(char *text, size_t size, const char *format, const void *time, void *locale) {
    return strftime_l(text, size, format, time, locale);
}

/* Destructors of a thread's own objects, last made first. */
struct ending {
    void (*end)(void *);
    void *of;
    struct ending *next;
};

static unsigned key;
static int once;

static void end_all(void *first) {
    for (struct ending *each = first, *next; each; each = next) {
        next = each->next;
        each->end(each->of);
        free(each);
    }
}

static void make_key(void) { pthread_key_create(&key, end_all); }

int __cxa_thread_atexit_impl(void (*end)(void *), void *of, void *library) {
    (void)library;
    pthread_once(&once, make_key);
    struct ending *each = malloc(sizeof *each);
    if (!each) return -1;
    each->end = end;
    each->of = of;
    each->next = pthread_getspecific(key);
    return pthread_setspecific(key, each);
}
