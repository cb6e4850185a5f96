import { type Pointer, toArrayBuffer } from "bun:ffi";
import { systemCall } from "./libc.ts";
import { pageBytes } from "./process.ts";

const PROT_READ = 1;
const PROT_WRITE = 2;
const PROT_EXEC = 4;
const MAP_PRIVATE = 2;
const MAP_ANONYMOUS = 32;

/** Memory for code: written first, executed then, and never both. It is never given back. */
export class CodePage {
  private readonly address: number;
  private readonly bytes: Uint8Array;
  private length = 0;

  /** Throws SystemError. */
  constructor() {
    this.address = mapMemory(pageBytes());
    this.bytes = new Uint8Array(toArrayBuffer(this.address as Pointer, 0, pageBytes()));
  }

  /** Puts code behind what is there, and returns its address. */
  add(code: Uint8Array): number {
    const start = this.length;
    this.bytes.set(code, start);
    this.length += code.length;
    return this.address + start;
  }

  /** Throws SystemError. */
  seal(): void {
    systemCall("mprotect", this.address, this.bytes.length, PROT_READ + PROT_EXEC);
  }
}

function mapMemory(bytes: number): number {
  return systemCall("mmap", 0, bytes, PROT_READ + PROT_WRITE, MAP_PRIVATE + MAP_ANONYMOUS, -1);
}
