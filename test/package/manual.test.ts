import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { MANUAL, manual } from "../../scripts/manual.ts";
import { METRICS, sampleName } from "../../src/catalog/index.ts";
import { OPTIONS } from "../../src/cli/options.ts";
import { runProgram } from "../helpers/statexec.ts";
import { isMissing } from "../helpers/validators.ts";

const ROOT = resolve(import.meta.dir, "../..");
const PAGE = join(ROOT, MANUAL);

test("the manual page is up to date (npm run generate writes it)", () => {
  expect(readFileSync(PAGE, "utf8")).toBe(manual());
});

test.skipIf(isMissing("man", "groff"))("man(1) prints no warning for it", async () => {
  const env = { LC_ALL: "C.UTF-8", MANROFFSEQ: "", MANWIDTH: "80" };
  const result = await runProgram(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", PAGE], { env });
  expect(result).toMatchObject({ code: 0, stderr: "" });
});

test.skipIf(isMissing("man", "groff"))("man(1) shows each option and each metric as they are", async () => {
  const env = { LC_ALL: "C.UTF-8", MANWIDTH: "400", MAN_KEEP_FORMATTING: "" };
  const { stdout } = await runProgram(["man", "-l", PAGE], { env });
  const lines = stdout.split("\n").map((line) => line.trim());
  for (const { flag, help } of Object.values(OPTIONS)) {
    const at = lines.findIndex((line) => line.split(/[ ,]/)[0] === flag);
    expect(at, flag).toBeGreaterThan(0);
    // A flag that is shorter than the indent has its text beside it.
    expect(`${lines[at]} ${lines[at + 1]}`.replace(/\s+/g, " ")).toContain(` ${help.replace(/\s+/g, " ")}`);
  }
  for (const metric of METRICS)
    expect(
      lines.some((line) => line.split(/[{ ]/)[0] === sampleName(metric)),
      sampleName(metric),
    ).toBe(true);
});
