/** A ring as the kernel writes it, for tests: records are put in one after the other, and wrap around. */
export class WrittenRing {
  readonly data: Uint8Array;
  from: number;
  private head: number;
  counterNs = 0;
  closed = false;

  /** `from`: where the first record goes, counted from the first that was ever written. */
  constructor(bytes = 4096, from = 0) {
    this.data = new Uint8Array(bytes);
    this.from = from;
    this.head = from;
  }

  get waiting(): number {
    return this.head - this.from;
  }

  release(bytes: number): void {
    this.from += bytes;
  }

  nanoseconds(): number {
    return this.counterNs;
  }

  close(): void {
    this.closed = true;
  }

  /** Writes bytes as they are. */
  bytes(record: Uint8Array): this {
    for (const byte of record) this.data[this.head++ % this.data.length] = byte;
    return this;
  }

  fork(pid: number, parent: number, atNs: number, thread = pid): this {
    return this.bytes(record(7, [u32(pid, parent, thread, parent), u64(atNs)], { pid: parent, atNs }));
  }

  exit(pid: number, atNs: number, thread = pid): this {
    return this.bytes(record(4, [u32(pid, 1, thread, 1), u64(atNs)], { pid, atNs }));
  }

  exec(pid: number, name: string | Uint8Array, atNs: number, flags = 1 << 13): this {
    const text = typeof name === "string" ? new TextEncoder().encode(name) : name;
    const padded = new Uint8Array(Math.ceil((text.length + 1) / 8) * 8);
    padded.set(text);
    return this.bytes(record(3, [u32(pid, pid), padded], { pid, atNs, flags }));
  }

  rename(pid: number, name: string, atNs: number): this {
    return this.exec(pid, name, atNs, 0);
  }

  cpu(pid: number, ns: number, atNs = 0): this {
    return this.bytes(record(8, [u32(pid, pid), u64(ns)], { pid, atNs }));
  }

  lost(count: number): this {
    return this.bytes(record(2, [u64(7), u64(count)], { pid: 0, atNs: 0 }));
  }
}

interface Ending {
  readonly pid: number;
  readonly atNs: number;
  readonly flags?: number;
}

export function record(type: number, fields: readonly Uint8Array[], { pid, atNs, flags = 0 }: Ending): Uint8Array {
  const body = Buffer.concat([...fields, u32(pid, pid), u64(atNs)]);
  const header = Buffer.alloc(8);
  header.writeUInt32LE(type);
  header.writeUInt16LE(flags, 4);
  header.writeUInt16LE(8 + body.length, 6);
  return Buffer.concat([header, body]);
}

function u32(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

function u64(value: number): Uint8Array {
  return new Uint8Array(BigUint64Array.of(BigInt(Math.round(value))).buffer);
}
