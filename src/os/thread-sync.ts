import { dlopen, FFIType } from "bun:ffi";
import { callThreadCode, REQUEST_WORDS } from "./call-thread-code.ts";
import { CodePage } from "./code-page.ts";
import { closeFile } from "./files.ts";
import { failed, libc, loadLibc, pinned, type SystemError, systemError } from "./libc.ts";
import { openPipe } from "./spawn.ts";

const ADDRESS = FFIType.u64_fast;

/** Of the C library, or before glibc 2.34 of one beside it. */
const THREADS = {
  pthread_attr_init: { args: [ADDRESS], returns: "int" },
  pthread_attr_setstacksize: { args: [ADDRESS, ADDRESS], returns: "int" },
  pthread_create: { args: [ADDRESS, ADDRESS, ADDRESS, ADDRESS], returns: "int" },
} as const;

function loadThreads() {
  try {
    return loadLibc(THREADS);
  } catch {
    return dlopen("libpthread.so.0", THREADS).symbols;
  }
}

/** More than a `pthread_attr_t` has, and a stack for signal handlers. */
const ATTRIBUTES_BYTES = 256;
const STACK_BYTES = 256 * 1024;

const [SYS_FSYNC, SYS_FDATASYNC] = process.arch === "arm64" ? [82, 83] : [74, 75];
const F_DUPFD_CLOEXEC = 1030;
const FIRST_DESCRIPTOR = 3;
const EINVAL = 22;
const MOST_REQUESTS = 2;

/** In place of an answer; a call of these answers 0, or an errno below it. */
const NOT_DONE = 1;

/** What threads use for as long as this process lives: a thread that waits for a disk outlives all else. */
const forThreads: unknown[] = [];

/**
 * Brings files to the disk by a thread of its own, so that nothing waits. One of the runtime's would do: but to hear from that
 * takes a turn of the runtime's event loop, and that one of its collector, which is several times what a sample costs. A
 * process that has a context of io_submit(2) instead ends 20 to 60 ms later, since the kernel waits for two grace periods of
 * its own before it frees one. The thread does not end before the process: what it writes is to stay its own.
 */
export class ThreadSync {
  private readonly requests: number;
  private readonly request = pinned(8 * REQUEST_WORDS);
  private readonly requestWords = new BigUint64Array(this.request.bytes.buffer);
  /** Two 32-bit words for each answer. */
  private readonly answers = pinned(8 * MOST_REQUESTS);
  private readonly answerWords = new Int32Array(this.answers.bytes.buffer);
  /** The descriptors that are being synced, by place; below 0: none. */
  private readonly copies = new Int32Array(MOST_REQUESTS).fill(-1);
  /** Of the last request that failed. */
  error: SystemError | undefined;

  /** Starts the thread. Throws where it cannot be had. */
  constructor() {
    const [readEnd, writeEnd] = openPipe(0);
    this.requests = writeEnd;
    const incoming = pinned(8 * REQUEST_WORDS);
    const page = new CodePage();
    const code = page.add(callThreadCode(readEnd, incoming.address));
    page.seal();
    forThreads.push(incoming, this.answers);
    startThread(code);
  }

  /** Whether a request is not done yet. */
  get isBusy(): boolean {
    let isBusy = false;
    for (let place = 0; place < MOST_REQUESTS; place++) if (!this.isFree(place)) isBusy = true;
    return isBusy;
  }

  /**
   * Begins to sync a file or a folder, whose descriptor may be closed meanwhile; `data`: without what reading it does not
   * need. False: too many are not done yet. Throws SystemError.
   */
  begin(fd: number, data: boolean): boolean {
    let place = 0;
    while (place < MOST_REQUESTS && !this.isFree(place)) place++;
    if (place === MOST_REQUESTS) return false;
    const copy = libc.fcntl(fd, F_DUPFD_CLOEXEC, FIRST_DESCRIPTOR);
    if (copy < 0) throw failed("fcntl");
    this.copies[place] = copy;
    this.answerWords[2 * place] = NOT_DONE;
    this.requestWords[0] = BigInt(data ? SYS_FDATASYNC : SYS_FSYNC);
    this.requestWords[1] = BigInt(copy);
    this.requestWords[2] = BigInt(this.answers.address + 8 * place);
    // So short a write is done at once and whole, since the pipe never holds more than two.
    if (libc.write(this.requests, this.request.bytes, this.request.bytes.length) < 0) {
      this.take(place);
      throw failed("write");
    }
    return true;
  }

  /** Whether a place has no request, after taking its answer. */
  private isFree(place: number): boolean {
    if (this.copies[place]! < 0) return true;
    const answer = this.answerWords[2 * place]!;
    if (answer === NOT_DONE) return false;
    this.take(place);
    // What cannot be synced at all counts as synced.
    if (answer < 0 && answer !== -EINVAL) this.error = systemError(-answer, "fdatasync", "");
    return true;
  }

  private take(place: number): void {
    closeFile(this.copies[place]!);
    this.copies[place] = -1;
  }
}

/** Starts a thread with this code. Throws SystemError. */
function startThread(code: number): void {
  const threads = loadThreads();
  const thread = pinned(8);
  const attributes = pinned(ATTRIBUTES_BYTES);
  threads.pthread_attr_init(attributes.address);
  // Where it is too small for this system, the usual size is taken.
  threads.pthread_attr_setstacksize(attributes.address, STACK_BYTES);
  const errno = threads.pthread_create(thread.address, attributes.address, code, 0);
  if (errno !== 0) throw systemError(errno, "pthread_create", "");
}
