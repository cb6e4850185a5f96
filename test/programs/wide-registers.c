/*
 * Preloaded into User-Mode Linux 6.1, which reserves room for the vector registers that processors had when it was made.
 * On one with more (AMX) the host takes all of a process's registers or none, and its first process could not be
 * started. So what it sets is laid over what the process has, and handed on whole.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#define NT_X86_XSTATE 0x202
#define MOST_BYTES 65536

typedef long Ptrace(long request, long pid, void *address, void *data);

long ptrace(enum __ptrace_request request, ...) {
    static Ptrace *real;
    if (!real) real = (Ptrace *)dlsym(RTLD_NEXT, "ptrace");
    __builtin_va_list rest;
    __builtin_va_start(rest, request);
    long pid = __builtin_va_arg(rest, long);
    void *address = __builtin_va_arg(rest, void *);
    void *data = __builtin_va_arg(rest, void *);
    __builtin_va_end(rest);
    struct iovec *given = data;
    if (request != PTRACE_SETREGSET || (long)address != NT_X86_XSTATE || given->iov_len >= MOST_BYTES)
        return real(request, pid, address, data);
    static _Alignas(64) char bytes[MOST_BYTES];
    struct iovec whole = {bytes, sizeof bytes};
    if (real(PTRACE_GETREGSET, pid, address, &whole) != 0 || whole.iov_len <= given->iov_len)
        return real(request, pid, address, data);
    memcpy(bytes, given->iov_base, given->iov_len);
    return real(request, pid, address, &whole);
}
