/*
 * The machine code of a thread that makes system calls for us. It reads requests from a pipe, one after the other, makes the
 * call of each and writes its answer, and ends when the pipe cannot be read any more. It uses only registers that a
 * function may change, and no stack.
 */

/** A request in 64-bit words: the number of the call, its only argument, and the address for its answer. */
export const REQUEST_WORDS = 3;
const REQUEST_BYTES = 8 * REQUEST_WORDS;

const TWO_TO_32 = 2 ** 32;

/** Instructions for x86-64; the zeros of descriptor and address are filled in. */
const X64 = [
  ...[0xf3, 0x0f, 0x1e, 0xfa], //  endbr64
  ...[0xbf, 0, 0, 0, 0], //        4: mov edi, fd
  ...[0x48, 0xbe, 0, 0, 0, 0, 0, 0, 0, 0], // 9: mov rsi, request
  ...[0xba, REQUEST_BYTES, 0, 0, 0], // 19: mov edx, REQUEST_BYTES
  ...[0x31, 0xc0], //              24: xor eax, eax: read
  ...[0x0f, 0x05], //              26: syscall
  ...[0x83, 0xf8, REQUEST_BYTES], // 28: cmp eax, REQUEST_BYTES
  ...[0x74, 0x06], //              31: je 39
  ...[0x83, 0xf8, 0xfc], //        33: cmp eax, -EINTR
  ...[0x74, 0xde], //              36: je 4
  ...[0xc3], //                    38: ret
  ...[0x48, 0x8b, 0x06], //        39: mov rax, [rsi]
  ...[0x48, 0x8b, 0x7e, 0x08], //  42: mov rdi, [rsi + 8]
  ...[0x0f, 0x05], //              46: syscall, which leaves rsi alone
  ...[0x48, 0x8b, 0x56, 0x10], //  48: mov rdx, [rsi + 16]
  ...[0x48, 0x89, 0x02], //        52: mov [rdx], rax
  ...[0xeb, 0xcb], //              55: jmp 4
];

/** Instructions for 64-bit ARM, where a number is in the bits of an instruction from the fifth on. */
const ARM = [
  0x5280_0000, //          mov w0, fd
  0x5800_01e1, //          ldr x1, request, 15 instructions on
  0xd280_0302, //          mov x2, REQUEST_BYTES
  0xd280_07e8, //          mov x8, 63: read
  0xd400_0001, //          svc 0
  0xf100_601f, //          cmp x0, REQUEST_BYTES
  0x5400_0080, //          b.eq over the next three
  0xb100_101f, //          cmn x0, EINTR
  0x54ff_ff00, //          b.eq the first
  0xd65f_03c0, //          ret
  0xf940_0028, //          ldr x8, [x1]
  0xf940_0420, //          ldr x0, [x1, 8]
  0xd400_0001, //          svc 0, which leaves x1 alone
  0xf940_0822, //          ldr x2, [x1, 16]
  0xf900_0040, //          str x0, [x2]
  0x17ff_fff1, //          b the first
  ...[0, 0], //            request
];
const ARM_REQUEST = 16 * 4;

/** Returns the code of a thread that reads requests from this descriptor into this address. */
export function callThreadCode(fd: number, request: number): Uint8Array {
  if (process.arch === "arm64") {
    const words = new Uint32Array(ARM);
    words[0]! += fd * 32;
    return withAddress(new DataView(words.buffer), ARM_REQUEST, request);
  }
  const view = new DataView(new Uint8Array(X64).buffer);
  view.setInt32(5, fd, true);
  return withAddress(view, 11, request);
}

function withAddress(view: DataView, at: number, address: number): Uint8Array {
  view.setUint32(at, address % TWO_TO_32, true);
  view.setUint32(at + 4, address / TWO_TO_32, true);
  return new Uint8Array(view.buffer);
}
