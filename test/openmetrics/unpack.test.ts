import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { ParseError } from "../../src/errors.ts";
import { parse } from "../../src/openmetrics/strict-reader.ts";
import { unpacked } from "../../src/openmetrics/unpack.ts";
import { claimMetricsFile } from "../../src/output/metrics-file.ts";
import { statexec, tempFolder } from "../helpers/statexec.ts";

describe.each([".gz", ".zst"])("a %s file", (ending) => {
  test("is read as what was written into it, however long", async () => {
    using folder = tempFolder();
    const path = folder.file(`run.prom${ending}`);
    const line = new TextEncoder().encode("0123456789abcdef".repeat(4096));
    await claimMetricsFile(path).write((write) => {
      for (let i = 0; i < 40; i++) write(line);
    });
    expect(unpacked(readFileSync(path), path).length).toBe(40 * line.length);
  });

  test("of a run is a recording", async () => {
    using folder = tempFolder();
    const path = folder.file(`run.prom${ending}`);
    expect(await statexec(["-f", path, "true"])).toMatchObject({ code: 0, stderr: "" });
    const recording = parse(unpacked(readFileSync(path), path), path);
    expect(recording.identity.instance).toBe("true");
  });

  test("that was cut off is refused by name", async () => {
    using folder = tempFolder();
    const path = folder.file(`run.prom${ending}`);
    await statexec(["-f", path, "true"]);
    const whole = readFileSync(path);
    expect(() => unpacked(whole.subarray(0, whole.length - 20), "cut")).toThrow(ParseError);
  });
});

test("a file that is not compressed is itself", () => {
  const bytes = new TextEncoder().encode("# EOF\n");
  expect(unpacked(bytes, "x")).toBe(bytes);
});
