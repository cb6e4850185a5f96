import { describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { DamagedFileError, openText } from "../../src/load/open-text.ts";
import { claimOutput } from "../../src/output/claim-output.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

/** The text of a file, read in pieces of up to `size` bytes. */
async function textOf(path: string, size: number): Promise<string> {
  const text = openText(path);
  const decoder = new TextDecoder();
  const piece = new Uint8Array(size);
  let whole = "";
  try {
    for (;;) {
      const count = await text.read(piece);
      if (count === 0) return whole;
      whole += decoder.decode(piece.subarray(0, count), { stream: true });
    }
  } finally {
    await text.close();
  }
}

describe.each([
  ["", 1 << 18],
  [".gz", 1 << 18],
  [".gz", 1000],
  [".zst", 1 << 18],
  [".zst", 1000],
])("a run.prom%s in pieces of %d bytes", (ending, size) => {
  test("is read as it was written, however long", async () => {
    using folder = tempFolder();
    const path = folder.file(`run.prom${ending}`);
    const line = `${"0123456789abcdef".repeat(4096)}\n`;
    await claimOutput(path).write((write) => {
      for (let i = 0; i < 40; i++) write(new TextEncoder().encode(line));
    });
    expect((await textOf(path, size)) === line.repeat(40)).toBe(true);
  });

  test("of a run is a metrics file", async () => {
    using folder = tempFolder();
    const path = folder.file(`run.prom${ending}`);
    expect(await statexec(["-f", path, "true"])).toMatchObject({ code: 0, stderr: "" });
    const text = await textOf(path, size);
    expect(text).toStartWith("# TYPE statexec_target info\n");
    expect(text).toEndWith("# EOF\n");
  });
});

test.each([
  [".gz", "gzip"],
  [".zst", "zstd"],
] as const)("a truncated run.prom%s is an error with its name", async (ending, compression) => {
  using folder = tempFolder();
  const path = folder.file(`run.prom${ending}`);
  await statexec(["-f", path, "true"]);
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, whole.length - 20));
  const error = await textOf(path, 1 << 18).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DamagedFileError);
  expect(error).toMatchObject({ where: path, compression });
});

test("a reader can be closed before the end", async () => {
  using folder = tempFolder();
  for (const pack of [(bytes: Uint8Array<ArrayBuffer>) => bytes, Bun.gzipSync, Bun.zstdCompressSync]) {
    const path = folder.file("run.prom");
    writeFileSync(path, pack(Buffer.alloc(1 << 22, "x")));
    const text = openText(path);
    expect(await text.read(new Uint8Array(10))).toBe(10);
    await text.close();
  }
});
