/*
 * The machine code of a signal handler, sigaction(2): of `handler(int signal, siginfo_t *info, void *context)`. It uses
 * only registers that a call may change, leaves errno alone, and calls nothing that is not safe in a handler.
 */

/** What the code has in it; the handlers are addresses of other code. */
export interface SignalCodeParts {
  /** It writes so many bytes of `info` into this descriptor, */
  readonly fd: number;
  readonly bytes: number;
  /** and then calls `wakeHandler(wakeSignal)`. */
  readonly wakeSignal: number;
  readonly wakeHandler: number;
}

const TWO_TO_32 = 2 ** 32;

const isArm = process.arch === "arm64";

/** Instructions for x86-64; the zeros are filled in. */
const X64_TO_PIPE = [
  ...[0xbf, 0, 0, 0, 0], //      mov edi, fd
  ...[0xba, 0, 0, 0, 0], //      mov edx, bytes; rsi is info
  ...[0xb8, 1, 0, 0, 0], //      mov eax, 1: write
  ...[0x0f, 0x05], //            syscall
  ...[0xbf, 0, 0, 0, 0], //      mov edi, wakeSignal
  ...[0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0], // mov rax, wakeHandler
  ...[0xff, 0xe0], //            jmp rax
];

const X64_UNLESS_KILL = [
  ...[0x8b, 0x46, 0x08], //      mov eax, [rsi + 8]: si_code, 0 from kill, -1 from sigqueue
  ...[0xff, 0xc0], //            inc eax
  ...[0x83, 0xf8, 0x01], //      cmp eax, 1
  ...[0x76, 0x0c], //            jbe over the next two
  ...[0x48, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0], // mov rax, handler
  ...[0xff, 0xe0], //            jmp rax
];

/** Instructions for 64-bit ARM, where a number is in the bits of an instruction from the fifth on. */
const ARM_TO_PIPE = [
  0x5280_0000, //                mov w0, fd
  0xd280_0002, //                mov x2, bytes; x1 is info
  0xd280_0808, //                mov x8, 64: write
  0xd400_0001, //                svc 0
  0x5280_0000, //                mov w0, wakeSignal
  ...[0x5800_0050, 0xd61f_0200, 0, 0], // ldr x16, wakeHandler; br x16; wakeHandler itself
];

const ARM_UNLESS_KILL = [
  0xb940_0829, //                ldr w9, [x1, 8]: si_code, 0 from kill, -1 from sigqueue
  0x1100_0529, //                add w9, w9, 1
  0x7100_053f, //                cmp w9, 1
  0x5400_00a9, //                b.ls over the next four
  ...[0x5800_0050, 0xd61f_0200, 0, 0], // ldr x16, handler; br x16; handler itself
];

/** Returns code that writes the signal into a pipe and wakes the runtime. */
export function codeIntoPipe({ fd, bytes, wakeSignal, wakeHandler }: SignalCodeParts): Uint8Array {
  if (isArm) {
    const words = new Uint32Array(ARM_TO_PIPE);
    words[0]! += fd * 32;
    words[1]! += bytes * 32;
    words[4]! += wakeSignal * 32;
    return withAddress(words, 28, wakeHandler);
  }
  const code = new Uint8Array(X64_TO_PIPE);
  const view = new DataView(code.buffer);
  view.setInt32(1, fd, true);
  view.setInt32(6, bytes, true);
  view.setInt32(18, wakeSignal, true);
  return withAddress(code, 24, wakeHandler);
}

/** Returns code that goes on with `handler`, unless the signal was sent by kill(2) or sigqueue(3): then behind itself. */
export function codeUnlessKill(handler: number): Uint8Array {
  return isArm
    ? withAddress(new Uint32Array(ARM_UNLESS_KILL), 24, handler)
    : withAddress(new Uint8Array(X64_UNLESS_KILL), 12, handler);
}

function withAddress({ buffer }: Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, at: number, address: number) {
  const view = new DataView(buffer);
  view.setUint32(at, address % TWO_TO_32, true);
  view.setUint32(at + 4, address / TWO_TO_32, true);
  return new Uint8Array(buffer);
}
