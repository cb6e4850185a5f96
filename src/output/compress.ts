/** Produces a file's content in pieces. A piece is valid until `write` returns. */
export type Producer = (write: (bytes: Uint8Array) => void) => void | Promise<void>;

/** The text in one member of a compressed file: enough to compress well, little enough to keep in memory. */
const MEMBER_BYTES = 1 << 20;

/**
 * Runs a producer, and compresses its output if the file's name ends in .gz or .zst. Each MiB is a gzip member or a zstd
 * frame of its own. Several of them make one valid stream, and only the last is in memory.
 */
export async function compressed(name: string, produce: Producer, write: (bytes: Uint8Array) => void): Promise<void> {
  const pack = packerOf(name);
  if (!pack) return produce(write);
  const pending = new Uint8Array(MEMBER_BYTES);
  let length = 0;
  let members = 0;
  const flush = () => {
    write(pack(pending.subarray(0, length)));
    length = 0;
    members++;
  };
  await produce((bytes) => {
    for (let rest = bytes; rest.length > 0; ) {
      const taken = rest.subarray(0, MEMBER_BYTES - length);
      pending.set(taken, length);
      length += taken.length;
      rest = rest.subarray(taken.length);
      if (length === MEMBER_BYTES) flush();
    }
  });
  if (length > 0 || members === 0) flush();
}

function packerOf(name: string): ((bytes: Uint8Array<ArrayBuffer>) => Uint8Array) | undefined {
  if (name.endsWith(".gz")) return Bun.gzipSync;
  if (name.endsWith(".zst")) return Bun.zstdCompressSync;
  return undefined;
}
