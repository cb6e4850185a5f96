import { cc } from "bun:ffi";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/*
 * Variables of the caller that were meant for the command may change the runtime itself: without a JIT compiler there are
 * no calls of the C library, an inspector takes a port, a flag ends what the command leaves running. Statexec then starts
 * itself once more without them, as the same process. The command gets them all, as from bin/statexec.
 *
 * No module that uses the C library works here. The runtime's own execve(2) closes descriptors and unblocks signals, so
 * that a few lines of C make the call; the runtime compiles them.
 */

/** Descriptors that the runtime opened are anonymous inodes; it marked the caller's to be closed, and these stay open. */
const PROGRAM = `
  int fcntl(int, int, ...);
  int execve(const char *, char **, char **);
  int *__errno_location(void);
  void *malloc(unsigned long);
  long readlink(const char *, char *, unsigned long);
  int sprintf(char *, const char *, ...);
  int memcmp(const void *, const void *, unsigned long);

  static char **strings(char *text, int count) {
    char **list = malloc((count + 1) * sizeof *list);
    for (int i = 0; i < count; i++) {
      list[i] = text;
      while (*text++);
    }
    list[count] = 0;
    return list;
  }

  int become(char *path, char *words, int word_count, char *variables, int variable_count, int last) {
    for (int fd = 3; fd <= last; fd++) {
      char link[64], target[16];
      sprintf(link, "/proc/self/fd/%d", fd);
      if (readlink(link, target, sizeof target) > 0 && memcmp(target, "anon_inode:", 11)) fcntl(fd, 2, 0);
    }
    execve(path, strings(words, word_count), strings(variables, variable_count));
    return *__errno_location();
  }
`;

/** The most bytes of a variable are 128 KiB, and two digits are a byte. */
const PART_BYTES = 60_000;

const NUL = 0;

/**
 * Becomes this program again, without the variables that are for its runtime. Returns only by an error: then nothing has
 * changed.
 */
export function startPlain(isForRuntime: (name: string) => boolean): never {
  const words = readFileSync("/proc/self/cmdline");
  const environment = readFileSync("/proc/self/environ");
  const variables = variablesFor(environment, isForRuntime);
  const path = Buffer.from(`${process.execPath}\0`);
  const errno = compiled()(path, words, countOf(words), variables, countOf(variables), lastDescriptor());
  throw new Error(`execve: errno ${errno}`);
}

/** Throws where no folder can take the program's text. */
function compiled() {
  const folder = privateFolder();
  try {
    const source = join(folder, "become.c");
    writeFileSync(source, PROGRAM);
    const args = ["ptr", "ptr", "int", "ptr", "int", "int"] as const;
    return cc({ source, symbols: { become: { args, returns: "int" } } }).symbols.become;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function privateFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "statexec-"));
  } catch {
    return mkdtempSync("/dev/shm/statexec-");
  }
}

function lastDescriptor(): number {
  return Math.max(...readdirSync("/proc/self/fd").map(Number));
}

/** Returns what is left of an environment, with the whole of it in parts, unless bin/statexec has added them. */
function variablesFor(environment: Buffer, isForRuntime: (name: string) => boolean): Buffer {
  const kept: Buffer[] = [];
  let isLaunched = false;
  for (let at = 0; at < environment.length; ) {
    const end = environment.indexOf(NUL, at) + 1 || environment.length;
    const entry = environment.subarray(at, end);
    const name = entry.toString("latin1").split("=", 1)[0]!;
    if (!isForRuntime(name)) kept.push(entry);
    if (name === `${PART}0`) isLaunched = true;
    at = end;
  }
  for (let at = 0; !isLaunched && at < environment.length; at += PART_BYTES)
    kept.push(Buffer.from(`${PART}${at}=${environment.subarray(at, at + PART_BYTES).toHex()}\0`));
  return Buffer.concat(kept);
}

/** As src/run/inherited.ts reads them. */
const PART = "_STATEXEC_ENVIRON_";

function countOf(strings: Buffer): number {
  let count = 0;
  for (const byte of strings) if (byte === NUL) count++;
  return count;
}
